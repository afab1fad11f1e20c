"""Modes, wires, several stacks, replicas, and what a matrix tells beside verdicts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from causeway.model.reach import (
    WORLD,
    EngineFacts,
    LeakKind,
    Matrix,
    Verdict,
    reach,
)
from causeway.model.values import Port
from tests.model.reach.stacks import NEW, OLD, network, node, service, stack, told, verdict


def test_no_network_mode_none_reaches_anything() -> None:
    one = stack(service("alone", mode="none"), service("web", "net"), network("net"))
    assert told(one, "alone", "web") == "UNREACHABLE"
    assert told(one, "web", "alone") == "UNREACHABLE"
    assert told(one, "alone", "internet") == "UNREACHABLE"
    assert told(one, "world", "alone") == "UNREACHABLE"


def test_a_shared_namespace_is_localhost_and_has_the_same_neighbours() -> None:
    one = stack(
        service("app", "net", expose=("80",)),
        service("sidecar", mode="service:app", expose=("9000",)),
        service("other", "net"),
        network("net"),
    )
    assert told(one, "sidecar", "app", 80) == "ALLOWED by shared namespace"
    assert told(one, "app", "sidecar", 9000) == "ALLOWED by shared namespace"
    assert told(one, "other", "sidecar", 9000) == "ALLOWED by same network"


def test_the_namespace_of_an_undeclared_container_is_unknown() -> None:
    one = stack(service("app", mode="container:stranger"), service("web", "net"), network("net"))
    assert told(one, "web", "app") == "UNKNOWN"


def test_a_container_named_in_the_stack_is_found_by_its_name() -> None:
    one = stack(
        service("app", "net", expose=("80",), container_name="the-app"),
        service("sidecar", mode="container:the-app"),
        service("other", "net"),
        network("net"),
    )
    assert told(one, "other", "sidecar") == "ALLOWED by same network"


def test_services_without_networks_meet_on_the_default_bridge_by_address_only() -> None:
    one = stack(service("a", mode="bridge"), service("b", mode="bridge"))
    matrix = reach([one], NEW)
    cell = matrix.cell(node(matrix, "a"), node(matrix, "b"))
    assert cell.verdict is Verdict.ALLOWED
    assert [each.text for each in cell.reasons] == [
        "both are on the default bridge, which resolves no names: only IP addresses work"
    ]
    apart = reach([one], EngineFacts(version=(29, 0), icc=False))
    assert verdict(apart, "a", "b") == "DROPPED"


def test_a_host_mode_service_is_the_host() -> None:
    one = stack(
        service("agent", mode="host", expose=("9100",)),
        service("web", "net", expose=("80",)),
        network("net", internal=True),
    )
    assert told(one, "agent", "web", 80) == "ALLOWED by host to bridge"
    assert told(one, "web", "agent", 9100) == "ALLOWED by bridge to host"
    assert told(one, "world", "agent", 9100) == "ALLOWED by shared namespace"
    assert told(one, "web", "host", 9100) == "ALLOWED by bridge to host"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"parent": "eth0"}, "ALLOWED by wire"),
        ({"parent": "eth0", "macvlan_mode": "private"}, "DROPPED"),
        ({"parent": "eth0", "macvlan_mode": "vepa"}, "UNKNOWN"),
    ],
)
def test_macvlan_members_by_mode(options: dict[str, str], expected: str) -> None:
    one = stack(
        service("a", "lan"), service("b", "lan"), network("lan", driver="macvlan", more=options)
    )
    assert told(one, "a", "b") == expected


def test_macvlan_and_its_host_do_not_meet_but_the_world_does() -> None:
    one = stack(
        service("camera", "lan", expose=("554",)),
        service("web", "net", ports=(Port(80, 8080),)),
        network("lan", driver="macvlan", parent="eth0"),
        network("net"),
    )
    assert told(one, "host", "camera", 554) == "UNREACHABLE"
    assert told(one, "camera", "host") == "UNREACHABLE"
    assert told(one, "web", "camera", 554) == "UNREACHABLE"
    assert told(one, "camera", "web", 80) == "UNREACHABLE"
    assert told(one, "world", "camera", 554) == "ALLOWED by wire"
    assert told(one, "camera", "internet") == "ALLOWED by wire"


def test_overlay_members_reach_each_other() -> None:
    one = stack(service("a", "mesh"), service("b", "mesh"), network("mesh", driver="overlay"))
    assert told(one, "a", "b") == "ALLOWED by overlay"


def test_an_external_network_leaves_the_way_out_unknown() -> None:
    one = stack(service("a", "shared"), network("shared", external=True))
    assert told(one, "a", "internet") == "UNKNOWN"


def test_stacks_meet_on_a_network_of_the_same_name() -> None:
    shared = network("shared", stack="edge")
    first = stack(service("proxy", "shared"), shared, name="edge")
    outside = network("edge", stack="x", external=True)
    second = stack(
        service("app", "edge", expose=("80",)),
        type(outside)("edge", "edge_shared", outside.place, external=True),
        name="app",
    )
    matrix = reach([second, first], NEW)
    assert verdict(matrix, "edge/proxy", "app/app", 80) == "ALLOWED"
    assert verdict(matrix, "app/app", "internet") == "ALLOWED"


def test_replicas_are_one_node_and_reach_each_other_over_the_network() -> None:
    one = stack(service("app", "net", replicas=3), network("net"))
    assert told(one, "app", "app") == "ALLOWED by same network"
    single = stack(service("app", "net"), network("net"))
    assert told(single, "app", "app") == "ALLOWED by shared namespace"


def test_a_service_without_replicas_is_nowhere() -> None:
    one = stack(service("app", "net", replicas=0), service("web", "net"), network("net"))
    assert told(one, "web", "app") == "UNREACHABLE"
    assert told(one, "app", "internet") == "UNREACHABLE"


def test_a_port_bound_to_loopback_is_open_to_the_host_only() -> None:
    one = stack(
        service("db", "a", ports=(Port(5432, 5432, "127.0.0.1"),)),
        service("web", "b"),
        network("a"),
        network("b"),
    )
    matrix = reach([one], NEW)
    ways = matrix.cell(node(matrix, "web"), node(matrix, "db"), 5432).ways
    assert [way.verdict.value for way in ways] == ["DROPPED", "NO_LISTENER"]
    assert verdict(matrix, "host", "host", 5432) == "ALLOWED"


def test_a_network_may_bind_its_ports_to_loopback() -> None:
    one = stack(
        service("db", "a", ports=(Port(5432, 5432),)),
        network("a", host_binding_ipv4="127.0.0.1"),
    )
    assert told(one, "world", "db", 5432) == "NO_LISTENER"


def test_a_port_of_internal_networks_only_is_not_published() -> None:
    one = stack(service("db", "a", ports=(Port(5432, 5432),)), network("a", internal=True))
    assert told(one, "world", "db", 5432) == "NO_LISTENER"


def test_a_network_that_is_not_masqueraded_needs_a_route_back() -> None:
    one = stack(service("a", "net"), network("net", enable_ip_masquerade="false"))
    assert told(one, "a", "internet", facts=EngineFacts(version=(28, 0))) == "UNKNOWN"


def test_a_host_that_does_not_forward_lets_nothing_out() -> None:
    one = stack(service("a", "net"), network("net"))
    assert told(one, "a", "internet", facts=EngineFacts(ip_forward=False)) == "DROPPED"


def test_exposed_ranges_and_protocols_are_declared_ports() -> None:
    one = stack(service("a", "net", expose=("5000-5002", "53/udp")), network("net"))
    matrix = reach([one], NEW)
    assert [str(each) for each in matrix.endpoints_of(node(matrix, "a"))] == [
        *("53/udp", "5000/tcp", "5001/tcp", "5002/tcp", "any"),
    ]


def test_an_undeclared_port_is_open_and_said_to_be_undeclared() -> None:
    one = stack(service("a", "net"), service("b", "net"), network("net"))
    matrix = reach([one], NEW)
    cell = matrix.cell(node(matrix, "a"), node(matrix, "b"), 1234)
    assert cell.reasons[-1].text == "the Compose file does not declare that b listens on 1234/tcp"


def test_the_path_names_each_hop() -> None:
    one = stack(
        service("a", "x"), service("b", "y", ports=(Port(80, 8080),)), network("x"), network("y")
    )
    matrix = reach([one], NEW)
    cell = matrix.cell(node(matrix, "a"), node(matrix, "b"), 80)
    assert [hop.text for hop in cell.path] == [
        "a reaches the host from network x",
        "the host listens on 0.0.0.0:8080/tcp",
        "the host forwards it to b:80/tcp",
    ]


def test_leaks_are_found_by_kind() -> None:
    one = stack(
        service("web", "front", ports=(Port(80, 8080), Port(81, 81, "127.0.0.1"))),
        service("app", "front", "back"),
        service("db", "back"),
        service("other", "apart"),
        service("agent", mode="host"),
        service("camera", "lan"),
        network("front"),
        network("back", internal=True),
        network("apart"),
        network("lan", driver="macvlan", parent="eth0"),
    )
    found = [(leak.kind, [str(node) for node in leak.nodes]) for leak in reach([one], OLD).leaks]
    assert found == [
        (LeakKind.PUBLISHED_JOINS, ["web"]),
        (LeakKind.LOOPBACK_BIND, ["web"]),
        (LeakKind.HOST_MODE, ["agent"]),
        (LeakKind.PIVOT, ["app"]),
        (LeakKind.HOST_REACH, ["host"]),
        (LeakKind.RESOLVER, ["db"]),
        (LeakKind.WIRE, []),
        (LeakKind.RAW_PACKETS, ["app", "db"]),
        (LeakKind.RAW_PACKETS, ["app", "web"]),
        (LeakKind.EGRESS, ["other"]),
        (LeakKind.EGRESS, ["app", "web"]),
        (LeakKind.EGRESS, ["camera"]),
    ]


def test_a_network_with_ipv6_is_said_not_to_be_covered() -> None:
    one = stack(service("a", "net"), replace(network("net"), enable_ipv6=True), network("other"))
    found = [leak for leak in reach([one], NEW).leaks if leak.kind is LeakKind.IPV6]
    assert [(leak.networks, leak.text) for leak in found] == [
        (
            ("net",),
            "network net also has IPv6 (enable_ipv6): the verdicts here are those of IPv4, and "
            "IPv6 may be more open",
        )
    ]


def test_members_without_net_raw_forge_nothing() -> None:
    one = stack(
        service("a", "net", cap_drop=("ALL",)),
        service("b", "net", cap_drop=("NET_RAW",)),
        network("net", internal=True),
    )
    assert LeakKind.RAW_PACKETS not in {leak.kind for leak in reach([one], NEW).leaks}


def test_verdicts_alone_are_those_of_the_cells() -> None:
    matrix: Matrix = reach(
        [
            stack(
                service("a", "x", ports=(Port(80, 8080),)),
                service("b", "x", "y"),
                service("c", "y", expose=("5432",)),
                network("x"),
                network("y", internal=True),
            )
        ],
        OLD,
    )
    cells = list(matrix.cells())
    assert len(cells) == 50  # 4 sources x 9 and 2 x 7 destinations with their ports
    for cell in cells:
        assert matrix.verdict(cell.source, cell.destination, cell.endpoint) is cell.verdict


def test_services_alike_form_one_group() -> None:
    matrix = reach(
        [
            stack(
                service("a", "x"),
                service("b", "x"),
                service("c", "y"),
                network("x"),
                network("y"),
            )
        ],
        NEW,
    )
    assert [[str(node) for node in group] for group in matrix.groups] == [["a", "b"], ["c"]]
    assert matrix.node("nobody") is None
    assert matrix.node("world") == WORLD
