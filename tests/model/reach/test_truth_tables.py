"""What Docker's own tests of isolation expect, as cases of the model.

Each test is named as the one of Docker's that it repeats; rows are the rows there.
"""

from __future__ import annotations

import pytest

from causeway.model.reach import ANY, LAN, EngineFacts, Verdict, reach
from causeway.model.values import Port, Stack
from tests.model.reach.stacks import NEW, OLD, network, node, service, stack, told

PUBLISHED = (Port(80, 8080),)


def two_networks(mode: str) -> Stack:
    return stack(
        service("client", "one"),
        service("server", "two", ports=PUBLISHED, expose=("81",)),
        network("one"),
        network("two", gateway_mode_ipv4=mode),
    )


@pytest.mark.parametrize("proxy", [True, False])
@pytest.mark.parametrize(
    ("mode", "published", "unpublished"),
    [
        ("nat", "DROPPED", "DROPPED"),
        ("routed", "ALLOWED", "DROPPED"),
        ("nat-unprotected", "ALLOWED", "ALLOWED"),
    ],
)
def test_inter_network_direct_routing(
    mode: str, published: str, unpublished: str, proxy: bool
) -> None:
    """TestInterNetworkDirectRouting: to the container's own address, by gateway mode."""
    matrix = reach([two_networks(mode)], EngineFacts(version=(29, 0), userland_proxy=proxy))
    client, server = node(matrix, "client"), node(matrix, "server")
    direct = {port: matrix.cell(client, server, port).ways[0] for port in (80, 81)}
    assert (direct[80].verdict.value, direct[81].verdict.value) == (published, unpublished)


@pytest.mark.parametrize(
    ("internal", "facts", "expected"),
    [
        (False, NEW, "DROPPED"),
        (False, OLD, "DROPPED"),
        (True, NEW, "UNREACHABLE"),  # "Network is unreachable", at once
        (True, OLD, "DROPPED"),  # before 25 there is a route, into a rule that drops
    ],
)
def test_bridge_inc(internal: bool, facts: EngineFacts, expected: str) -> None:
    """TestBridgeINC: two bridges, both internal or neither."""
    apart = stack(
        service("one", "a", expose=("80",)),
        service("two", "b", expose=("80",)),
        network("a", internal=internal),
        network("b", internal=internal),
    )
    assert told(apart, "one", "two", 80, facts) == expected


@pytest.mark.parametrize(
    ("source", "destination", "port", "expected"),
    [
        ("nat", "routed", 80, "ALLOWED by routed"),
        ("nat", "routed", 81, "DROPPED"),
        ("routed", "nat", 81, "DROPPED"),
    ],
)
def test_bridge_inc_routed(source: str, destination: str, port: int, expected: str) -> None:
    """TestBridgeINCRouted: into a routed network its published port, out of it nothing."""
    both = stack(
        service("nat", "a", ports=(Port(80),)),
        service("routed", "b", ports=(Port(80),)),
        network("a"),
        network("b", gateway_mode_ipv4="routed"),
    )
    assert told(both, source, destination, port) == expected


@pytest.mark.parametrize("internal", [False, True])
def test_bridge_icc(internal: bool) -> None:
    """TestBridgeICC: members of one bridge reach each other, internal or not."""
    one = stack(service("ctr1", "net"), service("ctr2", "net"), network("net", internal=internal))
    assert told(one, "ctr2", "ctr1") == "ALLOWED by same network"


@pytest.mark.parametrize(
    ("mode", "published", "unpublished"),
    [
        ("nat", "DROPPED", "DROPPED"),
        ("nat-unprotected", "ALLOWED", "ALLOWED"),
        ("routed", "ALLOWED", "DROPPED"),
    ],
)
def test_direct_routing_open_ports(mode: str, published: str, unpublished: str) -> None:
    """TestDirectRoutingOpenPorts: from a remote machine that has a route to the bridge."""
    matrix = reach([two_networks(mode)], NEW)
    server = node(matrix, "server")
    routed = [
        next(
            way.verdict for way in matrix.cell(LAN, server, port).ways if way.kind.value == "routed"
        )
        for port in (80, 81)
    ]
    assert [each.value for each in routed] == [published, unpublished]


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (EngineFacts(version=(27, 5)), "ALLOWED"),
        (EngineFacts(version=(28, 0)), "DROPPED"),
        (EngineFacts(version=(28, 2), allow_direct_routing=True), "ALLOWED"),
    ],
)
def test_direct_remote_access_on_exposed_port(facts: EngineFacts, expected: str) -> None:
    """TestDirectRemoteAccessOnExposedPort: to the container's address, its published port."""
    matrix = reach([two_networks("nat")], facts)
    server = node(matrix, "server")
    ways = matrix.cell(LAN, server, 80).ways
    assert [way.verdict.value for way in ways if way.kind.value == "routed"] == [expected]


