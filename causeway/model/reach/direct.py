"""Direct access from one namespace to an address of another: same network, routed, physical
network, host.

Sources of the rules: Docker's documentation on port publishing and gateway modes, and Docker's own
tests (TestBridgeINC, TestBridgeINCRouted, TestInterNetworkDirectRouting, TestBridgeICC).
"""

from __future__ import annotations

from .answers import unanswered
from .draft import At, Draft, Line, attached, best, driver_option, no
from .topology import (
    DEFAULT_BRIDGE,
    INHIBIT,
    TRUSTED,
    Mode,
    Namespace,
    Segment,
    gateway_of,
    keys,
    route_out,
)
from .values import EngineFacts, PathKind, Verdict

SHARED = Draft(
    Verdict.ALLOWED,
    PathKind.SHARED_NAMESPACE,
    (Line("{source} and {destination} share one network namespace: localhost"),),
    (Line("nothing filters traffic within one network namespace"),),
)
MODE_SOURCE = At("source", "network_mode")
MODE_DESTINATION = At("destination", "network_mode")


def direct(
    source: Namespace,
    destination: Namespace,
    published: bool,
    facts: EngineFacts,
    datagrams: bool = False,
) -> Draft:
    """To an address of the destination; `published` says whether the port is published, and
    `datagrams` whether its protocol needs no answer (UDP)."""
    if Mode.NONE in (source.mode, destination.mode):
        at = MODE_SOURCE if source.mode is Mode.NONE else MODE_DESTINATION
        return no(
            Verdict.UNREACHABLE,
            PathKind.NONE,
            "`network_mode: none` has only a loopback interface",
            at,
        )
    if Mode.UNKNOWN in (source.mode, destination.mode):
        at = MODE_SOURCE if source.mode is Mode.UNKNOWN else MODE_DESTINATION
        text = "shares the network namespace of a container that no stack declares"
        return no(Verdict.UNKNOWN, PathKind.SHARED_NAMESPACE, text, at)
    if destination.mode is Mode.HOST:
        return SHARED if source.mode is Mode.HOST else to_host(source)
    if source.mode is Mode.HOST:
        drafts = [from_host(segment) for segment in destination.segments]
        return best(drafts) if drafts else _apart(source, destination)
    shared = [each for each in destination.segments if each in source.segments]
    drafts = [_within(segment) for segment in shared]
    if not any(draft.verdict is Verdict.ALLOWED for draft in drafts):
        others = [each for each in destination.segments if each not in shared]
        gateway = gateway_of(destination) if published else None
        drafts += [_across(source, each, each is gateway, facts, datagrams) for each in others]
    return best(drafts) if drafts else _apart(source, destination)


def _within(segment: Segment) -> Draft:
    """Both are on this segment."""
    key = segment.key
    hop = Line(f"{{source}} is on network {key}", attached("source", key))
    end = Line(f"{{destination}} is on network {key}", attached("destination", key))
    if segment.is_wire and (apart := _kept_apart(segment)):
        return apart
    if segment.driver == "bridge" and not segment.icc:
        text = f"network {key} blocks traffic between its containers (enable_icc: false)"
        return no(Verdict.DROPPED, PathKind.SAME_NETWORK, text, At("network", key, "driver_opts"))
    kind = PathKind.SAME_NETWORK
    if segment.is_wire and not segment.is_parentless:
        kind = PathKind.WIRE
    elif segment.driver == "overlay":
        kind = PathKind.OVERLAY
    text = f"both are on network {key}, which does not filter traffic"
    if segment.name == DEFAULT_BRIDGE:
        text = "both are on the default bridge, which resolves no names: only IP addresses work"
    return Draft(Verdict.ALLOWED, kind, (hop, end), (Line(text),))


def _kept_apart(segment: Segment) -> Draft | None:
    """Members that do not reach each other: `macvlan_mode`, or `ipvlan_flag` in any mode."""
    key, driver = segment.key, segment.driver
    macvlan = driver == "macvlan"
    mode = segment.mode if macvlan else segment.flag
    at = driver_option(key, "macvlan_mode" if macvlan else "ipvlan_flag")
    if mode == "private":
        text = f"network {key} is {driver} in private mode: its containers cannot reach each other"
        return no(Verdict.DROPPED, PathKind.WIRE, text, at)
    if mode != "vepa":
        return None
    if segment.is_parentless:
        text = f"network {key} is {driver} in vepa mode, and has no parent interface to a switch"
        return no(Verdict.DROPPED, PathKind.WIRE, text, at)
    text = f"network {key} is {driver} in vepa mode: the external switch decides"
    return no(Verdict.UNKNOWN, PathKind.WIRE, text, at)


