"""The content of every drawing: networks, services and their networks, published ports, pivots."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from causeway.model.reach.matrix import Matrix
from causeway.model.reach.values import INTERNET, LeakKind, Verdict
from causeway.model.values import Network, Port, Service, Stack

DEFAULT_BRIDGE = "bridge"


@dataclass(frozen=True, slots=True)
class Area:
    """A network. `note` holds its special properties, such as "internal"."""

    id: str
    label: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Box:
    """A service, or one of `host`, `world` and `internet`."""

    id: str
    label: str
    kind: Literal["service", "host", "world", "internet"] = "service"
    note: str = ""
    is_pivot: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """`member` connects a service to a network; the others are directed."""

    source: str
    target: str
    kind: Literal["member", "published", "egress", "shared"]
    label: str = ""


@dataclass(frozen=True, slots=True)
class Graph:
    title: str
    areas: tuple[Area, ...]
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]


def graph(stacks: Sequence[Stack], matrix: Matrix) -> Graph:
    """The graph of stacks; ids are stable and contain only letters, digits and `_`."""
    pivots = {
        (node.stack, node.name)
        for leak in matrix.leaks
        if leak.kind is LeakKind.PIVOT
        for node in leak.nodes
    }
    areas: dict[str, Area] = {}
    boxes: list[Box] = []
    lines: list[Line] = []
    for stack in stacks:
        ids = {each.name: f"s{len(boxes) + n}" for n, each in enumerate(stack.services)}
        names = {network.key: network.name for network in stack.networks}
        for network in stack.networks:
            areas.setdefault(network.name, _area(f"n{len(areas)}", network))
        for service in stack.services:
            pivot = (stack.name, service.name) in pivots
            boxes.append(Box(ids[service.name], _label(service), "service", _note(service), pivot))
            lines += _attached(service, ids, names, areas)
            lines += [
                Line("world", ids[service.name], "published", spoken(port))
                for port in service.ports
            ]
    lines += _egress(stacks, matrix, areas)
    ends = {end for line in lines for end in (line.source, line.target)}
    others = [
        Box("host", "host", "host"),
        Box("world", "world", "world"),
        Box("internet", "internet", "internet"),
    ]
    boxes += [box for box in others if box.id in ends]
    title = ", ".join(stack.name for stack in stacks)
    return Graph(title, tuple(areas.values()), tuple(boxes), tuple(lines))


def _area(id_: str, network: Network) -> Area:
    notes = [network.driver] if network.driver not in (None, "bridge") else []
    notes += [word for word, is_so in _traits(network) if is_so]
    return Area(id_, network.key, ", ".join(str(note) for note in notes))


def _traits(network: Network) -> tuple[tuple[str, bool], ...]:
    options = dict(network.options)
    return (
        ("internal", network.internal),
        ("external", network.external),
        ("isolated containers", options.get("com.docker.network.bridge.enable_icc") == "false"),
    )


def _label(service: Service) -> str:
    return service.name if service.replicas == 1 else f"{service.name} x{service.replicas}"


def _note(service: Service) -> str:
    return f"network_mode: {service.network_mode}" if service.network_mode else ""


def _attached(
    service: Service,
    ids: dict[str, str],
    names: dict[str, str],
    areas: dict[str, Area],
) -> list[Line]:
    mode, own = service.network_mode or "", ids[service.name]
    if mode == "host":
        return [Line(own, "host", "shared", "network_mode: host")]
    if mode.startswith("service:"):
        other = ids.get(mode.removeprefix("service:"))
        return [Line(own, other, "shared", "same namespace")] if other else []
    if mode == "none" or ":" in mode:
        return []
    if not service.attachments:
        area = areas.setdefault(DEFAULT_BRIDGE, Area(f"n{len(areas)}", "bridge", "default bridge"))
        return [Line(own, area.id, "member")]
    return [
        Line(own, areas[names[each.network]].id, "member")
        for each in service.attachments
        if each.network in names
    ]


def spoken(port: Port) -> str:
    """`8080 -> 80/tcp`, with the host address unless it is all addresses."""
    address = f"[{port.host_ip}]" if port.host_ip and ":" in port.host_ip else port.host_ip
    before = f"{address}:" if address not in (None, "0.0.0.0", "[::]") else ""
    return f"{before}{port.published or 'any'} -> {port.target}/{port.protocol}"


def _egress(stacks: Sequence[Stack], matrix: Matrix, areas: dict[str, Area]) -> list[Line]:
    """A line from each network with a route out, checked with one service per network."""
    found: dict[str, Line] = {}
    for stack in stacks:
        internal = {network.key for network in stack.networks if network.internal}
        names = {network.key: network.name for network in stack.networks}
        nodes = {node.name: node for node in matrix.services() if node.stack == stack.name}
        for service in stack.services:
            for each in service.attachments:
                name = names.get(each.network)
                if name is None or name in found or each.network in internal:
                    continue
                verdict = matrix.cell(nodes[service.name], INTERNET).verdict
                if verdict is Verdict.ALLOWED:
                    found[name] = Line(areas[name].id, INTERNET.name, "egress")
    return list(found.values())
