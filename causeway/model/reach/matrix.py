"""Verdicts for every source, destination and endpoint, one per cell.

A computed matrix computes a cell on request: a stack of 1,000 services has millions of cells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from .values import ANY, Cell, Endpoint, EngineFacts, Leak, Node, NodeKind, Verdict

Decide = Callable[[Node, Node, Endpoint], Cell]
DESTINATIONS_ONLY = (NodeKind.INTERNET, NodeKind.DNS)
SOURCES_ONLY = (NodeKind.LAN, NodeKind.WORLD)  # `x -> world` is `x -> internet`
RESOLVING = (Endpoint(53, "udp"),)
OUTSIDE = (NodeKind.WORLD, NodeKind.LAN, NodeKind.INTERNET, NodeKind.DNS)


@dataclass(frozen=True, slots=True)
class Matrix:
    """`endpoints` holds the declared ports of each node; `ANY` is added to them.

    `verdict` is faster than `decide` and gives no path or reasons.
    """

    nodes: tuple[Node, ...]
    facts: EngineFacts
    decide: Decide
    endpoints: Mapping[Node, tuple[Endpoint, ...]]
    verdict: Callable[[Node, Node, Endpoint], Verdict]
    find_leaks: Callable[[], tuple[Leak, ...]] = tuple
    groups: tuple[tuple[Node, ...], ...] = ()  # services with equal reachability

    @property
    def leaks(self) -> tuple[Leak, ...]:
        return self.find_leaks()

    def cell(
        self, source: Node, destination: Node, port: int | None = None, protocol: str = ""
    ) -> Cell:
        endpoint = ANY if port is None else Endpoint(port, protocol or "tcp")
        return self.decide(source, destination, endpoint)

    def cells(self) -> Iterator[Cell]:
        """Every cell, by source, destination and endpoint. Quadratic: use with care."""
        for source in self.sources():
            for destination in self.destinations():
                yield from self.between(source, destination)

    def between(self, source: Node, destination: Node) -> Iterator[Cell]:
        """The cells of one pair: each declared endpoint of the destination, then `ANY`."""
        if not self.concerns(source, destination):
            return
        for endpoint in self.endpoints_of(destination):
            yield self.decide(source, destination, endpoint)

    def concerns(self, source: Node, destination: Node) -> bool:
        """Whether the engine is involved: between two ends outside the host it is not."""
        return source.kind not in OUTSIDE or destination.kind not in OUTSIDE

    def endpoints_of(self, node: Node) -> tuple[Endpoint, ...]:
        return RESOLVING if node.kind is NodeKind.DNS else (*self.endpoints.get(node, ()), ANY)

    def sources(self) -> tuple[Node, ...]:
        return tuple(node for node in self.nodes if node.kind not in DESTINATIONS_ONLY)

    def destinations(self) -> tuple[Node, ...]:
        return tuple(node for node in self.nodes if node.kind not in SOURCES_ONLY)

    def services(self) -> tuple[Node, ...]:
        return tuple(node for node in self.nodes if node.kind is NodeKind.SERVICE)

    def node(self, name: str) -> Node | None:
        """A node by name: `nginx`, `host`, or `stack/nginx` if there are several stacks."""
        stack, _, service = name.rpartition("/")
        for node in self.nodes:
            if node.name == service and stack in ("", node.stack):
                return node
        return None
