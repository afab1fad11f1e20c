"""Which addresses are tried for a cell, from containers of a made-up engine."""

from __future__ import annotations

from dataclasses import replace

from causeway.live.attempts import Outside, Topology
from causeway.live.status import Container, Published, Status
from causeway.model.reach import HOST, INTERNET, LAN, WORLD, Cell, Endpoint, Node, NodeKind, Verdict
from causeway.model.values import Stack

WEB = Container(
    id="w1",
    name="web-1",
    service="web",
    replica=1,
    namespace="w1",
    addresses=(("s_front", "172.18.0.2"),),
    published=(
        Published(Endpoint(80, "tcp"), "0.0.0.0", 8080),
        Published(Endpoint(443, "tcp"), "127.0.0.1", 8443),
        Published(Endpoint(9000, "tcp"), "10.1.1.1", 9000),
    ),
)
DATABASES = tuple(
    Container(
        id=f"d{number}",
        name=f"database-{number}",
        service="database",
        replica=number,
        namespace=f"d{number}",
        addresses=(("s_back", f"172.19.0.{number + 1}"),),
    )
    for number in (1, 2)
)
ALONE = Container("a1", "alone-1", "alone", 1, "a1")
MACHINE = Container("m1", "machine-1", "machine", 1, "host")
STATUS = Status(
    "s",
    "dev",
    {"web": (WEB,), "database": DATABASES, "alone": (ALONE,), "machine": (MACHINE,)},
    (),
    Stack("s-dev", ()),
)
TERRAIN = Topology(
    (STATUS,),
    {"s_front": ("172.18.0.0/16",), "s_back": ("172.19.0.0/16",)},
    ("10.1.1.1", "172.18.0.1", "172.19.0.1"),
    {"d1": frozenset({47808}), "d2": frozenset()},
    {WORLD: Outside(WORLD, "10.1.1.1"), LAN: Outside(LAN, "10.1.1.1", routes=True)},
)


def node(name: str, replicas: int = 1) -> Node:
    return Node(NodeKind.SERVICE, name, "s-dev", replicas)


def tried(source: Node, destination: Node, port: int | None = None) -> list[list[list[str]]]:
    """A list a trial, in it one a way, in it `address:port`."""
    protocol = "ip" if port is None else "tcp"
    trials = TERRAIN.trials(Cell(source, destination, port, protocol, Verdict.ALLOWED))
    assert not isinstance(trials, str), trials
    return [
        [[f"{each.address}:{each.port}" for each in way.attempts] for way in trial.targets]
        for trial in trials
    ]


def refused(source: Node, destination: Node, port: int | None = None) -> str:
    trials = TERRAIN.trials(Cell(source, destination, port, "tcp", Verdict.ALLOWED))
    assert isinstance(trials, str)
    return trials


def test_the_own_address_and_the_published_port_through_near_addresses_of_the_host() -> None:
    assert tried(node("database", 2), node("web"), 80) == [
        [["172.18.0.2:80"], ["172.19.0.1:8080", "10.1.1.1:8080"]],
        [["172.18.0.2:80"], ["172.19.0.1:8080", "10.1.1.1:8080"]],
    ]


def test_the_host_tries_loopback_for_what_is_published() -> None:
    assert tried(HOST, node("web"), 443) == [[["172.18.0.2:443"], ["127.0.0.1:8443"]]]


def test_a_port_on_loopback_is_tried_at_the_addresses_that_a_container_can_name() -> None:
    assert tried(node("database", 2), node("web"), 443)[0][1] == [
        "172.19.0.1:8443",
        "10.1.1.1:8443",
    ]


def test_a_port_bound_to_one_address_is_tried_there() -> None:
    assert tried(node("database", 2), node("web"), 9000)[0][1] == ["10.1.1.1:9000"]


def test_replicas_try_each_other_and_not_themselves() -> None:
    assert tried(node("database", 2), node("database", 2), 5432) == [
        [["172.19.0.3:5432"]],
        [["172.19.0.2:5432"]],
    ]


def test_one_replica_tries_itself_on_loopback() -> None:
    assert tried(node("web"), node("web"), 80) == [[["127.0.0.1:80"]]]


def test_any_port_is_one_that_nobody_uses_there() -> None:
    assert tried(node("web"), node("database", 2)) == [
        [["172.19.0.2:47809"]],
        [["172.19.0.3:47808"]],
    ]


def test_what_has_no_address_is_not_tried() -> None:
    assert tried(node("web"), node("alone"), 80) == [[[]]]


def test_host_mode_is_reached_at_addresses_of_the_host() -> None:
    assert tried(node("web"), node("machine"), 90) == [[["172.18.0.1:90", "10.1.1.1:90"]]]
    assert tried(HOST, node("machine"), 90) == [[["127.0.0.1:90"]]]


def test_the_world_tries_published_ports_and_the_segment_addresses_too() -> None:
    assert tried(WORLD, node("web"), 80) == [[["10.1.1.1:8080"]]]
    assert tried(LAN, node("web"), 80) == [[["10.1.1.1:8080"], ["172.18.0.2:80"]]]


def test_the_world_cannot_try_what_is_not_published() -> None:
    assert refused(WORLD, node("database"), 5432) == (
        "packets from there to container addresses would prove nothing"
    )


def test_a_cell_that_cannot_be_tried_says_why() -> None:
    assert refused(node("web"), INTERNET) == "no internet address to probe was given"
    assert refused(node("gone"), node("web"), 80) == "no container of gone runs"
    assert refused(node("web"), node("gone"), 80) == "no container of gone runs"


def test_an_address_is_on_a_route_when_the_host_or_the_source_is_on_its_network() -> None:
    assert TERRAIN.has_route("w1", "172.19.0.2")
    assert not TERRAIN.has_route("w1", "172.30.0.2")


def test_what_is_only_on_a_wire_does_not_send_through_the_host() -> None:
    on_wire = replace(TERRAIN, wires=frozenset({"s_front"}))
    assert on_wire.has_route("w1", "172.18.0.9")
    assert not on_wire.has_route("w1", "172.19.0.2")


def test_the_default_route_decides_where_a_container_is_on_a_wire_and_a_bridge() -> None:
    for gateway, routed in (("s_front", False), ("s_back", True)):
        both = replace(
            WEB, addresses=(("s_back", "172.19.0.9"), ("s_front", "172.18.0.9")), gateway=gateway
        )
        status = replace(STATUS, containers={"web": (both,)})
        terrain = replace(TERRAIN, statuses=(status,), wires=frozenset({"s_front"}))
        assert terrain.has_route("w1", "172.19.0.2")
        assert terrain.has_route("w1", "10.1.1.1") is routed
