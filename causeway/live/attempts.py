"""The connections that decide a cell: for each path in the model, the addresses to try.

The addresses are those that the engine assigned; a path without one is closed and needs no packet.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from causeway.model.reach.values import ANY, HOST, Cell, Endpoint, Node, NodeKind

from .probe import Attempt
from .status import Container, Published, Status

LOCAL = "127.0.0.1"
EVERYWHERE = ("", "0.0.0.0")
# Stands for "any port that no service declares": the first of these that is free at the target.
SPARE_PORTS = range(47808, 48100)


@dataclass(frozen=True, slots=True)
class Target:
    """What to try for one path. `through_host`: on the host, another process may accept instead."""

    attempts: tuple[Attempt, ...]
    through_host: bool = False
    namespaces: tuple[str, ...] = ()  # where a UDP token counts as received


@dataclass(frozen=True, slots=True)
class ProbePlan:
    """From one probe to one replica: a target for each path, in the order of the model."""

    probe: str
    targets: tuple[Target, ...]


@dataclass(frozen=True, slots=True)
class Outside:
    """A probe outside the engine's host. `routes`: from there, packets to container addresses go
    to this host or nowhere, so that probing them is meaningful."""

    node: Node
    address: str  # of the host, as seen from there
    routes: bool = False


@dataclass(frozen=True, slots=True)
class Topology:
    """What attempts are built from: where containers run, and which addresses exist."""

    statuses: Sequence[Status]
    subnets: Mapping[str, tuple[str, ...]]  # network -> its subnets
    host_addresses: tuple[str, ...]  # the one of the default route first
    listening: Mapping[str, frozenset[int]]  # namespace -> ports in use
    outside: Mapping[Node, Outside] = field(default_factory=dict)
    internet: tuple[str, int] | None = None  # an endpoint there that answers
    wires: frozenset[str] = frozenset()  # networks whose gateway is not the host

    def containers(self, node: Node) -> tuple[Container, ...]:
        for each in self.statuses:
            if node.stack in ("", each.name):
                return each.containers.get(node.name, ())
        return ()

    def has_route(self, probe: str, address: str) -> bool:
        """Whether the network of an address is one of the source, or of the host that routes for
        it. Packets to other networks meet machines that the model knows nothing about."""
        places = {
            name
            for status in self.statuses
            for group in status.containers.values()
            for container in group
            if container.namespace == probe
            for name, _ in container.addresses
        }
        own = [subnet for name in places for subnet in self.subnets.get(name, ())]
        if address == LOCAL or any(_within(address, each) for each in own):
            return True
        gateways = {
            container.gateway
            for status in self.statuses
            for group in status.containers.values()
            for container in group
            if container.namespace == probe and container.gateway
        }
        if (gateways or places) and (gateways or places) <= self.wires:
            return False
        of_host = [
            subnet
            for subnets in self.subnets.values()
            for subnet in subnets
            if any(_within(each, subnet) for each in self.host_addresses)
        ]
        return address in self.host_addresses or any(_within(address, each) for each in of_host)

    def trials(self, cell: Cell) -> tuple[ProbePlan, ...] | str:
        """Everything to try for a cell, or the reason why nothing can be tried."""
        sources = self._sources(cell.source)
        if isinstance(sources, str):
            return sources
        kind = cell.destination.kind
        if kind is NodeKind.DNS:
            return "external names are not resolved"
        if kind is NodeKind.INTERNET:
            if self.internet is None:
                return "no internet address to probe was given"
            target = Target((Attempt("tcp", *self.internet),))
            return tuple(ProbePlan(probe, (target,)) for probe, _ in sources)
        if kind is NodeKind.HOST:
            return tuple(
                ProbePlan(probe, (self._to_host(cell.source, source, cell.endpoint),))
                for probe, source in sources
            )
        replicas = self.containers(cell.destination)
        if not replicas:
            return f"no container of {cell.destination} runs"
        outside = self.outside.get(cell.source)
        if outside is not None:
            return self._from_outside(outside, replicas, cell.endpoint)
        found = tuple(
            ProbePlan(probe, tuple(self._ways(source, replica, cell.endpoint)))
            for probe, source in sources
            for replica in replicas
            if source is None or source.id != replica.id or len(replicas) == 1
        )
        return found or "the only replica has no other replica to reach"

    def _sources(self, node: Node) -> list[tuple[str, Container | None]] | str:
        """The probes by name, each with its container."""
        if node == HOST:
            return [("host", None)]
        if node.kind is not NodeKind.SERVICE:
            if node not in self.outside:
                place = "on the LAN" if node.kind is NodeKind.LAN else "outside the engine's host"
                return f"no probe runs {place}"
            return [(node.name, None)]
        replicas = self.containers(node)
        if not replicas:
            return f"no container of {node} runs"
        return [(each.namespace, each) for each in replicas]

    def _ways(
        self, source: Container | None, replica: Container, endpoint: Endpoint
    ) -> Iterable[Target]:
        origin = "host" if source is None else source.namespace
        port = self._port(endpoint, replica.namespace)
        if origin == replica.namespace:
            addresses: Sequence[str] = (LOCAL,)
        elif replica.namespace == "host":
            addresses = self._host_seen_by(source)
        else:
            addresses = [address for _, address in replica.addresses]
        protocol = _protocol(endpoint)
        attempts = tuple(Attempt(protocol, address, port) for address in addresses)
        yield Target(attempts, namespaces=(replica.namespace,))
        if origin == replica.namespace:
            return
        for each in replica.published:
            if each.target == endpoint:
                yield self._published(source, each, replica.namespace)

    def _published(self, source: Container | None, each: Published, namespace: str) -> Target:
        addresses = self._bound(source, each.host)
        attempts = tuple(Attempt(each.target.protocol, address, each.port) for address in addresses)
        return Target(attempts, True, (namespace,))

    def _bound(self, source: Container | None, address: str) -> Sequence[str]:
        """Where to try a published port: at its bound address, if the source can use that one."""
        if address not in EVERYWHERE and (source is None or not address.startswith("127.")):
            return (address,)
        return self._host_seen_by(source)

    def _host_seen_by(self, source: Container | None) -> Sequence[str]:
        """Host addresses to try: those on the source's networks, and that of the default route."""
        if source is None or source.namespace == "host":
            return (LOCAL,)
        subnets = [subnet for name, _ in source.addresses for subnet in self.subnets.get(name, ())]
        near = [
            address
            for address in self.host_addresses
            if any(_within(address, subnet) for subnet in subnets)
        ]
        return tuple(dict.fromkeys([*near, *self.host_addresses[:1]]))

    def _to_host(self, node: Node, source: Container | None, endpoint: Endpoint) -> Target:
        published = [
            (each, container.namespace)
            for status in self.statuses
            for group in status.containers.values()
            for container in group
            for each in container.published
            if Endpoint(each.port, each.target.protocol) == endpoint
        ]
        bound = published[0][0].host if published else ""
        outside = self.outside.get(node)
        if outside is not None:
            local = bound in EVERYWHERE or bound.startswith("127.")
            addresses: Sequence[str] = (outside.address if local else bound,)
        else:
            addresses = self._bound(source, bound)
        port = self._port(endpoint, "host")
        attempts = tuple(Attempt(_protocol(endpoint), address, port) for address in addresses)
        namespaces = tuple(sorted({namespace for _, namespace in published})) or ("host",)
        return Target(attempts, bool(published), namespaces)

    def _from_outside(
        self, outside: Outside, replicas: Sequence[Container], endpoint: Endpoint
    ) -> tuple[ProbePlan, ...] | str:
        """All paths in one trial: from there, the paths of the model have no order."""
        trials = []
        for replica in replicas:
            published = [each for each in replica.published if each.target == endpoint]
            targets = [self._from_there(outside, each, replica.namespace) for each in published]
            port = self._port(endpoint, replica.namespace)
            addresses: Sequence[str] = [address for _, address in replica.addresses]
            if replica.namespace == "host":
                addresses = (outside.address,)
            elif not outside.routes:
                addresses = ()
            protocol = _protocol(endpoint)
            direct = tuple(Attempt(protocol, address, port) for address in addresses)
            if direct or (outside.routes and not targets):
                targets.append(Target(direct, namespaces=(replica.namespace,)))
            if not targets:
                return "packets from there to container addresses would prove nothing"
            trials.append(ProbePlan(outside.node.name, tuple(targets)))
        return tuple(trials)

    def _from_there(self, outside: Outside, each: Published, namespace: str) -> Target:
        local = each.host in EVERYWHERE or each.host.startswith("127.")
        address = outside.address if local else each.host
        return Target((Attempt(each.target.protocol, address, each.port),), True, (namespace,))

    def _port(self, endpoint: Endpoint, namespace: str) -> int:
        if endpoint.port is not None:
            return endpoint.port
        used = self.listening.get(namespace, frozenset())
        return next(port for port in SPARE_PORTS if port not in used)


def _within(address: str, subnet: str) -> bool:
    return ipaddress.ip_address(address) in ipaddress.ip_network(subnet, strict=False)


def _protocol(endpoint: Endpoint) -> str:
    return "tcp" if endpoint == ANY else endpoint.protocol
