"""Extracts what decides reachability: segments, namespaces, published and declared ports.

Services with equal networks have equal namespaces, so verdicts are computed once for all of them.
Networks with the same name on the engine are one segment, whichever stack declares them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from causeway.model.values import Network, Service, Stack

from .values import Endpoint, EngineFacts, Node, NodeKind

BRIDGE_OPTION = "com.docker.network.bridge."
MASQUERADE = BRIDGE_OPTION + "enable_ip_masquerade"
INHIBIT = BRIDGE_OPTION + "inhibit_ipv4"
TRUSTED = BRIDGE_OPTION + "trusted_host_interfaces"
DEFAULT_BRIDGE = "bridge"  # its name on every engine; it has no DNS
WIRES = ("macvlan", "ipvlan")
# As Docker reads them: Go's strconv.ParseBool.
TRUE = ("1", "t", "T", "true", "TRUE", "True")
FALSE = ("0", "f", "F", "false", "FALSE", "False")


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """The properties of a network that decide reachability. `internal` None means unknown.

    `trusted` are the host's interfaces from which Docker accepts packets to container addresses;
    `trusted_outside` those of them that are not bridges of these stacks.
    A macvlan or ipvlan network without `parent` is internal: Docker gives it an interface of its
    own, which leads nowhere.
    """

    name: str
    key: str
    stack: str = ""
    driver: str = "bridge"
    internal: bool | None = False
    icc: bool = True
    gateway_mode: str = "nat"
    bind: str | None = None
    host_address: bool = True
    inhibited: bool = False  # no address for the bridge: `inhibit_ipv4`
    masquerade: bool = True
    bridge: str | None = None  # the interface, if the file names it
    trusted: tuple[str, ...] = ()
    trusted_outside: tuple[str, ...] = ()
    parent: str | None = None
    mode: str | None = None
    flag: str | None = None  # `ipvlan_flag`
    ipv6: bool = False
    subnets: tuple[str, ...] = ()

    @property
    def is_wire(self) -> bool:
        return self.driver in WIRES

    @property
    def is_parentless(self) -> bool:
        """A wire that ends in the host: `parent` is not set."""
        return self.is_wire and not self.parent and self.internal is not None

    def trusts(self, other: Segment | None) -> bool:
        """Whether Docker accepts what comes from another network, or (None) from outside."""
        return bool(self.trusted_outside) if other is None else other.bridge in self.trusted

    @property
    def is_layer_3(self) -> bool:
        """An ipvlan network that the host routes for: its containers answer no ARP."""
        return self.driver == "ipvlan" and self.mode in ("l3", "l3s")


class Mode(Enum):
    NETWORKS = "networks"
    HOST = "host"
    NONE = "none"
    UNKNOWN = "unknown"  # the namespace of a container outside the stacks


@dataclass(frozen=True, slots=True, eq=False)
class Namespace:
    """A network namespace; equal ones are one object. The first segments give the route out."""

    mode: Mode
    segments: tuple[Segment, ...] = ()


@dataclass(frozen=True, slots=True)
class Binding:
    """A published port; `address` None means all addresses of the host."""

    target: Endpoint
    published: int | None
    address: str | None

    @property
    def is_loopback(self) -> bool:
        return (self.address or "").startswith("127.") or self.address in ("::1", "localhost")


@dataclass(frozen=True, slots=True)
class Member:
    """A service: its namespace, the owner of the namespace, and the ports published for it."""

    node: Node
    service: Service
    namespace: Namespace
    owner: str  # `stack/service` that owns the namespace
    bindings: tuple[Binding, ...] = ()
    declared: tuple[Endpoint, ...] = ()


@dataclass(frozen=True, slots=True)
class Topology:
    facts: EngineFacts
    segments: Mapping[str, Segment]
    members: Mapping[Node, Member]


def topology(stacks: Sequence[Stack], facts: EngineFacts) -> Topology:
    segments = _segments(stacks, facts)
    members: dict[Node, Member] = {}
    spaces: dict[tuple[str, ...], Namespace] = {}
    for stack in stacks:
        names = {network.key: network.name for network in stack.networks}
        services = {service.name: service for service in stack.services}
        for service in stack.services:
            owner = _owner(service, services)
            namespace = _namespace(owner, names, segments, spaces)
            beside = stack is not stacks[0]
            node = Node(NodeKind.SERVICE, service.name, stack.name, service.replicas, beside)
            members[node] = Member(
                node=node,
                service=service,
                namespace=namespace,
                owner=f"{stack.name}/{owner.name}" if namespace.mode is not Mode.HOST else "host",
                bindings=tuple(_bindings(owner, namespace)),
                declared=tuple(sorted(set(declared(service)))),
            )
    return Topology(facts, segments, members)


def _segments(stacks: Sequence[Stack], facts: EngineFacts) -> dict[str, Segment]:
    default = Segment(DEFAULT_BRIDGE, DEFAULT_BRIDGE, icc=facts.icc, bridge="docker0")
    found = {DEFAULT_BRIDGE: default}
    for stack in stacks:
        for network in stack.networks:
            known = found.get(network.name)
            if known is None or (known.internal is None and not network.external):
                found[network.name] = segment(network, stack.name)
    bridges = {each.bridge for each in found.values()}
    for name, each in found.items():
        if outside := tuple(one for one in each.trusted if one not in bridges):
            found[name] = replace(each, trusted_outside=outside)
    return found


def segment(network: Network, stack: str) -> Segment:
    options = dict(network.options)

    def bridge(option: str) -> str | None:
        return options.get(BRIDGE_OPTION + option)

    gateway_mode = bridge("gateway_mode_ipv4") or "nat"
    driver, parent = network.driver or "bridge", options.get("parent")
    inhibited = options.get(INHIBIT) in TRUE
    internal = network.internal or (driver in WIRES and not parent)
    return Segment(
        name=network.name,
        key=network.key,
        stack=stack,
        driver=driver,
        internal=None if network.external else internal,
        icc=bridge("enable_icc") not in FALSE,
        gateway_mode=gateway_mode,
        bind=bridge("host_binding_ipv4"),
        host_address=gateway_mode != "isolated" and not inhibited,
        inhibited=inhibited,
        masquerade=options.get(MASQUERADE) not in FALSE,
        bridge=bridge("name"),
        trusted=tuple(each for each in (options.get(TRUSTED) or "").split(":") if each),
        parent=parent,
        mode=options.get("macvlan_mode") or options.get("ipvlan_mode"),
        flag=options.get("ipvlan_flag"),
        ipv6=network.enable_ipv6 is True,
        subnets=tuple(subnet.subnet for subnet in network.subnets if subnet.subnet),
    )


def _owner(service: Service, services: Mapping[str, Service]) -> Service:
    """The service whose namespace this one runs in; itself unless `network_mode: service:X`."""
    seen = {service.name}
    while (mode := service.network_mode or "").startswith("service:"):
        other = services.get(mode.removeprefix("service:"))
        if other is None or other.name in seen:
            return replace(service, network_mode="container:unknown")
        seen.add(other.name)
        service = other
    for other in services.values():
        if mode.startswith("container:") and other.container_name == mode.partition(":")[2]:
            return other
    return service


def _namespace(
    owner: Service,
    names: Mapping[str, str],
    segments: Mapping[str, Segment],
    spaces: dict[tuple[str, ...], Namespace],
) -> Namespace:
    mode = owner.network_mode
    if mode in ("host", "none"):
        return spaces.setdefault((f"mode {mode}",), Namespace(Mode(mode)))
    if mode is not None and ":" in mode:
        return spaces.setdefault(("mode unknown",), Namespace(Mode.UNKNOWN))
    if not owner.attachments:
        only = (segments[DEFAULT_BRIDGE],)
        return spaces.setdefault((DEFAULT_BRIDGE,), Namespace(Mode.NETWORKS, only))
    # Docker's order of gateways: priority, networks with IPv4 and IPv6 first, name.
    ordered = sorted(
        (-(each.gw_priority or 0), not segments[name].ipv6, name)
        for each in owner.attachments
        if (name := names.get(each.network, each.network)) in segments
    )
    known = tuple(segments[name] for *_, name in ordered)
    key = tuple(each.name for each in known)
    return spaces.setdefault(key, Namespace(Mode.NETWORKS, known))


def _bindings(owner: Service, namespace: Namespace) -> Iterator[Binding]:
    gateway = gateway_of(namespace)
    for port in owner.ports if namespace.mode is Mode.NETWORKS else ():
        address = port.host_ip or (gateway.bind if gateway else None)
        everywhere = address in (None, "", "0.0.0.0", "::")
        yield Binding(
            Endpoint(port.target, port.protocol), port.published, None if everywhere else address
        )


def gateway_of(namespace: Namespace) -> Segment | None:
    """The segment that published ports lead to: the one with the route out, if it is a bridge.

    Docker publishes ports at the endpoint that is the container's gateway, and nowhere else.
    """
    out = route_out(namespace)
    return None if out is None or out.is_wire else out


def route_out(namespace: Namespace) -> Segment | None:
    """The segment with the route out: the first that is not internal."""
    return next((each for each in namespace.segments if not each.internal), None)


def declared(service: Service) -> Iterator[Endpoint]:
    """The ports that a service declares. Ports exposed by its image are not known here."""
    for port in service.ports:
        yield Endpoint(port.target, port.protocol)
    for exposed in service.expose:
        match = re.fullmatch(r"(\d+)(?:-(\d+))?(?:/(\w+))?", exposed)
        if match:
            first, last, protocol = match.groups()
            for number in range(int(first), int(last or first) + 1):
                yield Endpoint(number, protocol or "tcp")


def keys(segments: Iterable[Segment]) -> str:
    """Names for a message: `backend and frontend`."""
    return " and ".join(sorted(each.key for each in segments)) or "no network"
