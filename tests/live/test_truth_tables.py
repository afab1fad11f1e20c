"""What Docker's own tests of isolation expect, met by the model and by packets alike.

Each test is named as the one of Docker's that it repeats; rows are `source destination:port
verdict`, with the way in brackets where only that one is meant.
"""

from __future__ import annotations

import pytest

from tests.live.conftest import Measured

Rows = list[str]


def only(engine: str) -> pytest.MarkDecorator:
    """On this one of both engines."""
    return pytest.mark.parametrize("any_engine", [engine], indirect=True)


def agree(measured: Measured, rows: Rows) -> None:
    """Expected, computed and measured verdicts are the same in each row."""
    found = []
    for row in rows:
        source, target, _, *way = row.split()
        destination, _, endpoint = target.partition(":")
        finding = measured.finding(source, destination, endpoint)
        if way:
            number = {"[direct]": 0, "[published]": 1, "[routed]": -1}[way[0]]
            ways = (finding.cell.ways[number].verdict, finding.seen.ways[number])
        else:
            ways = (finding.cell.verdict, finding.seen.verdict)
        computed, seen = (each.value if each else "nothing" for each in ways)
        text = " ".join([source, target, computed, *way])
        found.append(text if computed == seen else f"{text}, but packets {seen}")
    assert found == rows


def newest(measured: Measured) -> bool:
    return measured.field.flavour == "current"


def test_bridge_inc(isolation: Measured) -> None:
    """TestBridgeINC: two bridges do not talk; from an internal one it fails at once, since 25."""
    internal = "UNREACHABLE" if newest(isolation) else "DROPPED"
    agree(
        isolation,
        [
            "left right:any DROPPED",
            "left right:80/tcp DROPPED",
            "left right:53/udp DROPPED",
            "right left:80/tcp DROPPED",
            "left inner:80/tcp DROPPED",
            f"inner left:80/tcp {internal}",
            f"inner left:53/udp {internal}",
            f"inner vault:any {internal}",
        ],
    )


def test_bridge_icc(isolation: Measured) -> None:
    """TestBridgeICC: members of one bridge talk, internal or not, unless enable_icc is false."""
    agree(
        isolation,
        [
            "left shop:80/tcp ALLOWED [direct]",
            "right right:80/tcp ALLOWED",
            "inner inner_too:80/tcp ALLOWED",
            "inner_too inner:53/udp ALLOWED",
            "inner inner_too:any ALLOWED",
            "apart apart_too:80/tcp DROPPED [direct]",
            "apart_too apart:80/tcp DROPPED",
            "apart_too apart:53/udp DROPPED",
        ],
    )


def test_internal_network_connectivity(isolation: Measured) -> None:
    """TestInternalNwConnectivity: the host and its internal networks reach each other."""
    agree(
        isolation,
        [
            "host inner:80/tcp ALLOWED",
            "host inner:53/udp ALLOWED",
            "inner host:any ALLOWED",
            "inner machine:18090/tcp ALLOWED",
            "inner machine:18091/udp ALLOWED",
            f"inner internet:any {'UNREACHABLE' if newest(isolation) else 'DROPPED'}",
            "left internet:any ALLOWED",
        ],
    )


def test_access_to_published_port(isolation: Measured) -> None:
    """TestAccessToPublishedPort: from the host, other machines and every network with a way out."""
    agree(
        isolation,
        [
            "host shop:80/tcp ALLOWED [published]",
            "world shop:80/tcp ALLOWED",
            "world shop:53/udp ALLOWED",
            "world host:18080/tcp ALLOWED",
            "left shop:80/tcp ALLOWED [published]",
            "right shop:80/tcp ALLOWED [published]",
            "right shop:80/tcp DROPPED [direct]",
            "plain shop:53/udp ALLOWED [published]",
            "inner shop:80/tcp DROPPED [published]",
            "alone shop:80/tcp UNREACHABLE",
        ],
    )


def test_access_published_port_from_container_of_the_same_icc_network(isolation: Measured) -> None:
    """A published port leads around enable_icc: false, through the host."""
    agree(isolation, ["apart apart_too:80/tcp ALLOWED [published]"])


def test_access_port_published_on_loopback_address(isolation: Measured) -> None:
    """TestAccessPortPublishedOnLoopbackAddress: the host only."""
    agree(
        isolation,
        [
            "host admin:80/tcp ALLOWED [published]",
            "left admin:80/tcp NO_LISTENER [published]",
            "inner admin:80/tcp NO_LISTENER [published]",
            "world admin:80/tcp NO_LISTENER",
        ],
    )


def test_published_on_an_internal_network_only(isolation: Measured) -> None:
    """Docker opens no port of the host for it."""
    agree(
        isolation,
        [
            "host sealed:80/tcp NO_LISTENER [published]",
            "left sealed:80/tcp NO_LISTENER [published]",
            "world sealed:80/tcp NO_LISTENER",
        ],
    )