def _across(
    source: Namespace, segment: Segment, published: bool, facts: EngineFacts, datagrams: bool
) -> Draft:
    """To an address on a segment that the source is not on."""
    out = route_out(source)
    key = segment.key
    if out is None:
        return shut_in(source, facts)
    if segment.is_parentless:
        return parentless(segment)
    if out.is_wire and segment.is_wire:
        return _other_wire(out, segment)
    if out.is_wire or segment.is_wire:
        text = f"a macvlan or ipvlan network and its host cannot communicate ({out.key}, {key})"
        return no(Verdict.UNREACHABLE, PathKind.WIRE, text)
    if out.inhibited:
        return without_address(out)
    if segment.inhibited:
        return without_address(segment)
    if segment.driver == "bridge" and not segment.host_address:
        text = f"the host has no address on network {key}, so it has no route into it"
        return no(Verdict.UNREACHABLE, PathKind.NONE, text, At("network", key, "driver_opts"))
    if segment.internal:
        text = f"network {key} is internal: the host drops traffic from outside"
        at = At("network", key, "internal")
        return no(Verdict.DROPPED, PathKind.NONE, text, at)
    if segment.gateway_mode in ("routed", "nat-unprotected"):
        return _routed(out, segment, published, facts, datagrams)
    trusted = published and (facts.allow_direct_routing or segment.trusts(out))
    if trusted and (opened := _direct_access(out, segment, facts, datagrams)) is not None:
        return opened
    if segment.driver == "overlay":
        text = f"only members of overlay network {key} have a route into it"
        return no(Verdict.UNREACHABLE, PathKind.OVERLAY, text)
    ways = (out.key, key) if out.key != key else (out.name, segment.name)  # networks of two stacks
    text = f"no common network: the host drops traffic from network {' to '.join(ways)}"
    return no(Verdict.DROPPED, PathKind.NONE, text)


def _direct_access(
    out: Segment, segment: Segment, facts: EngineFacts, datagrams: bool
) -> Draft | None:
    """To a published port of a network that trusts the source's bridge, or of an engine that
    allows direct routing; None where an older engine drops it all the same."""
    if facts.before(28, 2):
        return None
    key = segment.key
    at = None if facts.allow_direct_routing else driver_option(key, TRUSTED)
    what = "the engine allows direct routing"
    if at is not None:
        what = f"network {key} trusts the bridge of network {out.key} (trusted_host_interfaces)"
    if facts.before(29) is not False:
        text = f"{what}: Docker Engine 29 opens published ports to it, earlier ones may not"
        return no(Verdict.UNKNOWN, PathKind.ROUTED, text, at)
    lost = unanswered(out, facts, PathKind.ROUTED, segment)
    if lost is not None and not datagrams:
        return lost
    hop = Line(f"{{source}} sends to its gateway, the host, which routes into network {key}", at)
    reason = Line(f"{what}: its published ports are open", at)
    return Draft(
        Verdict.ALLOWED, PathKind.ROUTED, (hop,), (reason, *(lost.reasons if lost else ()))
    )


def _routed(
    out: Segment, segment: Segment, published: bool, facts: EngineFacts, datagrams: bool
) -> Draft:
    key, mode = segment.key, segment.gateway_mode
    at = At("network", key, "driver_opts")
    if (older := facts.before(28)) is not False:
        text = f"gateway mode {mode} of network {key} needs Docker Engine 28 or later"
        told = " (the engine's version is unknown)" if older is None else ""
        return no(Verdict.UNKNOWN, PathKind.ROUTED, text + told, at)
    if not facts.ip_forward:
        return no(
            Verdict.DROPPED, PathKind.ROUTED, "the host does not forward packets (ip_forward=0)"
        )
    if mode == "routed" and not published:
        text = f"network {key} is routed, and the port is not published"
        return no(Verdict.DROPPED, PathKind.ROUTED, text, at)
    lost = unanswered(out, facts, PathKind.ROUTED, segment)
    if lost is not None and not datagrams:
        return lost
    hops = (
        Line("{source} sends to its gateway, the host"),
        Line(f"the host routes into network {key} (gateway mode {mode})", at),
    )
    which = "the published port" if mode == "routed" else "every port"
    reason = Line(f"gateway mode {mode} opens {which} to other networks", at)
    return Draft(Verdict.ALLOWED, PathKind.ROUTED, hops, (reason, *(lost.reasons if lost else ())))


