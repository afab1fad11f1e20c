"""Reachability between namespaces and the outside of the host: the world, the host's LAN, external
names.

The rules come from Docker's tests for routing from outside (TestDirectRoutingOpenPorts), the
defaults changed in 28.0 (moby#45610) and the resolver of internal networks (CVE-2024-29018).
"""

from __future__ import annotations

from .answers import unanswered
from .direct import parentless, shut_in, without_address
from .draft import At, Draft, Line, attached, driver_option, no
from .published import has_host_port, published_outside
from .topology import (
    DEFAULT_BRIDGE,
    TRUSTED,
    Binding,
    Mode,
    Namespace,
    Segment,
    gateway_of,
    route_out,
)
from .values import EngineFacts, PathKind, Verdict

NONE = "`network_mode: none` has only a loopback interface"
OTHER = "shares the network namespace of a container that no stack declares"


def from_world(destination: Namespace, bindings: tuple[Binding, ...]) -> list[Draft]:
    """From a machine outside the host that sets no routes of its own."""
    if (early := _early(destination, At("destination", "network_mode"))) is not None:
        return [early]
    if destination.mode is Mode.HOST:
        line = Line("{destination} listens on the host itself", At("destination", "network_mode"))
        reason = Line("Docker does not filter traffic to the host; the host's own firewall may")
        return [Draft(Verdict.ALLOWED, PathKind.SHARED_NAMESPACE, (line,), (reason,))]
    drafts = [
        published_outside(destination, binding)
        for binding in bindings
        if has_host_port(destination, binding)
    ]
    gateway = gateway_of(destination)
    for segment in destination.segments:
        if segment.is_wire:
            drafts.append(_from_wire(segment))
        elif segment.gateway_mode == "routed" and bindings and segment is gateway:
            at = At("network", segment.key, "driver_opts")
            text = (
                f"network {segment.key} is routed: open to every machine that has a route into it"
            )
            drafts.append(no(Verdict.UNKNOWN, PathKind.ROUTED, text, at))
    if not drafts:
        text = "no published port leads to it, and machines outside have no route to containers"
        drafts.append(no(Verdict.UNREACHABLE, PathKind.NONE, text))
    return drafts


def _from_wire(segment: Segment) -> Draft:
    key = segment.key
    if segment.is_parentless:
        return parentless(segment)
    if segment.internal:
        text = f"network {key} is internal: it has no route back"
        return no(Verdict.DROPPED, PathKind.WIRE, text, At("network", key, "internal"))
    if segment.is_layer_3:
        return _needs_routes(segment)
    line = Line(
        f"{{destination}} has an address of its own on the physical network (network {key})",
        attached("destination", key),
    )
    return Draft(Verdict.ALLOWED, PathKind.WIRE, (line,), (line,))


def _needs_routes(segment: Segment) -> Draft:
    key = segment.key
    text = (
        f"network {key} is ipvlan {segment.mode}: machines outside need a route to its subnet "
        "through the host"
    )
    return no(Verdict.UNKNOWN, PathKind.WIRE, text, driver_option(key, "ipvlan_mode"))


def from_segment(
    destination: Namespace, bindings: tuple[Binding, ...], facts: EngineFacts
) -> list[Draft]:
    """From a machine on the host's LAN, which may set routes to container addresses."""
    drafts = from_world(destination, bindings)
    if destination.mode is not Mode.NETWORKS:
        return drafts
    # Verdicts that depend on routes set outside are decided below, where the routes are assumed.
    drafts = [each for each in drafts if each.kind is not PathKind.ROUTED]
    gateway = gateway_of(destination)
    for segment in destination.segments:
        if segment.is_wire:
            drafts += _on_wire(segment)
        elif segment.driver == "bridge":
            drafts.append(_direct_route(segment, bindings if segment is gateway else (), facts))
    return drafts


def _on_wire(segment: Segment) -> list[Draft]:
    """What a machine on the LAN reaches there besides what the world does."""
    at = attached("destination", segment.key)
    if segment.is_parentless or (segment.internal and segment.is_layer_3):
        return []
    if segment.is_layer_3:
        line = Line(f"{{source}} routes to network {segment.key} (ipvlan) through the host", at)
        return [Draft(Verdict.ALLOWED, PathKind.WIRE, (line,), (line,))]
    line = Line(f"network {segment.key} is on the host's LAN itself", at)
    return [Draft(Verdict.ALLOWED, PathKind.WIRE, (line,), (line,))] if segment.internal else []


