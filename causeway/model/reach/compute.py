"""Computes the matrix of one or more stacks on one engine, without running or querying anything.

Verdicts are computed once per pair of namespaces; names and places are filled in per cell.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache

from causeway.model.values import Place, Stack

from .direct import SHARED, direct, to_host
from .draft import Draft, Line, best, no
from .leaks import leaks
from .matrix import Matrix
from .outside import from_segment, from_world, to_internet, to_names
from .places import NONE, Locate, Positions, nowhere, places
from .published import has_host_port, published_from, published_outside
from .topology import Binding, Member, Mode, Namespace, Topology, topology
from .values import (
    ANY,
    DNS,
    HOST,
    INTERNET,
    LAN,
    WORLD,
    Cell,
    Endpoint,
    EngineFacts,
    Hop,
    Node,
    NodeKind,
    PathKind,
    Reason,
    Verdict,
    Way,
)

HOST_SPACE = Namespace(Mode.HOST)
Drafts = tuple[Draft, ...]


def reach(
    stacks: Sequence[Stack], facts: EngineFacts | None = None, positions: Positions = NONE
) -> Matrix:
    """The matrix of stacks; those after the first are `beside` it on the engine.

    Without `facts`, verdicts that depend on the engine's version are UNKNOWN. `positions` are
    those of stacks whose files have already been read.
    """
    known = facts or EngineFacts()
    around = topology(stacks, known)
    located = any(stack.files for stack in stacks)
    locate = places(stacks, around.members, positions) if located else nowhere
    return matrix_of(around, locate)


def matrix_of(around: Topology, locate: Locate) -> Matrix:
    """The matrix of a topology; `locate` finds the places of its lines."""
    decider = Decider(around, locate)
    endpoints = {node: member.declared for node, member in around.members.items()}
    endpoints[HOST] = tuple(sorted(decider.on_host))
    return Matrix(
        nodes=(*sorted(around.members), HOST, WORLD, LAN, INTERNET, DNS),
        facts=around.facts,
        decide=decider.cell,
        endpoints=endpoints,
        verdict=decider.verdict,
        find_leaks=cache(lambda: leaks(around, locate)),
        groups=_groups(around),
    )


def _groups(around: Topology) -> tuple[tuple[Node, ...], ...]:
    """Services with equal networks and ports; services that share a namespace are separate."""
    sharing = Counter(member.owner for member in around.members.values())
    found: dict[tuple[object, ...], list[Node]] = {}
    for node in sorted(around.members):
        member = around.members[node]
        owner = member.owner if sharing[member.owner] > 1 else ""
        alone = min(node.replicas, 2)
        key = (node.stack, member.namespace, owner, member.bindings, member.declared, alone)
        found.setdefault(key, []).append(node)
    return tuple(tuple(nodes) for nodes in found.values())


class Decider:
    """Computes cells; caches the results for namespaces and ports."""

    def __init__(self, around: Topology, locate: Locate) -> None:
        self.facts = around.facts
        self.members = around.members
        self.locate = locate
        self.remembered: dict[tuple[object, ...], Drafts] = {}
        self.on_host: dict[Endpoint, tuple[Member, Binding | None]] = {}
        for member in around.members.values():
            if member.namespace.mode is Mode.HOST:
                for declared in member.declared:
                    self.on_host.setdefault(declared, (member, None))
            for binding in member.bindings:
                if binding.published is not None:
                    at = Endpoint(binding.published, binding.target.protocol)
                    self.on_host.setdefault(at, (member, binding))

    def verdict(self, source: Node, destination: Node, endpoint: Endpoint) -> Verdict:
        """The verdict only, for callers that need all of them."""
        return best(self.drafts(source, destination, endpoint)).verdict

    def cell(self, source: Node, destination: Node, endpoint: Endpoint) -> Cell:
        drafts = self.drafts(source, destination, endpoint)
        end, _ = self.on_host.get(endpoint, (None, None)) if destination == HOST else (None, None)
        named = destination if end is None else end.node
        ways = tuple(self._way(draft, source, named) for draft in drafts)
        way = ways[drafts.index(best(drafts))]
        return Cell(
            source=source,
            destination=destination,
            port=endpoint.port,
            protocol=endpoint.protocol,
            verdict=way.verdict,
            kind=way.kind,
            path=way.path,
            reasons=(*way.reasons, *self._undeclared(destination, endpoint, way)),
            ways=ways,
        )

    def _undeclared(self, destination: Node, endpoint: Endpoint, way: Way) -> tuple[Reason, ...]:
        member = self.members.get(destination)
        if member is None or endpoint == ANY or way.verdict is not Verdict.ALLOWED:
            return ()
        if endpoint in member.declared:
            return ()
        text = f"the Compose file does not declare that {destination} listens on {endpoint}"
        return (Reason(text, member.service.place),)

    def _way(self, draft: Draft, source: Node, destination: Node) -> Way:
        def put(line: Line) -> tuple[str, Place | None]:
            text = line.text.replace("{source}", str(source))
            place = None if line.at is None else self.locate(line.at, source, destination)
            return text.replace("{destination}", str(destination)), place

        return Way(
            draft.verdict,
            draft.kind,
            tuple(Hop(*put(line)) for line in draft.hops),
            tuple(Reason(*put(line)) for line in draft.reasons),
        )

    def drafts(self, source: Node, destination: Node, endpoint: Endpoint) -> Drafts:
        """The result of each path from one node to the other; never empty."""
        for node in (source, destination):
            if node.kind is NodeKind.SERVICE and not node.replicas:
                return (no(Verdict.UNREACHABLE, PathKind.NONE, f"{node} has no replicas"),)
        if destination.kind is NodeKind.HOST:
            return self._to_host(source, endpoint)
        if destination.kind is NodeKind.SERVICE:
            return self._to_service(source, self.members[destination], endpoint)
        space = self._space(source)
        if space is None:
            return (no(Verdict.UNKNOWN, PathKind.NONE, "both are outside the host"),)
        if destination.kind is NodeKind.DNS:
            return self._once((space, "names"), lambda: (to_names(space, self.facts),))
        return self._once((space, "internet"), lambda: (to_internet(space, self.facts),))

    def _space(self, node: Node) -> Namespace | None:
        if node.kind is NodeKind.SERVICE:
            return self.members[node].namespace
        return HOST_SPACE if node.kind is NodeKind.HOST else None

    def _once(self, key: tuple[object, ...], decide: Callable[[], Drafts]) -> Drafts:
        found = self.remembered.get(key)
        if found is None:
            found = self.remembered[key] = decide()
        return found

    def _to_service(self, source: Node, member: Member, endpoint: Endpoint) -> Drafts:
        space = member.namespace
        bindings = tuple(each for each in member.bindings if each.target == endpoint)
        if source.kind in (NodeKind.WORLD, NodeKind.LAN):
            if source.kind is NodeKind.WORLD:
                return self._once(
                    ("world", space, bindings), lambda: tuple(from_world(space, bindings))
                )
            return self._once(
                ("lan", space, bindings), lambda: tuple(from_segment(space, bindings, self.facts))
            )
        own = self.members.get(source)
        if own is not None and own.owner == member.owner:
            alone = member.node.replicas == 1 or own is not member
            if alone and space.mode is not Mode.UNKNOWN:
                return (SHARED,)
        from_space = self._space(source)
        if from_space is None:
            return (no(Verdict.UNKNOWN, PathKind.NONE, "both are outside the host"),)
        return self.between(from_space, space, bindings, endpoint.protocol == "udp")

    def between(
        self,
        origin: Namespace,
        target: Namespace,
        bindings: tuple[Binding, ...],
        datagrams: bool,
    ) -> Drafts:
        """From one namespace to a port of another, directly and through published ports."""
        return self._once(
            (origin, target, bindings, datagrams),
            lambda: (
                direct(origin, target, bool(bindings), self.facts, datagrams),
                *(
                    published_from(origin, target, each, self.facts)
                    for each in bindings
                    if has_host_port(target, each)
                ),
            ),
        )

    def _to_host(self, source: Node, endpoint: Endpoint) -> Drafts:
        """To the host's own listeners, or through one of its published ports to a service."""
        member, binding = self.on_host.get(endpoint, (None, None))
        space = self._space(source)
        if member is not None and binding is not None:
            if space is None:
                found = published_outside(member.namespace, binding)
            else:
                found = published_from(space, member.namespace, binding, self.facts)
            return (found,)
        if space is None:
            if member is not None:
                return tuple(from_world(member.namespace, ()))
            text = "the host's listening ports and firewall rules are not declared here"
            return (no(Verdict.UNKNOWN, PathKind.NONE, text),)
        if space.mode is Mode.HOST:
            return (SHARED,)
        if space.mode is Mode.NETWORKS:
            return self._once((space, "host"), lambda: (to_host(space),))
        return (direct(space, HOST_SPACE, False, self.facts),)