def _other_wire(out: Segment, segment: Segment) -> Draft:
    key = segment.key
    if segment.internal:
        text = f"network {key} is internal: it has no route back"
        return no(Verdict.DROPPED, PathKind.WIRE, text, At("network", key, "internal"))
    if out.parent == segment.parent and set(out.subnets) & set(segment.subnets):
        line = Line(f"networks {out.key} and {key} share a parent interface and a subnet")
        return Draft(Verdict.ALLOWED, PathKind.WIRE, (line,), (line,))
    text = f"the external network decides whether networks {out.key} and {key} are connected"
    return no(Verdict.UNKNOWN, PathKind.WIRE, text)


def to_host(source: Namespace) -> Draft:
    """To an address of the host itself; the host's firewall is not taken into account."""
    for segment in source.segments:
        if segment.host_address and not segment.is_wire and segment.driver != "overlay":
            hops = (
                Line(f"{{source}} is on network {segment.key}", attached("source", segment.key)),
                Line(f"the host has the gateway address of network {segment.key}"),
            )
            internal = ", not even from an internal network" if segment.internal else ""
            reason = Line(f"Docker does not filter traffic to the host{internal}")
            return Draft(Verdict.ALLOWED, PathKind.BRIDGE_TO_HOST, hops, (reason,))
    if any(each.driver == "overlay" and not each.internal for each in source.segments):
        line = Line("every container on an overlay network is also on the host's docker_gwbridge")
        return Draft(Verdict.ALLOWED, PathKind.BRIDGE_TO_HOST, (line,), (line,))
    if any(each.is_wire for each in source.segments):
        text = "containers on a macvlan or ipvlan network cannot reach their own host"
        return no(Verdict.UNREACHABLE, PathKind.WIRE, text)
    text = f"the host has no address on {keys(source.segments)}"
    return no(Verdict.UNREACHABLE, PathKind.NONE, text)


def from_host(segment: Segment) -> Draft:
    key = segment.key
    if segment.is_wire:
        text = f"the host cannot reach the containers of its {segment.driver} network {key}"
        return no(Verdict.UNREACHABLE, PathKind.WIRE, text)
    if segment.inhibited:
        return without_address(segment)
    if not segment.host_address:
        text = f"the host has no address on network {key}"
        return no(Verdict.UNREACHABLE, PathKind.NONE, text, At("network", key, "driver_opts"))
    if segment.driver == "overlay" and segment.internal:
        return no(
            Verdict.UNREACHABLE, PathKind.OVERLAY, f"the host is not on overlay network {key}"
        )
    hops = (
        Line(f"the host has the gateway address of network {key}"),
        Line(f"{{destination}} is on network {key}", attached("destination", key)),
    )
    reason = Line(
        "the host reaches every port on its bridge networks, published or not, internal or not"
    )
    return Draft(Verdict.ALLOWED, PathKind.HOST_TO_BRIDGE, hops, (reason,))


def shut_in(source: Namespace, facts: EngineFacts) -> Draft:
    """Internal networks only. Docker Engine before 25 sets a route on bridges and drops the
    traffic."""
    segments = source.segments
    if segments and all(each.is_parentless for each in segments):
        return parentless(segments[0])
    at = At("network", segments[0].key, "internal") if segments else None
    networks = keys(segments)
    if facts.before(25) and any(not each.is_wire for each in segments):
        text = f"the host drops traffic that leaves internal networks ({networks})"
        return no(Verdict.DROPPED, PathKind.NONE, text, at)
    text = f"{{source}} has no route out: it is only on internal networks ({networks})"
    return no(Verdict.UNREACHABLE, PathKind.NONE, text, at)


def parentless(segment: Segment) -> Draft:
    text = (
        f"network {segment.key} has no parent interface, so it ends in the host: no machine "
        "outside is on it"
    )
    return no(Verdict.UNREACHABLE, PathKind.NONE, text, At("network", segment.key))


def without_address(segment: Segment, verdict: Verdict = Verdict.UNREACHABLE) -> Draft:
    """A bridge with `inhibit_ipv4`: the containers' gateway address is nobody's."""
    text = (
        f"the bridge of network {segment.key} has no address (inhibit_ipv4): until somebody gives "
        "it one, nothing passes between its containers and anything outside"
    )
    return no(verdict, PathKind.NONE, text, driver_option(segment.key, INHIBIT))


def _apart(source: Namespace, destination: Namespace) -> Draft:
    text = f"no common network ({keys(source.segments)}; {keys(destination.segments)})"
    return no(Verdict.UNREACHABLE, PathKind.NONE, text)
