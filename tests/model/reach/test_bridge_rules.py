"""Bridges as the rules decide that Docker programs for them, with the verdict of each packet.

Paths in docstrings are those of github.com/moby/moby v2.0.0-beta.24, below
daemon/libnetwork/drivers/bridge/internal unless they begin with integration/. A case follows a
packet and its answer through the rules named there.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from causeway.model.load import load
from causeway.model.reach import INTERNET, LAN, EngineFacts, Firewall, reach
from causeway.model.values import Port, Stack
from tests.model.reach.stacks import NEW, network, node, reason, service, stack, told

V28_0 = EngineFacts(version=(28, 0))
V28_2 = EngineFacts(version=(28, 2))
NFTABLES = EngineFacts(version=(29, 0), firewall=Firewall.NFTABLES)
UNKNOWN = EngineFacts()
PUBLISHED = (Port(80, 8080),)
LOOPBACK = (Port(80, 8080, "127.0.0.1"),)


def unmasqueraded(mode: str = "nat", **options: str) -> Stack:
    """`client`, whose network is not masqueraded, and servers on networks of each mode."""
    return stack(
        service("client", "plain"),
        service("nat", "a", ports=PUBLISHED),
        service("open", "b", ports=(Port(80, 8081),), expose=("81",)),
        service("routed", "c", ports=(Port(80),)),
        service("beside", "plain", ports=(Port(80, 8082),)),
        network("plain", enable_ip_masquerade="false", more={"gateway_mode_ipv4": mode, **options}),
        network("a"),
        network("b", gateway_mode_ipv4="nat-unprotected", name="br-b"),
        network("c", gateway_mode_ipv4="routed"),
    )


@pytest.mark.parametrize(
    ("destination", "port", "before", "since", "version_unknown"),
    [
        ("nat", 80, "ALLOWED by published port", "DROPPED", "UNKNOWN"),
        ("open", 80, "ALLOWED by routed", "DROPPED", "UNKNOWN"),
        ("open", 81, "ALLOWED by routed", "DROPPED", "UNKNOWN"),
        ("routed", 80, "ALLOWED by routed", "DROPPED", "UNKNOWN"),
        ("internet", None, "UNKNOWN", "DROPPED", "UNKNOWN"),
        ("beside", 80, *("ALLOWED by same network",) * 3),
        ("host", None, *("ALLOWED by bridge to host",) * 3),
    ],
)
def test_answers_to_a_network_that_is_not_masqueraded_are_dropped_since_28_2(
    destination: str, port: int | None, before: str, since: str, version_unknown: str
) -> None:
    """iptabler/endpoint.go, nftabler/endpoint.go (filterDirectAccess), and the raw table of
    iptabler/testdata/TestIptabler/hairpin=false,internal=false,icc=true,masq=false,snat=false,
    gwm=nat,bindlh=false__iptables.golden: `-d 192.168.0.2/32 ! -i br-dummy -j DROP`, which an
    answer meets before connection tracking gives it another address. Engines before 28.2 have that
    rule for published ports alone (iptabler/port.go, dropLegacyFilterDirectAccess). nftabler's
    golden file of the same name with __ip has `iifname != "br-dummy" … "DROP DIRECT ACCESS"`."""
    one = unmasqueraded()
    assert told(one, "client", destination, port, V28_0) == before
    assert told(one, "client", destination, port, V28_2) == since
    assert told(one, "client", destination, port, NEW) == since
    assert told(one, "client", destination, port, NFTABLES) == since
    assert told(one, "client", destination, port, UNKNOWN) == version_unknown


def test_datagrams_need_no_answer() -> None:
    """The same rules: only what is sent back meets the one in the raw table. Measured on 29."""
    one = stack(
        service("client", "plain"),
        service("open", "b", ports=(Port(53, 53, None, "udp"),), expose=("54/udp",)),
        network("plain", enable_ip_masquerade="false"),
        network("b", gateway_mode_ipv4="nat-unprotected"),
    )
    matrix = reach([one], NEW)
    client, server = node(matrix, "client"), node(matrix, "open")
    published = matrix.cell(client, server, 53, "udp").ways
    assert [way.verdict.value for way in published] == ["ALLOWED", "ALLOWED"]
    cell = matrix.cell(client, server, 54, "udp")
    assert cell.verdict.value == "ALLOWED"
    assert [each.text for each in cell.reasons] == [
        "gateway mode nat-unprotected opens every port to other networks",
        "the host drops the answers to network plain, which is not masqueraded "
        "(enable_ip_masquerade: false); what needs no answer still leaves",
    ]
    assert matrix.cell(client, server, 53, "tcp").verdict.value == "DROPPED"


@pytest.mark.parametrize("mode", ["routed", "nat-unprotected"])
def test_networks_open_to_direct_access_get_their_answers(mode: str) -> None:
    """iptabler/endpoint.go: no rule where the mode is routed or nat-unprotected."""
    one = unmasqueraded(mode)
    assert told(one, "client", "nat", 80) == "ALLOWED by published port"
    assert told(one, "client", "open", 81) == "ALLOWED by routed"
    assert told(one, "client", "internet") == "UNKNOWN"


def test_an_engine_that_allows_direct_routing_drops_no_answers() -> None:
    """iptabler/endpoint.go: no rule with AllowDirectRouting. So containers, too, reach published
    ports at the container's address: iptabler/port.go accepts them from every interface."""
    facts = EngineFacts(version=(29, 0), allow_direct_routing=True)
    assert told(unmasqueraded(), "client", "nat", 80, facts) == "ALLOWED by routed"
    assert told(unmasqueraded(), "client", "internet", None, facts) == "UNKNOWN"


