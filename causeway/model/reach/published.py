"""Access to a published port through an address of the host.

With docker-proxy, traffic from a container on another network is proxied; without it, the
address is rewritten, and Docker Engine before 28 drops the traffic on its way to the other bridge
(moby#38784).
"""

from __future__ import annotations

from .draft import At, Draft, Line, no
from .topology import Binding, Mode, Namespace, gateway_of
from .values import EngineFacts, PathKind, Verdict

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
    reaches_host = any(each.host_address and not each.is_wire for each in source.segments)
    if source.mode is Mode.NETWORKS and not reaches_host:
        text = "{source} cannot reach an address of the host"
        return no(Verdict.UNREACHABLE, KIND, text)
    closed = _closed(destination, binding)
    if closed is not None:
        return closed
    at = At("destination", "ports", port=binding.target)
    spoken = spoken_port(binding)
    end = Line(f"the host forwards it to {{destination}}:{binding.target}", at)
    if source.mode is Mode.HOST:
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
    open_ones = [
        each
        for each in source.segments
        if not each.internal and not each.is_wire and each.host_address
    ]
    if not open_ones:
        text = "{source} is only on internal networks: the host drops traffic that it would forward"
        return no(Verdict.DROPPED, KIND, text)
    if not facts.userland_proxy and (held := _without_proxy(source, destination, facts)):
        return held
    key = open_ones[0].key
    hops = (
        Line(f"{{source}} reaches the host from network {key}", At("source", "networks", key)),
        Line(f"the host listens on {spoken}", at),
        end,
    )
    reason = Line(f"a port published on the host is open to every network: {spoken}", at)
    return Draft(Verdict.ALLOWED, KIND, hops, (reason,))


def has_host_port(destination: Namespace, binding: Binding) -> bool:
    """Whether there is a host port to try: Docker chooses none if it cannot publish the port."""
    return binding.published is not None or _closed(destination, binding) is None


def _closed(destination: Namespace, binding: Binding) -> Draft | None:
    """Why the host does not listen for this port; None if it does."""
    at = At("destination", "ports", port=binding.target)
    gateway = gateway_of(destination)
    if gateway is None:
        text = (
            "the port is not published: every network of {destination} is internal, macvlan or "
            "ipvlan"
        )
        return no(Verdict.NO_LISTENER, KIND, text, at)
    if gateway.gateway_mode == "routed":
        text = f"network {gateway.key} is routed: the host itself does not listen"
        return no(Verdict.NO_LISTENER, KIND, text, at)
    return None


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