@pytest.mark.parametrize(
    ("facts", "from_segment"),
    [
        (OLD, "ALLOWED"),
        (NEW, "DROPPED"),
        (EngineFacts(), "UNKNOWN"),
    ],
)
def test_access_port_published_on_loopback_address(facts: EngineFacts, from_segment: str) -> None:
    """TestAccessPortPublishedOnLoopbackAddress, and what engines before 28 let through."""
    one = stack(service("db", "net", ports=(Port(5432, 5432, "127.0.0.1"),)), network("net"))
    matrix = reach([one], facts)
    db = node(matrix, "db")
    ways = {way.kind.value: way.verdict.value for way in matrix.cell(LAN, db, 5432).ways}
    assert ways == {"published port": "NO_LISTENER", "routed": from_segment}
    assert told(one, "world", "db", 5432, facts) == "NO_LISTENER"
    assert told(one, "host", "db", 5432, facts) == "ALLOWED by host to bridge"


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (EngineFacts(version=(20, 10)), "ALLOWED by published port"),
        (EngineFacts(version=(29, 0)), "ALLOWED by published port"),
        (EngineFacts(version=(20, 10), userland_proxy=False), "DROPPED"),
        (EngineFacts(version=(29, 0), userland_proxy=False), "ALLOWED by published port"),
        (EngineFacts(userland_proxy=False), "UNKNOWN"),
    ],
)
def test_access_published_port_from_another_network(facts: EngineFacts, expected: str) -> None:
    """TestAccessPublishedPortFromAnotherNetwork, and moby#38784 for engines without proxy."""
    assert told(two_networks("nat"), "client", "server", 80, facts) == expected


@pytest.mark.parametrize("facts", [OLD, NEW])
def test_internal_network_connectivity(facts: EngineFacts) -> None:
    """TestInternalNwConnectivity: the host and its listeners, nothing beyond."""
    one = stack(
        service("inside", "net", expose=("80",)),
        service("monitor", mode="host", expose=("9100",)),
        network("net", internal=True),
    )
    assert told(one, "inside", "host", facts=facts) == "ALLOWED by bridge to host"
    assert told(one, "inside", "monitor", 9100, facts) == "ALLOWED by bridge to host"
    assert told(one, "host", "inside", 80, facts) == "ALLOWED by host to bridge"
    assert told(one, "monitor", "inside", 80, facts) == "ALLOWED by host to bridge"
    expected = "DROPPED" if facts is OLD else "UNREACHABLE"
    assert told(one, "inside", "internet", facts=facts) == expected


def test_isolated_gateway_mode_has_no_host() -> None:
    """TestIsolated: the bridge has no address, so host and containers do not meet."""
    one = stack(
        service("inside", "net", expose=("80",)),
        service("other", "net"),
        network("net", internal=True, gateway_mode_ipv4="isolated"),
    )
    assert told(one, "inside", "host") == "UNREACHABLE"
    assert told(one, "host", "inside", 80) == "UNREACHABLE"
    assert told(one, "other", "inside", 80) == "ALLOWED by same network"


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (EngineFacts(version=(20, 10)), "ALLOWED"),
        (EngineFacts(version=(25, 0), fixed_dns_egress=True), "REJECTED"),
        (EngineFacts(version=(26, 0)), "REJECTED"),
        (EngineFacts(), "UNKNOWN"),
    ],
)
def test_internal_network_dns(facts: EngineFacts, expected: str) -> None:
    """TestInternalNetworkDNS and CVE-2024-29018."""
    one = stack(service("inside", "net"), network("net", internal=True))
    assert told(one, "inside", "dns", facts=facts).split()[0] == expected


def test_one_external_network_beside_an_internal_one_resolves_outside() -> None:
    """TestInternalNetworkDNS, its second half."""
    one = stack(service("both", "in", "out"), network("in", internal=True), network("out"))
    assert told(one, "both", "dns", facts=NEW) == "ALLOWED by resolver"
    assert told(one, "both", "internet", facts=NEW) == "ALLOWED by egress"


@pytest.mark.parametrize("facts", [OLD, NEW])
def test_icc_false_keeps_members_apart_but_not_from_published_ports(facts: EngineFacts) -> None:
    """Measured on 20.10.24 and 29.8: the bridge drops, docker-proxy does not."""
    one = stack(
        service("a", "net"),
        service("b", "net", ports=PUBLISHED, expose=("81",)),
        network("net", enable_icc="false"),
    )
    assert told(one, "a", "b", 81, facts) == "DROPPED"
    assert told(one, "a", "b", 80, facts) == "ALLOWED by published port"


@pytest.mark.parametrize("facts", [OLD, NEW])
def test_internal_members_get_no_published_port_of_another_network(facts: EngineFacts) -> None:
    """Measured on 20.10.24 and 29.8: the host rewrites the address, then drops."""
    one = stack(
        service("inside", "in"),
        service("web", "out", ports=PUBLISHED),
        network("in", internal=True),
        network("out"),
    )
    matrix = reach([one], facts)
    ways = matrix.cell(node(matrix, "inside"), node(matrix, "web"), 80).ways
    assert ways[1].verdict is Verdict.DROPPED


def test_a_dropped_segment_is_not_forwarded_when_the_policy_was_left_open() -> None:
    """Engines before 28 rely on the FORWARD policy for ports that are not published."""
    loose = EngineFacts(version=(20, 10), forward_policy_drop=False)
    one = stack(service("web", "net"), network("net"))
    assert reach([one], OLD).verdict(LAN, node(reach([one], OLD), "web"), ANY) is Verdict.DROPPED
    matrix = reach([one], loose)
    assert matrix.verdict(LAN, node(matrix, "web"), ANY) is Verdict.ALLOWED