def test_answers_through_a_trusted_interface_arrive() -> None:
    """iptabler/endpoint.go: `-d ADDRESS -i INTERFACE -j ACCEPT` comes before the rule."""
    one = unmasqueraded(trusted_host_interfaces="br-b:eth1")
    assert told(one, "client", "open", 81) == "ALLOWED by routed"
    assert told(one, "client", "nat", 80) == "DROPPED"
    assert told(one, "client", "internet") == "UNKNOWN"


def test_a_second_network_that_is_masqueraded_leads_to_published_ports() -> None:
    """Its gateway is an address of the host, which the client reaches from an address there."""
    one = stack(
        service("client", "a", "plain"),
        service("server", "z", ports=PUBLISHED),
        network("a"),
        network("plain", enable_ip_masquerade="false"),
        network("z"),
    )
    assert told(one, "client", "server", 80) == "ALLOWED by published port"


def test_the_reason_names_the_line_of_the_option() -> None:
    text, key = reason(unmasqueraded(), "client", "internet")
    assert text == (
        "the host drops the answers to network plain, which is not masqueraded "
        "(enable_ip_masquerade: false); what needs no answer still leaves"
    )
    assert key == ("network", "plain", "com.docker.network.bridge.enable_ip_masquerade")


def test_the_place_is_the_line_of_the_option(tmp_path: Path) -> None:
    file = tmp_path / "compose.yaml"
    file.write_text(
        "services:\n"
        "  client: {image: a, networks: [plain]}\n"
        "networks:\n"
        "  plain:\n"
        "    driver_opts:\n"
        "      com.docker.network.bridge.name: br-plain\n"
        '      com.docker.network.bridge.enable_ip_masquerade: "false"\n'
    )
    loaded = load([file], name="shop")
    matrix = reach([loaded.stack], NEW, {"shop": loaded.positions})
    place = matrix.cell(node(matrix, "client"), INTERNET).reasons[0].place
    assert place is not None
    assert (place.line, place.path) == (
        7,
        "networks.plain.driver_opts.com.docker.network.bridge.enable_ip_masquerade",
    )


def trusting(ports: tuple[Port, ...], mode: str = "nat", internal: bool = False) -> Stack:
    """`web`, whose network trusts the host's eth1 and the bridge of network `near`."""
    return stack(
        service("web", "net", ports=ports, expose=("81",)),
        service("near", "near"),
        service("far", "far"),
        network(
            "net",
            internal=internal,
            gateway_mode_ipv4=mode,
            trusted_host_interfaces="eth1:br-near",
        ),
        network("near", name="br-near"),
        network("far"),
    )


def from_lan(one: Stack, name: str, port: int, facts: EngineFacts = NEW) -> str:
    """The path from the LAN to the container's own address."""
    matrix = reach([one], facts)
    ways = matrix.cell(LAN, node(matrix, name), port).ways
    return next(way.verdict.value for way in ways if way.kind.value == "routed")


@pytest.mark.parametrize(
    ("ports", "port", "facts", "expected"),
    [
        (PUBLISHED, 80, V28_2, "ALLOWED"),
        (LOOPBACK, 80, V28_2, "ALLOWED"),
        (LOOPBACK, 80, NEW, "ALLOWED"),
        (LOOPBACK, 81, NEW, "DROPPED"),  # the filter table accepts published ports only
        (LOOPBACK, 80, V28_0, "DROPPED"),  # engines before 28.2 do not know the option
        (LOOPBACK, 80, EngineFacts(version=(27, 5)), "ALLOWED"),  # they filter nothing there
        (LOOPBACK, 80, UNKNOWN, "UNKNOWN"),
    ],
)
def test_machines_behind_a_trusted_interface_reach_published_ports(
    ports: tuple[Port, ...], port: int, facts: EngineFacts, expected: str
) -> None:
    """iptabler/endpoint.go: `-d ADDRESS -i INTERFACE -j ACCEPT` in the raw table; the filter table
    accepts the container's port whatever address of the host it is bound to (iptabler/port.go,
    setPerPortForwarding). Row of TestDirectRemoteAccessOnExposedPort with a trusted interface."""
    assert from_lan(trusting(ports), "web", port, facts) == expected


