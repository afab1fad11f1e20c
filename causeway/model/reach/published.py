"""Access to a published port through an address of the host.

With docker-proxy, traffic from a container on another network is proxied; without it, the
address is rewritten, and Docker Engine before 28 drops the traffic on its way to the other bridge
(moby#38784).
"""

from __future__ import annotations

from .answers import unanswered
from .direct import shut_in, without_address
from .draft import At, Draft, Line, best, no
from .topology import Binding, Mode, Namespace, Segment, gateway_of, keys, route_out
from .values import EngineFacts, Firewall, PathKind, Verdict

KIND = PathKind.PUBLISHED_PORT


def published_from(
    source: Namespace, destination: Namespace, binding: Binding, facts: EngineFacts
) -> Draft:
    """From a container or the host itself to the published port on the host's address."""
    if source.mode is Mode.NONE:
        return no(
            Verdict.UNREACHABLE, PathKind.NONE, "`network_mode: none` has only a loopback interface"
        )
    if source.mode is Mode.UNKNOWN:
        text = "shares the network namespace of a container that no stack declares"
        return no(Verdict.UNKNOWN, KIND, text)
    near = [each for each in source.segments if _has_gateway(each)]
    if source.mode is Mode.NETWORKS and not near:
        text = "{source} cannot reach an address of the host"
        return no(Verdict.UNREACHABLE, KIND, text)
    closed = _closed(destination, binding)
    if closed is not None:
        return closed
    at = At("destination", "ports", port=binding.target)
    if source.mode is Mode.HOST:
        spoken = spoken_port(binding)
        end = Line(f"the host forwards it to {{destination}}:{binding.target}", at)
        reason = Line(f"{{destination}} publishes {binding.target} as {spoken}", at)
        return Draft(
            Verdict.ALLOWED,
            KIND,
            (Line(f"the host connects to its own {spoken}", at), end),
            (reason,),
        )
    if binding.is_loopback:
        text = f"the host listens on {binding.address} only, which containers cannot reach"
        return no(Verdict.NO_LISTENER, KIND, text, at)
    if binding.address is not None:
        out = route_out(source)
        if out is None:
            return shut_in(source, facts)
        if out not in near:
            text = f"no route from network {out.key} leads to the host's address {binding.address}"
            return no(Verdict.UNREACHABLE, KIND, text, at)
        near = [out]
    return best([_from_network(each, source, destination, binding, facts) for each in near])


def _has_gateway(segment: Segment) -> bool:
    """Whether containers have an address of the host on this network, or a route to one."""
    if segment.is_wire or not segment.host_address:
        return False
    return segment.driver == "bridge" or not segment.internal


def _from_network(
    segment: Segment,
    source: Namespace,
    destination: Namespace,
    binding: Binding,
    facts: EngineFacts,
) -> Draft:
    """To the host's port, from a container by way of this network."""
    opened = "a port published on the host is open to every network"
    if segment.internal:
        if facts.nftables is not True:
            return _from_internal(source, facts)
        opened += ", with the firewall backend nftables also to internal ones"
    elif not facts.userland_proxy and (held := _without_proxy(source, destination, facts)):
        return held
    gateway = gateway_of(destination)
    lost = None if segment is gateway else unanswered(segment, facts, KIND, gateway)
    if lost is not None and binding.target.protocol != "udp":
        return lost
    at = At("destination", "ports", port=binding.target)
    spoken, key = spoken_port(binding), segment.key
    hops = (
        Line(f"{{source}} reaches the host from network {key}", At("source", "networks", key)),
        Line(f"the host listens on {spoken}", at),
        Line(f"the host forwards it to {{destination}}:{binding.target}", at),
    )
    reason = Line(f"{opened}: {spoken}", at)
    return Draft(Verdict.ALLOWED, KIND, hops, (reason, *(lost.reasons if lost else ())))


def _from_internal(source: Namespace, facts: EngineFacts) -> Draft:
    """With iptables, the rules of internal networks come before those of the port."""
    inner = [each for each in source.segments if each.internal and _has_gateway(each)]
    at, networks = At("network", inner[0].key, "internal"), keys(inner)
    if facts.nftables is None:
        text = (
            "with the firewall backend nftables, published ports are open to internal networks "
            f"({networks}); the engine does not tell which one it uses"
        )
        return no(Verdict.UNKNOWN, KIND, text, at)
    text = f"the host drops what leaves internal networks ({networks})"
    if facts.firewall is Firewall.ASSUMED and not facts.before(29):
        text += (
            "; assumed: the engine's firewall backend is iptables, with nftables the port is open"
        )
    return no(Verdict.DROPPED, KIND, text, at)


def has_host_port(destination: Namespace, binding: Binding) -> bool:
    """Whether there is a host port to try: Docker chooses none if it cannot publish the port."""
    return binding.published is not None or _closed(destination, binding) is None


def _closed(destination: Namespace, binding: Binding) -> Draft | None:
    """Why the host does not forward this port; None if it does."""
    at = At("destination", "ports", port=binding.target)
    gateway, out = gateway_of(destination), route_out(destination)
    if gateway is None:
        text = (
            "the port is not published: every network of {destination} is internal, macvlan or "
            "ipvlan"
        )
        if out is not None and any(_publishes(each) for each in destination.segments):
            text = (
                "the port is not published: the gateway of {destination} is on network "
                f"{out.key} ({out.driver})"
            )
            at = At("destination", "networks", out.key)
        return no(Verdict.NO_LISTENER, KIND, text, at)
    if gateway.inhibited:
        return without_address(gateway, Verdict.DROPPED)
    if gateway.gateway_mode == "routed":
        text = f"network {gateway.key} is routed: the host itself does not listen"
        return no(Verdict.NO_LISTENER, KIND, text, at)
    return None


def _publishes(segment: Segment) -> bool:
    return not segment.is_wire and not segment.internal


def _without_proxy(source: Namespace, destination: Namespace, facts: EngineFacts) -> Draft | None:
    shared = [each for each in source.segments if each in destination.segments]
    if shared:
        if any(each.icc for each in shared):
            return None
        text = "without docker-proxy, the packet crosses a bridge with enable_icc: false"
        return no(Verdict.DROPPED, KIND, text)
    older = facts.before(28)
    if older is False:
        return None
    text = "without docker-proxy, Docker Engine before 28 drops it between the two bridges"
    return no(Verdict.DROPPED if older else Verdict.UNKNOWN, KIND, text)


def published_outside(destination: Namespace, binding: Binding) -> Draft:
    """From another machine to the published port on the host's address."""
    closed = _closed(destination, binding)
    if closed is not None:
        return closed
    at = At("destination", "ports", port=binding.target)
    spoken = spoken_port(binding)
    if binding.is_loopback:
        text = f"the host listens on {binding.address} only, which other machines cannot reach"
        return no(Verdict.NO_LISTENER, KIND, text, at)
    hops = (
        Line(f"{{source}} reaches the host at {spoken}", at),
        Line(f"the host forwards it to {{destination}}:{binding.target}", at),
    )
    where = "every address of the host" if binding.address is None else f"address {binding.address}"
    reason = Line(f"{{destination}} publishes {binding.target} on {where}: {spoken}", at)
    return Draft(Verdict.ALLOWED, KIND, hops, (reason,))


def spoken_port(binding: Binding) -> str:
    """`0.0.0.0:8080/tcp`; a port that Docker chooses is not known in advance."""
    address = binding.address or "0.0.0.0"
    address = f"[{address}]" if ":" in address else address
    port = "a port that Docker chooses" if binding.published is None else str(binding.published)
    return f"{address}:{port}/{binding.target.protocol}"