def _direct_route(segment: Segment, bindings: tuple[Binding, ...], facts: EngineFacts) -> Draft:
    key, mode = segment.key, segment.gateway_mode
    at = attached("destination", key)
    if segment.inhibited:
        return without_address(segment)
    if not segment.host_address:
        text = f"the host has no address on network {key}, so it has no route into it"
        return no(Verdict.UNREACHABLE, PathKind.ROUTED, text, At("network", key, "driver_opts"))
    if segment.internal:
        text = f"network {key} is internal: the host drops traffic from outside"
        return no(Verdict.DROPPED, PathKind.ROUTED, text, At("network", key, "internal"))
    line = Line(f"{{source}} routes to the container's address on network {key}", at)
    open_draft = Draft(Verdict.ALLOWED, PathKind.ROUTED, (line,), (line,))
    if not facts.ip_forward:
        return no(
            Verdict.DROPPED, PathKind.ROUTED, "the host does not forward packets (ip_forward=0)"
        )
    if mode == "nat-unprotected" or (mode == "routed" and bindings):
        return open_draft
    text = f"the host drops traffic routed directly into network {key}"
    dropped = no(Verdict.DROPPED, PathKind.ROUTED, text, at)
    if mode == "routed":
        return dropped
    older = facts.before(28)
    if older is False:
        if bindings and segment.trusted_outside and not facts.before(28, 2):
            return _trusted(segment)
        return open_draft if facts.allow_direct_routing and bindings else dropped
    opened = bool(bindings) or not facts.forward_policy_drop
    if not opened:
        return dropped
    if older is None:
        text = (
            f"Docker Engine before 28 lets the LAN route into network {key}; the engine's version "
            "is unknown"
        )
        return no(Verdict.UNKNOWN, PathKind.ROUTED, text, at)
    what = "published ports, even those bound to 127.0.0.1" if bindings else "every port"
    reason = Line(f"Docker Engine before 28 lets a machine on the host's LAN reach {what}", at)
    return Draft(Verdict.ALLOWED, PathKind.ROUTED, (line,), (reason,))


def _trusted(segment: Segment) -> Draft:
    key, at = segment.key, driver_option(segment.key, TRUSTED)
    behind = " and ".join(segment.trusted_outside)
    hop = Line(f"{{source}}, behind the host's interface {behind}, routes into network {key}", at)
    reason = Line(
        f"network {key} trusts the host's interface {behind} (trusted_host_interfaces): machines "
        "behind it reach published ports, even those bound to 127.0.0.1",
        at,
    )
    return Draft(Verdict.ALLOWED, PathKind.ROUTED, (hop,), (reason,))


def to_internet(source: Namespace, facts: EngineFacts) -> Draft:
    """To any address outside the host: the LAN and the internet."""
    if (early := _early(source, At("source", "network_mode"))) is not None:
        return early
    if source.mode is Mode.HOST:
        line = Line("{source} uses the host's network")
        return Draft(Verdict.ALLOWED, PathKind.EGRESS, (line,), (line,))
    out = route_out(source)
    if out is None:
        return shut_in(source, facts)
    key = out.key
    if out.internal is None:
        text = f"network {key} is external: the stack does not declare whether it is internal"
        return no(Verdict.UNKNOWN, PathKind.EGRESS, text, At("network", key))
    first = Line(f"{{source}} is on network {key}, which has a route out", attached("source", key))
    if out.is_layer_3:
        return _needs_routes(out)
    if out.inhibited:
        return without_address(out)
    if out.is_wire:
        reason = Line(f"network {key} is on the physical network: Docker does not filter it")
        return Draft(Verdict.ALLOWED, PathKind.WIRE, (first,), (reason,))
    if not facts.ip_forward:
        return no(
            Verdict.DROPPED, PathKind.EGRESS, "the host does not forward packets (ip_forward=0)"
        )
    if (lost := unanswered(out, facts, PathKind.EGRESS)) is not None:
        return lost
    if out.gateway_mode == "routed" or not out.masquerade:
        text = f"network {key} is not masqueraded: replies need a route back from outside"
        return no(Verdict.UNKNOWN, PathKind.EGRESS, text, At("network", key, "driver_opts"))
    hops = (first, Line("the host masquerades the traffic and forwards it"))
    reason = Line(f"all traffic can leave network {key}: it is not internal")
    return Draft(Verdict.ALLOWED, PathKind.EGRESS, hops, (reason,))


def to_names(source: Namespace, facts: EngineFacts) -> Draft:
    """To external names, through Docker's DNS resolver: DNS can carry data."""
    if (early := _early(source, At("source", "network_mode"))) is not None:
        return early
    if source.mode is Mode.HOST or any(each.name == DEFAULT_BRIDGE for each in source.segments):
        return to_internet(source, facts)
    out = route_out(source)
    if out is not None:
        line = Line(
            f"Docker's DNS resolver forwards queries of {{source}} from network {out.key} "
            "or the host"
        )
        return Draft(Verdict.ALLOWED, PathKind.RESOLVER, (line,), (line,))
    older = facts.before(26)
    if facts.fixed_dns_egress or older is False:
        text = "Docker's DNS resolver does not forward queries from internal networks"
        return no(Verdict.REJECTED, PathKind.RESOLVER, text)
    if older is None:
        text = (
            "Docker Engine before 26 resolves external names even for internal networks; the "
            "engine's version is unknown"
        )
        return no(Verdict.UNKNOWN, PathKind.RESOLVER, text)
    line = Line(
        "Docker's DNS resolver forwards queries from the host, even for internal networks (Docker "
        "Engine before 26)"
    )
    return Draft(Verdict.ALLOWED, PathKind.RESOLVER, (line,), (line,))


def _early(namespace: Namespace, at: At) -> Draft | None:
    if namespace.mode is Mode.NONE:
        return no(Verdict.UNREACHABLE, PathKind.NONE, NONE, at)
    if namespace.mode is Mode.UNKNOWN:
        return no(Verdict.UNKNOWN, PathKind.NONE, OTHER, at)
    return None