def test_an_internal_network_trusts_nobody() -> None:
    """iptabler/endpoint.go: no such rule for internal networks."""
    assert from_lan(trusting(LOOPBACK, internal=True), "web", 80) == "DROPPED"


def test_a_trusted_bridge_is_another_network_and_no_machine_outside() -> None:
    one = stack(
        service("web", "net", ports=LOOPBACK),
        network("net", trusted_host_interfaces="br-near"),
        network("near", name="br-near"),
    )
    assert from_lan(one, "web", 80) == "DROPPED"


@pytest.mark.parametrize(
    ("source", "port", "facts", "expected"),
    [
        ("near", 80, NEW, "ALLOWED by routed"),
        ("near", 81, NEW, "DROPPED"),
        ("far", 80, NEW, "DROPPED"),
        ("near", 80, V28_2, "UNKNOWN"),  # 28 has chains between bridges that are gone in 29
        ("near", 80, V28_0, "DROPPED"),
    ],
)
def test_a_trusted_bridge_opens_published_ports_to_its_containers(
    source: str, port: int, facts: EngineFacts, expected: str
) -> None:
    """As above; `! -i br-dummy -o br-dummy … --dport 80 -j ACCEPT` is for every interface."""
    matrix = reach([trusting(LOOPBACK)], facts)
    way = matrix.cell(node(matrix, source), node(matrix, "web"), port).ways[0]
    found = f"{way.verdict.value} by {way.kind.value}" if way.path else way.verdict.value
    assert found == expected


def test_a_trusted_interface_is_a_leak_of_ports_bound_to_loopback() -> None:
    found = [each.text for each in reach([trusting(LOOPBACK)], NEW).leaks]
    assert (
        "web:80/tcp is bound to 127.0.0.1, but machines behind the host's interface eth1 reach it "
        "(trusted_host_interfaces)"
    ) in found


def inhibited() -> Stack:
    return stack(
        service("inside", "net", ports=PUBLISHED, expose=("81",)),
        service("beside", "net"),
        service("web", "a", ports=(Port(80, 8081),)),
        service("both", "net", "z", ports=(Port(80, 8082),)),
        network("net", inhibit_ipv4="true"),
        network("a"),
        network("z"),
    )


@pytest.mark.parametrize(
    ("source", "destination", "port", "expected"),
    [
        ("beside", "inside", 80, "ALLOWED by same network"),
        ("inside", "internet", None, "UNREACHABLE"),
        ("inside", "web", 80, "UNREACHABLE"),
        ("inside", "host", None, "UNREACHABLE"),
        ("host", "inside", 81, "UNREACHABLE"),
        ("world", "inside", 80, "DROPPED"),
        ("web", "inside", 80, "DROPPED"),
        ("web", "inside", 81, "UNREACHABLE"),
        ("both", "internet", None, "UNREACHABLE"),  # its route out is the network `net`
        ("both", "host", None, "ALLOWED by bridge to host"),
        ("both", "web", 80, "ALLOWED by published port"),  # at the gateway address of `z`
        ("world", "both", 80, "DROPPED"),  # published at its endpoint on `net`
        ("inside", "dns", None, "ALLOWED by resolver"),  # Docker asks from the host
    ],
)
def test_nothing_crosses_a_bridge_without_an_address(
    source: str, destination: str, port: int | None, expected: str
) -> None:
    """daemon/libnetwork/drivers/bridge/setup_ipv4_linux.go (setupBridgeIPv4): the containers'
    default route leads to an address that no interface has, and the host has no route to them."""
    assert told(inhibited(), source, destination, port) == expected


def test_the_reason_says_until_when_nothing_crosses() -> None:
    text, key = reason(inhibited(), "inside", "internet")
    assert text == (
        "the bridge of network net has no address (inhibit_ipv4): until somebody gives it one, "
        "nothing passes between its containers and anything outside"
    )
    assert key == ("network", "net", "com.docker.network.bridge.inhibit_ipv4")


@pytest.mark.parametrize("written", ["false", "0", "f", "False"])
def test_options_are_read_as_docker_reads_them(written: str) -> None:
    """daemon/libnetwork/drivers/bridge/bridge_linux.go (fromLabels): strconv.ParseBool."""
    one = stack(service("a", "net"), service("b", "net"), network("net", enable_icc=written))
    assert told(one, "a", "b") == "DROPPED"
