"""Stacks in a few words, for tests of reach."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from causeway.model.reach import EngineFacts, Matrix, Node, reach
from causeway.model.reach.compute import matrix_of
from causeway.model.reach.draft import At
from causeway.model.reach.topology import BRIDGE_OPTION, topology
from causeway.model.values import Attachment, Network, Place, Port, Service, Stack

NOWHERE = Place("", 0, "")
OLD = EngineFacts(version=(20, 10))
NEW = EngineFacts(version=(29, 0))
OF_WIRES = ("parent", "macvlan_mode", "ipvlan_mode", "ipvlan_flag")


def service(
    name: str,
    *networks: str,
    ports: tuple[Port, ...] = (),
    expose: tuple[str, ...] = (),
    mode: str | None = None,
    replicas: int = 1,
    **others: object,
) -> Service:
    others.setdefault("attachments", tuple(Attachment(network) for network in networks))
    return Service(
        name,
        NOWHERE,
        image="image",
        ports=ports,
        expose=expose,
        network_mode=mode,
        replicas=replicas,
        **others,  # type: ignore[arg-type]  # fields of Service, by name
    )


def network(
    key: str,
    *,
    internal: bool = False,
    driver: str | None = None,
    external: bool = False,
    stack: str = "shop",
    more: Mapping[str, str] = MappingProxyType({}),
    **options: str,
) -> Network:
    """`options` and `more` are those of the bridge driver, but for parent and modes of wires."""
    given = {
        option if option in OF_WIRES else BRIDGE_OPTION + option: v
        for option, v in {**options, **more}.items()
    }
    return Network(
        key,
        f"{stack}_{key}",
        NOWHERE,
        driver=driver,
        internal=internal,
        external=external,
        options=tuple(sorted(given.items())),
    )


def stack(*parts: Service | Network, name: str = "shop") -> Stack:
    return Stack(
        name,
        (),
        services=tuple(part for part in parts if isinstance(part, Service)),
        networks=tuple(part for part in parts if isinstance(part, Network)),
    )


def node(matrix: Matrix, name: str) -> Node:
    found = matrix.node(name)
    assert found is not None, f"no node {name}"
    return found


def verdict(
    matrix: Matrix, source: str, destination: str, port: int | None = None, protocol: str = "tcp"
) -> str:
    return matrix.cell(
        node(matrix, source), node(matrix, destination), port, protocol
    ).verdict.value


def reason(
    one: Stack, source: str, destination: str, port: int | None = None, facts: EngineFacts = NEW
) -> tuple[str, tuple[str, str, str]]:
    """The first reason of a cell, and the key of the file that it names: `(network, KEY, OPTION)`,
    `(source, networks, NETWORK)` or `(destination, ports, 80/tcp)`."""
    found: list[At] = []

    def locate(at: At, source: Node, destination: Node) -> Place:
        found.append(at)
        return Place("compose.yaml", len(found), "")

    matrix = matrix_of(topology([one], facts), locate)
    cell = matrix.cell(node(matrix, source), node(matrix, destination), port)
    first = cell.reasons[0]
    at = found[first.place.line - 1] if first.place is not None else At("network")
    return first.text, (at.what, at.key, at.detail or at.option or str(at.port or ""))


def told(
    one: Stack, source: str, destination: str, port: int | None = None, facts: EngineFacts = NEW
) -> str:
    """`ALLOWED by same network`, or the verdict alone when it is not open."""
    matrix = reach([one], facts)
    cell = matrix.cell(node(matrix, source), node(matrix, destination), port)
    return f"{cell.verdict.value} by {cell.kind.value}" if cell.path else cell.verdict.value
