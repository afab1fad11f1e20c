"""The areas of a picture: one per network, and one per kind of service without a network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from causeway.drawing.draw.graph import DEFAULT_BRIDGE
from causeway.model.reach.matrix import Matrix
from causeway.model.reach.values import INTERNET, Node, Verdict
from causeway.model.values import Network, Service, Stack

Look = Literal["network", "internal", "host", "none", "elsewhere"]
Egress = Literal["open", "unknown", "closed"]


@dataclass(frozen=True, slots=True)
class Area:
    """`label` is the network's key in the file, or the reason why there is no network."""

    id: str
    label: str
    look: Look = "network"
    traits: tuple[str, ...] = ()
    egress: Egress = "closed"

    @property
    def is_network(self) -> bool:
        return self.look in ("network", "internal")


# One row per `network_mode` without a network: the area's id, label, look and traits.
MODES = {
    "host": Area("mode-host", "host network", "host", ("no isolation",), "open"),
    "none": Area("mode-none", "no network", "none", ("loopback only",)),
    "": Area("mode-elsewhere", "elsewhere", "elsewhere", ("another container's namespace",)),
}


class Areas:
    """The areas of all stacks, by name on the engine: a network that two stacks use is one area."""

    def __init__(self, stacks: Sequence[Stack], matrix: Matrix) -> None:
        self._areas: dict[str, Area] = {}
        self._names = {
            (stack.name, network.key): network.name
            for stack in stacks
            for network in stack.networks
        }
        self._services = {
            (stack.name, service.name): service for stack in stacks for service in stack.services
        }
        labels: list[str] = []
        for stack in stacks:
            for network in stack.networks:
                if network.name not in self._areas:
                    label = network.key if network.key not in labels else network.name
                    labels.append(label)
                    self._areas[network.name] = _area(label, network)
        nodes = {(node.stack, node.name): node for node in matrix.services()}
        for stack in stacks:
            for service in stack.services:
                self._add(stack, service, nodes[stack.name, service.name], matrix)

    def found(self) -> tuple[Area, ...]:
        return tuple(self._areas.values())

    def label(self, area: str) -> str:
        return next(each.label for each in self._areas.values() if each.id == area)

    def of(self, stack: Stack, service: Service) -> tuple[str, ...]:
        """The ids of the areas that a service is in; never empty."""
        return tuple(self._areas[key].id for key in self._keys(stack, service))

    def _keys(self, stack: Stack, service: Service) -> tuple[str, ...]:
        owner = self._owner(stack, service)
        mode = owner.network_mode or ""
        if mode in ("host", "none") or ":" in mode:
            return (f"mode {mode}" if ":" not in mode else "mode ",)
        named = [self._names.get((stack.name, each.network)) for each in owner.attachments]
        return tuple(dict.fromkeys(name for name in named if name)) or (DEFAULT_BRIDGE,)

    def _owner(self, stack: Stack, service: Service) -> Service:
        for _ in self._services:
            mode = service.network_mode or ""
            other = self._services.get((stack.name, mode.removeprefix("service:")))
            if not mode.startswith("service:") or other is None:
                break
            service = other
        return service

    def _add(self, stack: Stack, service: Service, node: Node, matrix: Matrix) -> None:
        for key in self._keys(stack, service):
            if key not in self._areas:
                self._areas[key] = (
                    MODES[key.removeprefix("mode ")]
                    if key.startswith("mode ")
                    else Area("network-default-bridge", DEFAULT_BRIDGE, traits=("default bridge",))
                )
            area = self._areas[key]
            if area.look == "network" and area.egress != "open":
                self._areas[key] = replace(area, egress=_egress(node, matrix, area.egress))


def _egress(node: Node, matrix: Matrix, known: Egress) -> Egress:
    verdict = matrix.cell(node, INTERNET).verdict
    if verdict is Verdict.ALLOWED:
        return "open"
    return "unknown" if verdict is Verdict.UNKNOWN else known


def _area(label: str, network: Network) -> Area:
    options = dict(network.options)
    apart = options.get("com.docker.network.bridge.enable_icc") == "false"
    traits = [
        *([network.driver] if network.driver not in (None, "bridge") else []),
        *(["internal"] if network.internal else []),
        *(["external"] if network.external else []),
        *(["isolated containers"] if apart else []),
    ]
    look: Look = "internal" if network.internal else "network"
    return Area(f"network-{network.name}", label, look, tuple(str(each) for each in traits))
