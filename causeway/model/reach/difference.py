"""The effect of a change on reachability: flows gained, flows lost, and how many stay.

A flow is a source, a destination and a declared port (any port, if none is declared) that is
open. The host is not a source here: it reaches everything, before and after. Only pairs of which
one side has changed are compared; the rest are counted by their networks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from causeway.model.values import Stack

from .compute import Decider
from .draft import best
from .outside import from_world
from .places import NONE, Positions, nowhere, places
from .published import spoken_port
from .topology import Binding, Member, Mode, Namespace, topology
from .values import ANY, INTERNET, LAN, WORLD, Cell, Endpoint, EngineFacts, Node, Verdict

RANK = {Verdict.UNKNOWN: 1, Verdict.ALLOWED: 2}


@dataclass(frozen=True, slots=True)
class Change:
    """One flow that opens or closes. `at` is the host port if it is a published port.

    `cell` is the open side: from the new state for a gain, from the old state for a loss.
    """

    source: str
    destination: str
    endpoint: Endpoint
    at: str
    before: Verdict
    after: Verdict
    cell: Cell

    @property
    def gained(self) -> bool:
        return RANK.get(self.after, 0) > RANK.get(self.before, 0)

    @property
    def certain(self) -> bool:
        return Verdict.UNKNOWN not in (self.before, self.after)


@dataclass(frozen=True, slots=True)
class Difference:
    gained: tuple[Change, ...]
    lost: tuple[Change, ...]
    unchanged: int

    def __bool__(self) -> bool:
        return bool(self.gained or self.lost)


@dataclass(frozen=True, slots=True)
class _State:
    """One side of the comparison: members by `stack/service`, and their comparable values."""

    decider: Decider
    members: Mapping[str, Member]
    looks: Mapping[str, object]


def difference(
    before: Sequence[Stack],
    after: Sequence[Stack],
    facts: EngineFacts | None = None,
    positions: Positions = NONE,
) -> Difference:
    """The flows that `after` opens and closes, those from outside first. `positions` are those of
    `after`, if its files have already been read."""
    known = facts or EngineFacts()
    old, new = _state(before, known), _state(after, known, positions)
    names = sorted({*old.members, *new.members})
    changed = {name for name in names if old.looks.get(name) != new.looks.get(name)}
    changes: list[Change] = []
    unchanged = _kept(new, [name for name in names if name not in changed])
    for source, destination in _pairs(names, changed):
        for change in _compared(source, destination, old, new):
            if change is None:
                unchanged += 1
            else:
                changes.append(change)
    ordered = sorted(changes, key=_order)
    return Difference(
        tuple(change for change in ordered if change.gained),
        tuple(change for change in ordered if not change.gained),
        unchanged,
    )


def _order(change: Change) -> tuple[bool, str, str, Endpoint, str]:
    endpoint = Endpoint(change.endpoint.port or 0, change.endpoint.protocol)
    outside = change.source not in (WORLD.name, LAN.name)
    return (outside, change.source, change.destination, endpoint, change.at)


def _state(stacks: Sequence[Stack], facts: EngineFacts, positions: Positions = NONE) -> _State:
    around = topology(stacks, facts)
    located = any(stack.files for stack in stacks)
    locate = places(stacks, around.members, positions) if located else nowhere
    members = {f"{node.stack}/{node.name}": member for node, member in around.members.items()}
    return _State(
        Decider(around, locate), members, {name: _look(each) for name, each in members.items()}
    )


def _look(member: Member) -> object:
    """Everything that decides a member's verdicts; equal values mean equal reachability."""
    space = member.namespace
    segments = tuple(
        tuple(str(getattr(segment, name)) for name in segment.__slots__)
        for segment in space.segments
    )
    alone = min(member.node.replicas, 2)
    return (space.mode, segments, member.owner, member.bindings, member.declared, alone)


# Of a declared port: where it is published, and whether its protocol needs no answer.
_Target = tuple[tuple[Binding, ...], bool]


def _pairs(names: list[str], changed: set[str]) -> Iterator[tuple[str, str]]:
    for name in sorted(changed):
        yield (WORLD.name, name)
        yield (name, INTERNET.name)
        for other in names:
            if other != name:
                yield (name, other)
                if other not in changed:
                    yield (other, name)


