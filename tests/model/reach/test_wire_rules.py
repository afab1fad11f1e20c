"""macvlan and ipvlan: parents, modes and flags, and whose endpoint publishes ports.

Paths in docstrings are those of github.com/moby/moby v2.0.0-beta.24.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from causeway.model.reach import LeakKind, reach
from causeway.model.reach.record import record, restore
from causeway.model.values import Attachment, Port, Stack
from tests.model.reach.stacks import NEW, OLD, network, node, reason, service, stack, told

PUBLISHED = (Port(80, 8080),)


def wire(driver: str, internal: bool = False, **options: str) -> Stack:
    return stack(
        service("camera", "wire", expose=("554",)),
        service("viewer", "wire"),
        service("web", "net", ports=PUBLISHED),
        network("wire", driver=driver, internal=internal, more=options),
        network("net"),
    )


@pytest.mark.parametrize("driver", ["macvlan", "ipvlan"])
@pytest.mark.parametrize(
    ("source", "destination", "port", "expected"),
    [
        ("viewer", "camera", 554, "ALLOWED by same network"),
        ("world", "camera", 554, "UNREACHABLE"),
        ("lan", "camera", 554, "UNREACHABLE"),
        ("host", "camera", 554, "UNREACHABLE"),
        ("web", "camera", 554, "UNREACHABLE"),
        ("camera", "internet", None, "UNREACHABLE"),
        ("camera", "host", None, "UNREACHABLE"),
        ("camera", "web", 80, "UNREACHABLE"),
        ("camera", "dns", None, "REJECTED"),
    ],
)
def test_a_wire_without_a_parent_ends_in_the_host(
    driver: str, source: str, destination: str, port: int | None, expected: str
) -> None:
    """daemon/libnetwork/drivers/macvlan/macvlan_network.go and ipvlan/ipvlan_network.go: "With no
    parent interface, the network is internal"; TestDockerNetworkMacvlan and -Ipvlan/NilParent,
    InternalMode."""
    assert told(wire(driver), source, destination, port) == expected


def test_engines_before_25_have_no_route_out_of_an_internal_wire_either() -> None:
    """The route that they give internal networks is one of bridges."""
    assert told(wire("macvlan"), "camera", "internet", None, OLD) == "UNREACHABLE"


def test_a_wire_without_a_parent_is_no_leak_to_the_physical_network() -> None:
    kinds = {each.kind for each in reach([wire("macvlan")], NEW).leaks}
    assert LeakKind.WIRE not in kinds
    kinds = {each.kind for each in reach([wire("macvlan", parent="eth0")], NEW).leaks}
    assert LeakKind.WIRE in kinds


def test_two_wires_without_parents_do_not_meet() -> None:
    one = stack(
        service("a", "x"),
        service("b", "y"),
        service("c", "z"),
        network("x", driver="macvlan"),
        network("y", driver="macvlan"),
        network("z", driver="macvlan", parent="eth0"),
    )
    assert told(one, "a", "b") == "UNREACHABLE"
    assert told(one, "c", "b") == "UNREACHABLE"


def test_the_reason_names_the_missing_parent() -> None:
    text, key = reason(wire("macvlan"), "camera", "internet")
    assert text == (
        "network wire has no parent interface, so it ends in the host: no machine outside is on it"
    )
    assert key == ("network", "wire", "")
    assert reason(wire("macvlan"), "world", "camera", 554)[0] == text


@pytest.mark.parametrize("mode", ["l3", "l3s"])
@pytest.mark.parametrize(
    ("source", "destination", "port", "expected"),
    [
        ("viewer", "camera", 554, "ALLOWED by wire"),
        ("world", "camera", 554, "UNKNOWN"),
        ("lan", "camera", 554, "ALLOWED by wire"),  # by definition it sets the route
        ("camera", "internet", None, "UNKNOWN"),
        ("host", "camera", 554, "UNREACHABLE"),
    ],
)
def test_ipvlan_l3_needs_routes_outside(
    mode: str, source: str, destination: str, port: int | None, expected: str
) -> None:
    """daemon/libnetwork/drivers/ipvlan/ipvlan_joinleave.go: a default route through the interface
    and no gateway; nobody outside learns of the subnet (TestDockerNetworkIpvlan/L3Addressing)."""
    one = wire("ipvlan", parent="eth0", ipvlan_mode=mode)
    assert told(one, source, destination, port) == expected


def test_the_reason_names_the_routes() -> None:
    one = wire("ipvlan", parent="eth0", ipvlan_mode="l3")
    text = "network wire is ipvlan l3: machines outside need a route to its subnet through the host"
    key = ("network", "wire", "ipvlan_mode")
    assert reason(one, "world", "camera", 554) == (text, key)
    assert reason(one, "camera", "internet") == (text, key)


def test_an_internal_ipvlan_l3_network_answers_nobody_outside() -> None:
    """Without the default route there is none to the machine that asks."""
    one = wire("ipvlan", internal=True, parent="eth0", ipvlan_mode="l3")
    assert told(one, "lan", "camera", 554) == "DROPPED"
    assert told(one, "world", "camera", 554) == "DROPPED"
    two = wire("ipvlan", internal=True, parent="eth0")
    assert told(two, "lan", "camera", 554) == "ALLOWED by wire"


@pytest.mark.parametrize(
    ("flag", "expected"),
    [("bridge", "ALLOWED by wire"), ("private", "DROPPED"), ("vepa", "UNKNOWN")],
)
@pytest.mark.parametrize("mode", ["l2", "l3"])
def test_members_of_ipvlan_by_flag(flag: str, mode: str, expected: str) -> None:
    """daemon/libnetwork/drivers/ipvlan/ipvlan.go: flagPrivate, flagVepa; the kernel's
    Documentation/networking/ipvlan.rst, "Mode flags"."""
    one = wire("ipvlan", parent="eth0", ipvlan_mode=mode, ipvlan_flag=flag)
    assert told(one, "viewer", "camera", 554) == expected


def test_vepa_without_a_parent_has_no_switch() -> None:
    one = wire("macvlan", macvlan_mode="vepa")
    assert told(one, "viewer", "camera", 554) == "DROPPED"


def two_gateways(wire_priority: int, bridge_priority: int, mode: str = "nat") -> Stack:
    both = (
        Attachment("wire", gw_priority=wire_priority),
        Attachment("net", gw_priority=bridge_priority),
    )
    return stack(
        service("web", ports=PUBLISHED, attachments=both),
        service("client", "a"),
        network("wire", driver="macvlan", parent="eth0"),
        network("net", gateway_mode_ipv4=mode),
        network("a"),
    )


@pytest.mark.parametrize(
    ("priorities", "from_container", "from_host"),
    [((0, 1), "ALLOWED", "ALLOWED"), ((1, 0), "NO_LISTENER", "NO_LISTENER")],
)
def test_published_ports_follow_the_gateway_endpoint(
    priorities: tuple[int, int], from_container: str, from_host: str
) -> None:
    """daemon/libnetwork/default_gateway.go (getGatewayEndpoint) and sandbox.go (Less): the bridge
    driver publishes ports for the endpoint that is the gateway, and for no other."""
    matrix = reach([two_gateways(*priorities)], NEW)
    web = node(matrix, "web")
    published = {
        source: [way.verdict.value for way in matrix.cell(node(matrix, source), web, 80).ways[1:]]
        for source in ("client", "host")
    }
    # A port that is not published is no path: the host does not listen for it.
    assert published == {"client": [from_container], "host": [from_host]}


def test_a_routed_network_beside_the_gateway_has_no_published_port() -> None:
    verdicts = {}
    for priorities in ((0, 1), (1, 0)):
        matrix = reach([two_gateways(*priorities, "routed")], NEW)
        ways = matrix.cell(node(matrix, "client"), node(matrix, "web"), 80).ways
        verdicts[priorities] = ways[0].verdict.value
    assert verdicts == {(0, 1): "ALLOWED", (1, 0): "DROPPED"}


def test_the_reason_names_the_gateway_endpoint() -> None:
    matrix = reach([two_gateways(1, 0)], NEW)
    way = matrix.cell(node(matrix, "client"), node(matrix, "web"), 80).ways[1]
    assert [each.text for each in way.reasons] == [
        "the port is not published: the gateway of web is on network wire (macvlan)"
    ]


@pytest.mark.parametrize(
    ("dual", "priority", "expected"),
    [
        (False, 0, "ALLOWED by egress"),  # network `a` is first by name
        (True, 0, "UNREACHABLE"),
        (True, 1, "ALLOWED by egress"),  # the priority comes first
    ],
)
def test_a_network_with_ipv6_is_the_gateway_before_one_without(
    dual: bool, priority: int, expected: str
) -> None:
    """daemon/libnetwork/sandbox.go (Less): priority, then gateways of both families, then name."""
    closed = network("z", inhibit_ipv4="true")
    one = stack(
        service("web", attachments=(Attachment("a", gw_priority=priority), Attachment("z"))),
        network("a"),
        replace(closed, enable_ipv6=dual),
    )
    assert told(one, "web", "internet") == expected
    again = restore(record(one))
    assert again is not None
    assert told(again, "web", "internet") == expected
