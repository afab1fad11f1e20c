"""Stacks in a few words, for tests of reach."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from causeway.model.reach import EngineFacts, Matrix, Node, reach
from causeway.model.reach.topology import BRIDGE_OPTION
from causeway.model.values import Attachment, Network, Place, Port, Service, Stack

NOWHERE = Place("", 0, "")
OLD = EngineFacts(version=(20, 10))
NEW = EngineFacts(version=(29, 0))


def service(
    name: str,
    *networks: str,
    ports: tuple[Port, ...] = (),
    expose: tuple[str, ...] = (),
    mode: str | None = None,
    replicas: int = 1,
    **others: object,
) -> Service:
    return Service(
        name,
        NOWHERE,
        image="image",
        attachments=tuple(Attachment(network) for network in networks),
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
        option if option in ("parent", "macvlan_mode", "ipvlan_mode") else BRIDGE_OPTION + option: v
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


def told(
    one: Stack, source: str, destination: str, port: int | None = None, facts: EngineFacts = NEW
) -> str:
    """`ALLOWED by same network`, or the verdict alone when it is not open."""
    matrix = reach([one], facts)
    cell = matrix.cell(node(matrix, source), node(matrix, destination), port)
    return f"{cell.verdict.value} by {cell.kind.value}" if cell.path else cell.verdict.value