def test_host_mode_container_is_the_host(isolation: Measured) -> None:
    agree(
        isolation,
        [
            "machine vault:80/tcp ALLOWED",
            "machine admin:80/tcp ALLOWED [published]",
            "world machine:18090/tcp ALLOWED",
            "vault machine:18090/tcp ALLOWED",
            "host machine:18091/udp ALLOWED",
        ],
    )


def test_none_mode_container_is_alone(isolation: Measured) -> None:
    agree(
        isolation,
        [
            "alone left:80/tcp UNREACHABLE",
            "left alone:80/tcp UNREACHABLE",
            "host alone:80/tcp UNREACHABLE",
            "alone host:any UNREACHABLE",
            "alone internet:any UNREACHABLE",
        ],
    )


def test_shared_namespace_is_one_place(isolation: Measured) -> None:
    agree(
        isolation,
        [
            "guest left:80/tcp ALLOWED",
            "left guest:any ALLOWED",
            "guest right:80/tcp DROPPED",
            "shop left:8080/tcp ALLOWED",
        ],
    )


def test_container_on_two_networks_forwards_nothing_by_itself(isolation: Measured) -> None:
    agree(
        isolation,
        [
            "left both:80/tcp ALLOWED",
            "both right:53/udp ALLOWED",
            "right both:80/tcp ALLOWED",
            "left gate:80/tcp DROPPED",
            "inner gate:80/tcp ALLOWED",
            "gate shop:80/tcp ALLOWED [published]",
        ],
    )


@only("engine")
def test_direct_routing_before_28(isolation: Measured) -> None:
    """TestDirectRemoteAccessOnExposedPort: an old engine's segment reaches what is published."""
    agree(
        isolation,
        [
            "lan shop:80/tcp ALLOWED",
            "lan admin:80/tcp ALLOWED",
            "lan inner:80/tcp DROPPED",
        ],
    )


@only("current_engine")
def test_direct_routing_open_ports(isolation: Measured) -> None:
    """TestDirectRoutingOpenPorts, from a remote machine with a route to the bridges."""
    agree(
        isolation,
        [
            "lan shop:80/tcp DROPPED [routed]",
            "lan shop:any DROPPED",
            "lan admin:80/tcp DROPPED [routed]",
            "lan unprotected:80/tcp ALLOWED [routed]",
            "lan unprotected:81/tcp ALLOWED",
            "lan unprotected:any ALLOWED",
            "lan routed:80/tcp ALLOWED",
            "lan routed:81/tcp DROPPED",
            "lan routed:any DROPPED",
        ],
    )


@only("current_engine")
def test_inter_network_direct_routing(isolation: Measured) -> None:
    """TestInterNetworkDirectRouting, from a nat network: by the gateway mode of the other."""
    agree(
        isolation,
        [
            "left right:80/tcp DROPPED",
            "left routed:80/tcp ALLOWED",
            "left routed:81/tcp DROPPED",
            "left unprotected:80/tcp ALLOWED [direct]",
            "left unprotected:81/tcp ALLOWED",
        ],
    )


@only("current_engine")
def test_bridge_inc_routed(isolation: Measured) -> None:
    """TestBridgeINCRouted: into a routed network its published port, out of it nothing."""
    agree(
        isolation,
        [
            "right routed:80/tcp ALLOWED",
            "right routed:any DROPPED",
            "routed right:80/tcp DROPPED",
            "routed right:any DROPPED",
            "routed routed_too:81/tcp ALLOWED",
        ],
    )


@only("current_engine")
def test_isolated(isolation: Measured) -> None:
    """TestIsolated: its members talk, the host is not among them."""
    agree(
        isolation,
        [
            "isolated isolated_too:80/tcp ALLOWED",
            "isolated_too isolated:53/udp ALLOWED",
            "host isolated:80/tcp UNREACHABLE",
            "isolated host:any UNREACHABLE",
            "isolated shop:80/tcp UNREACHABLE [published]",
            "left isolated:80/tcp UNREACHABLE",
        ],
    )


def test_macvlan_is_on_the_wire_and_apart_from_its_host(isolation: Measured) -> None:
    """As TestMacvlan's cases: siblings and neighbours talk, the parent's host does not."""
    agree(
        isolation,
        [
            "wired wired_too:80/tcp ALLOWED",
            "wired_too wired:53/udp ALLOWED",
            "world wired:80/tcp ALLOWED",
            "world wired:53/udp ALLOWED",
            "lan wired:any ALLOWED",
            "wired internet:any ALLOWED",
            "host wired:80/tcp UNREACHABLE",
            "wired host:any UNREACHABLE",
            "wired shop:80/tcp UNREACHABLE",
            "left wired:80/tcp UNREACHABLE",
        ],
    )
