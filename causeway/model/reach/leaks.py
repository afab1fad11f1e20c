"""Unexpected exposure: what is more open than the file suggests, with the line that causes it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from .draft import At, attached
from .outside import to_names
from .places import Locate
from .published import spoken_port
from .topology import Binding, Member, Mode, Segment, Topology, gateway_of
from .values import HOST, Leak, LeakKind, Node, Verdict

Rule = Callable[[Topology, Locate], Iterable[Leak]]


def leaks(around: Topology, locate: Locate) -> tuple[Leak, ...]:
    """All leaks, in the order of the rules and then of the services."""
    return tuple(leak for rule in RULES for leak in rule(around, locate))


def _running(around: Topology) -> Iterator[Member]:
    for node in sorted(around.members):
        if node.replicas:
            yield around.members[node]


def _own(around: Topology) -> Iterator[Member]:
    """Running services with their own namespace, connected to networks."""
    for member in _running(around):
        own = member.owner == f"{member.node.stack}/{member.node.name}"
        if own and member.namespace.mode is Mode.NETWORKS:
            yield member


def _published(around: Topology) -> Iterator[tuple[Member, Binding, Segment]]:
    for member in _own(around):
        gateway = gateway_of(member.namespace)
        if gateway is not None and gateway.gateway_mode != "routed":
            for binding in member.bindings:
                yield member, binding, gateway


def published_joins(around: Topology, locate: Locate) -> Iterator[Leak]:
    others = {
        segment.key
        for member in _own(around)
        for segment in member.namespace.segments
        if not segment.is_wire
        and (not segment.internal or (around.facts.nftables and segment.host_address))
    }
    for member, binding, _ in _published(around):
        joined = sorted(others - {segment.key for segment in member.namespace.segments})
        if binding.is_loopback or not joined:
            continue
        text = (
            f"{member.node}:{binding.target} is published on {spoken_port(binding)}: "
            f"containers on {', '.join(joined)} reach it through the host"
        )
        at = At("destination", "ports", port=binding.target)
        place = locate(at, HOST, member.node)
        yield Leak(LeakKind.PUBLISHED_JOINS, text, (member.node,), tuple(joined), place)


def loopback_bind(around: Topology, locate: Locate) -> Iterator[Leak]:
    older, trusting = around.facts.before(28) is True, around.facts.before(28, 2) is False
    for member, binding, gateway in _published(around):
        behind = " and ".join(gateway.trusted_outside) if trusting else ""
        if binding.is_loopback and (older or behind):
            who = (
                "Docker Engine before 28 lets machines on the host's LAN reach it"
                if older
                else f"machines behind the host's interface {behind} reach it "
                "(trusted_host_interfaces)"
            )
            text = f"{member.node}:{binding.target} is bound to {binding.address}, but {who}"
            at = At("destination", "ports", port=binding.target)
            place = locate(at, HOST, member.node)
            yield Leak(LeakKind.LOOPBACK_BIND, text, (member.node,), (gateway.key,), place)


def pivots(around: Topology, locate: Locate) -> Iterator[Leak]:
    """Services on several networks: a path between them if compromised or forwarding packets."""
    for member in _own(around):
        networks = sorted(segment.key for segment in member.namespace.segments)
        if len(networks) < 2:
            continue
        forwards = dict(member.service.sysctls).get("net.ipv4.ip_forward") != "0"
        text = (
            f"{member.node} joins {' and '.join(networks)}: a path between them if it is "
            "compromised"
        )
        if forwards and _raw(member):
            text += (
                "; it can also forward packets itself (set sysctl net.ipv4.ip_forward: 0, drop "
                "NET_RAW)"
            )
        place = locate(attached("destination", networks[0]), HOST, member.node)
        yield Leak(LeakKind.PIVOT, text, (member.node,), tuple(networks), place)


def _raw(member: Member) -> bool:
    service = member.service
    added = {name.upper().removeprefix("CAP_") for name in service.cap_add}
    dropped = {name.upper().removeprefix("CAP_") for name in service.cap_drop}
    if service.privileged or {"NET_RAW", "ALL"} & added:
        return True
    return not {"NET_RAW", "ALL"} & dropped


def raw_packets(around: Topology, locate: Locate) -> Iterator[Leak]:
    """One leak per shared network: members with NET_RAW can forge ARP replies."""
    found: dict[str, list[Member]] = {}
    for member in _own(around):
        for segment in member.namespace.segments:
            found.setdefault(segment.key, []).append(member)
    for key, members in sorted(found.items()):
        forgers = [member.node for member in members if _raw(member)]
        if len(members) < 2 or not forgers:
            continue
        text = (
            f"on network {key}, {_some(forgers)} can spoof addresses (Docker grants NET_RAW by "
            "default; `cap_drop: [NET_RAW]` removes it)"
        )
        place = locate(At("network", key), HOST, forgers[0])
        yield Leak(LeakKind.RAW_PACKETS, text, tuple(forgers), (key,), place)


def host_reach(around: Topology, locate: Locate) -> Iterator[Leak]:
    for segment in around.segments.values():
        if segment.internal and segment.host_address and segment.driver == "bridge":
            text = (
                f"network {segment.key} is internal, but its containers reach the host's listening "
                "ports, and the host reaches them"
            )
            place = locate(At("network", segment.key, "internal"), HOST, HOST)
            yield Leak(LeakKind.HOST_REACH, text, (HOST,), (segment.key,), place)


def egress(around: Topology, locate: Locate) -> Iterator[Leak]:
    """One leak per network with a route out: the services that can send anywhere."""
    free: dict[str, list[Node]] = {}
    for member in _own(around):
        for segment in member.namespace.segments:
            if segment.internal is False:
                free.setdefault(segment.key, []).append(member.node)
    for key, nodes in sorted(free.items()):
        text = f"{_some(nodes)} can send anywhere from network {key}"
        place = locate(At("network", key), HOST, nodes[0])
        yield Leak(LeakKind.EGRESS, text, tuple(nodes), (key,), place)


def resolver(around: Topology, locate: Locate) -> Iterator[Leak]:
    if around.facts.before(26) is not True:
        return
    for member in _own(around):
        segments = member.namespace.segments
        if not segments or not all(segment.internal for segment in segments):
            continue
        if to_names(member.namespace, around.facts).verdict is Verdict.ALLOWED:
            text = f"{member.node} has no route out, but Docker resolves external names for it"
            networks = tuple(sorted(segment.key for segment in segments))
            place = locate(attached("destination", networks[0]), HOST, member.node)
            yield Leak(LeakKind.RESOLVER, text, (member.node,), networks, place)


def wires(around: Topology, locate: Locate) -> Iterator[Leak]:
    for segment in around.segments.values():
        if segment.is_wire and not segment.is_parentless:
            text = (
                f"network {segment.key} is directly on the physical network: Docker does not "
                "filter it"
            )
            place = locate(At("network", segment.key), HOST, HOST)
            yield Leak(LeakKind.WIRE, text, (), (segment.key,), place)


def ipv6(around: Topology, locate: Locate) -> Iterator[Leak]:
    """Networks that have IPv6 besides IPv4, whose verdicts are those of IPv4 alone."""
    for segment in around.segments.values():
        if segment.ipv6:
            text = (
                f"network {segment.key} also has IPv6 (enable_ipv6): the verdicts here are those "
                "of IPv4, and IPv6 may be more open"
            )
            place = locate(At("network", segment.key, "enable_ipv6"), HOST, HOST)
            yield Leak(LeakKind.IPV6, text, (), (segment.key,), place)


def host_mode(around: Topology, locate: Locate) -> Iterator[Leak]:
    for member in _running(around):
        if member.namespace.mode is Mode.HOST:
            text = (
                f"{member.node} uses the host's network: it reaches every bridge network and every "
                "port"
            )
            place = locate(At("destination", "network_mode"), HOST, member.node)
            yield Leak(LeakKind.HOST_MODE, text, (member.node,), (), place)


def _some(nodes: list[Node], most: int = 4) -> str:
    names = [str(node) for node in nodes]
    if len(names) > most:
        return f"{', '.join(names[:most])} and {len(names) - most} more"
    return ", ".join(names)


RULES: tuple[Rule, ...] = (
    published_joins,
    loopback_bind,
    host_mode,
    pivots,
    host_reach,
    resolver,
    wires,
    ipv6,
    raw_packets,
    egress,
)