def _compared(source: str, destination: str, old: _State, new: _State) -> Iterator[Change | None]:
    """Each flow of a pair: a change, or None for one that stays open; closed flows are omitted."""
    flows: dict[tuple[Endpoint, str], dict[bool, tuple[Verdict, Node, Node]]] = {}
    for is_new, state in ((False, old), (True, new)):
        for endpoint, at, verdict, origin, target in _flows(source, destination, state, old, new):
            flows.setdefault((endpoint, at), {})[is_new] = (verdict, origin, target)
    for (endpoint, at), sides in flows.items():
        closed = Verdict.UNREACHABLE
        before = sides[False][0] if False in sides else closed
        after = sides[True][0] if True in sides else closed
        ranks = RANK.get(before, 0), RANK.get(after, 0)
        if ranks[0] == ranks[1]:
            if ranks[0] == 2:
                yield None
            continue
        state, is_new = (new, True) if ranks[1] > ranks[0] else (old, False)
        _, origin, target = sides[is_new]
        cell = state.decider.cell(origin, target, endpoint)
        yield Change(origin.name, target.name, endpoint, at, before, after, cell)


def _flows(
    source: str, destination: str, state: _State, old: _State, new: _State
) -> Iterator[tuple[Endpoint, str, Verdict, Node, Node]]:
    decider = state.decider
    if destination == INTERNET.name:
        if source in state.members:
            node = state.members[source].node
            yield ANY, "", decider.verdict(node, INTERNET, ANY), node, INTERNET
        return
    if destination not in state.members:
        return
    member = state.members[destination]
    if source == WORLD.name:
        yield from _from_outside(member, decider)
        return
    if source not in state.members:
        return
    endpoints = {
        endpoint
        for each in (old, new)
        if destination in each.members
        for endpoint in each.members[destination].declared
    }
    origin = state.members[source].node
    for endpoint in endpoints or {ANY}:
        yield endpoint, "", decider.verdict(origin, member.node, endpoint), origin, member.node


def _from_outside(
    member: Member, decider: Decider
) -> Iterator[tuple[Endpoint, str, Verdict, Node, Node]]:
    """One flow per published port, so that a moved port is a change, and flows without a port."""
    node = member.node
    # A service in another's namespace has the other's ports only if it declares them.
    bindings = [each for each in member.bindings if each.target in member.declared]
    for binding in bindings if node.replicas else ():
        verdict = best(from_world(member.namespace, (binding,))).verdict
        if verdict is Verdict.ALLOWED:
            yield binding.target, spoken_port(binding), verdict, WORLD, node
        else:
            yield (
                *(binding.target, spoken_port(binding)),
                *(decider.verdict(LAN, node, binding.target), LAN, node),
            )
    verdict = decider.verdict(WORLD, node, ANY)
    if verdict is Verdict.ALLOWED:
        yield ANY, "", verdict, WORLD, node


def _kept(state: _State, names: list[str]) -> int:
    """The number of open flows among unchanged members, counted by equal namespaces."""
    decider = state.decider
    members = [state.members[name] for name in names if state.members[name].node.replicas]
    total = 0
    spaces: Counter[Namespace] = Counter()
    ports: Counter[tuple[Namespace, _Target]] = Counter()
    by_owner: dict[str, list[Member]] = {}
    for member in members:
        total += decider.verdict(member.node, INTERNET, ANY) is Verdict.ALLOWED
        total += sum(flow[2] is Verdict.ALLOWED for flow in _from_outside(member, decider))
        spaces[member.namespace] += 1
        by_owner.setdefault(member.owner, []).append(member)
        for target in _targets(member):
            ports[member.namespace, target] += 1

    def is_open(origin: Namespace, space: Namespace, target: _Target) -> bool:
        return best(decider.between(origin, space, *target)).verdict is Verdict.ALLOWED

    for (space, target), number in ports.items():
        total += sum(
            number * origins for origin, origins in spaces.items() if is_open(origin, space, target)
        )
    # A service is not its own source, and services that share a namespace always reach each other.
    for sharing in by_owner.values():
        for member in sharing:
            shared = member.namespace.mode is not Mode.UNKNOWN
            for target in _targets(member):
                counted = is_open(member.namespace, member.namespace, target)
                total += (len(sharing) - 1) * shared - len(sharing) * counted
    return total


def _targets(member: Member) -> Iterator[_Target]:
    for endpoint in member.declared or (ANY,):
        bindings = tuple(each for each in member.bindings if each.target == endpoint)
        yield bindings, endpoint.protocol == "udp"
