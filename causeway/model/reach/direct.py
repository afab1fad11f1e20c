"""Direct access from one namespace to an address of another: same network, routed, physical
network, host.

Sources of the rules: Docker's documentation on port publishing and gateway modes, and Docker's own
tests (TestBridgeINC, TestBridgeINCRouted, TestInterNetworkDirectRouting, TestBridgeICC).
"""

from __future__ import annotations

from .draft import At, Draft, Line, attached, best, no
from .topology import DEFAULT_BRIDGE, Mode, Namespace, Segment, keys
from .values import EngineFacts, PathKind, Verdict

SHARED = Draft(
    Verdict.ALLOWED,
    PathKind.SHARED_NAMESPACE,
    (Line("{source} and {destination} share one network namespace: localhost"),),
    (Line("nothing filters traffic within one network namespace"),),
)
MODE_SOURCE = At("source", "network_mode")
MODE_DESTINATION = At("destination", "network_mode")


def direct(source: Namespace, destination: Namespace, published: bool, facts: EngineFacts) -> Draft:
    """To an address of the destination; `published` says whether the port is published."""
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
        drafts += [_across(source, segment, published, facts) for segment in others]
    return best(drafts) if drafts else _apart(source, destination)


def _within(segment: Segment) -> Draft:
    """Both are on this segment."""
    key = segment.key
    hop = Line(f"{{source}} is on network {key}", attached("source", key))
    end = Line(f"{{destination}} is on network {key}", attached("destination", key))
    if segment.driver == "macvlan" and segment.mode in ("private", "vepa"):
        at = At("network", key, "driver_opts")
        if segment.mode == "private":
            text = (
                f"network {key} is macvlan in private mode: its containers cannot reach each other"
            )
            return no(Verdict.DROPPED, PathKind.WIRE, text, at)
        text = f"network {key} is macvlan in vepa mode: the external switch decides"
        return no(Verdict.UNKNOWN, PathKind.WIRE, text, at)
    if segment.driver == "bridge" and not segment.icc:
        text = f"network {key} blocks traffic between its containers (enable_icc: false)"
        return no(Verdict.DROPPED, PathKind.SAME_NETWORK, text, At("network", key, "driver_opts"))
    kind = PathKind.SAME_NETWORK
    if segment.is_wire:
        kind = PathKind.WIRE
    elif segment.driver == "overlay":
        kind = PathKind.OVERLAY
    text = f"both are on network {key}, which does not filter traffic"
    if segment.name == DEFAULT_BRIDGE:
        text = "both are on the default bridge, which resolves no names: only IP addresses work"
    return Draft(Verdict.ALLOWED, kind, (hop, end), (Line(text),))


def _across(source: Namespace, segment: Segment, published: bool, facts: EngineFacts) -> Draft:
    """To an address on a segment that the source is not on."""
    out = route_out(source)
    key = segment.key
    if out is None:
        return shut_in(source, facts)
    if out.is_wire and segment.is_wire:
        return _other_wire(out, segment)
    if out.is_wire or segment.is_wire:
        text = f"a macvlan or ipvlan network and its host cannot communicate ({out.key}, {key})"
        return no(Verdict.UNREACHABLE, PathKind.WIRE, text)
    if segment.driver == "bridge" and not segment.host_address:
        text = f"the host has no address on network {key}, so it has no route into it"
        return no(Verdict.UNREACHABLE, PathKind.NONE, text, At("network", key, "driver_opts"))
    if segment.internal:
        text = f"network {key} is internal: the host drops traffic from outside"
        at = At("network", key, "internal")
        return no(Verdict.DROPPED, PathKind.NONE, text, at)
    if segment.gateway_mode in ("routed", "nat-unprotected"):
        return _routed(segment, published, facts)
    if segment.driver == "overlay":
        text = f"only members of overlay network {key} have a route into it"
        return no(Verdict.UNREACHABLE, PathKind.OVERLAY, text)
    ways = (out.key, key) if out.key != key else (out.name, segment.name)  # networks of two stacks
    text = f"no common network: the host drops traffic from network {' to '.join(ways)}"
    return no(Verdict.DROPPED, PathKind.NONE, text)


def _routed(segment: Segment, published: bool, facts: EngineFacts) -> Draft:
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
    hops = (
        Line("{source} sends to its gateway, the host"),
        Line(f"the host routes into network {key} (gateway mode {mode})", at),
    )
    which = "the published port" if mode == "routed" else "every port"
    reason = Line(f"gateway mode {mode} opens {which} to other networks", at)
    return Draft(Verdict.ALLOWED, PathKind.ROUTED, hops, (reason,))


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


def route_out(source: Namespace) -> Segment | None:
    """The segment with the route out: the first that is not internal."""
    return next((each for each in source.segments if not each.internal), None)


def shut_in(source: Namespace, facts: EngineFacts) -> Draft:
    """Internal networks only. Docker Engine before 25 sets a route and drops the traffic."""
    at = At("network", source.segments[0].key, "internal") if source.segments else None
    networks = keys(source.segments)
    if facts.before(25):
        text = f"the host drops traffic that leaves internal networks ({networks})"
        return no(Verdict.DROPPED, PathKind.NONE, text, at)
    text = f"{{source}} has no route out: it is only on internal networks ({networks})"
    return no(Verdict.UNREACHABLE, PathKind.NONE, text, at)


def _apart(source: Namespace, destination: Namespace) -> Draft:
    text = f"no common network ({keys(source.segments)}; {keys(destination.segments)})"
    return no(Verdict.UNREACHABLE, PathKind.NONE, text)
