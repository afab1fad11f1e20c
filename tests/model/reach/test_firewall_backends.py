"""What the firewall backend of an engine decides: iptables or nftables.

Paths in docstrings are those of github.com/moby/moby v2.0.0-beta.24, below
daemon/libnetwork/drivers/bridge/internal unless they begin with integration/.
"""

from __future__ import annotations

import pytest

from causeway.model.reach import EngineFacts, Firewall, LeakKind, reach
from causeway.model.values import Port, Stack
from tests.model.reach.stacks import network, node, service, stack, told

PUBLISHED = (Port(80, 8080),)


def internal_client(**options: str) -> Stack:
    return stack(
        service("inside", "inner"),
        service("web", "a", ports=PUBLISHED, expose=("81",)),
        service("routed", "b", ports=(Port(82),)),
        service("admin", "a", ports=(Port(83, 8083, "127.0.0.1"),)),
        service("bound", "a", ports=(Port(84, 8084, "192.0.2.1"),)),
        network("inner", internal=True, more=options),
        network("a"),
        network("b", gateway_mode_ipv4="routed"),
    )


def firewall(backend: Firewall, version: tuple[int, int] | None = (29, 0)) -> EngineFacts:
    return EngineFacts(version=version, firewall=backend)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (firewall(Firewall.IPTABLES), "DROPPED"),
        (firewall(Firewall.NFTABLES), "ALLOWED by published port"),
        (firewall(Firewall.ASSUMED), "DROPPED"),
        (firewall(Firewall.UNTOLD), "UNKNOWN"),
        (firewall(Firewall.UNTOLD, (28, 5)), "DROPPED"),  # nftables came with 29
        (firewall(Firewall.UNTOLD, None), "UNKNOWN"),
    ],
)
def test_an_internal_network_reaches_published_ports_where_nftables_decides(
    facts: EngineFacts, expected: str
) -> None:
    """integration/network/bridge/nftablesdoc/generated/usernet-internal.md and
    nftabler/nftabler.go: filter-FORWARD looks up the outgoing interface first, so the accept rule
    of the port (nftabler/port.go, setPerPortForwarding) ends it before the drop of the internal
    network, which accepts the answer as established. With iptables, DOCKER-INTERNAL comes first:
    integration/network/bridge/iptablesdoc/generated/usernet-internal.md."""
    assert told(internal_client(), "inside", "web", 80, facts) == expected


@pytest.mark.parametrize(
    ("destination", "port", "expected"),
    [
        ("web", 81, "UNREACHABLE"),  # not published: only the container's address is left
        ("routed", 82, "UNREACHABLE"),  # a routed network has no port on the host
        ("admin", 83, "NO_LISTENER"),
        ("bound", 84, "UNREACHABLE"),  # no route to that address of the host
        ("internet", None, "UNREACHABLE"),
        ("host", None, "ALLOWED by bridge to host"),
    ],
)
def test_nftables_opens_nothing_else_to_an_internal_network(
    destination: str, port: int | None, expected: str
) -> None:
    """nftabler/network.go: what no rule of the outgoing interface accepts meets the drop."""
    found = told(internal_client(), "inside", destination, port, firewall(Firewall.NFTABLES))
    assert found == expected


def test_without_a_gateway_address_nftables_opens_nothing() -> None:
    """The gateway mode `isolated`: the bridge has no address to send to."""
    one = internal_client(gateway_mode_ipv4="isolated")
    assert told(one, "inside", "web", 80, firewall(Firewall.NFTABLES)) == "UNREACHABLE"


@pytest.mark.parametrize(
    ("backend", "expected"),
    [
        (Firewall.IPTABLES, "the host drops what leaves internal networks (inner)"),
        (
            Firewall.ASSUMED,
            "the host drops what leaves internal networks (inner); assumed: the engine's firewall "
            "backend is iptables, with nftables the port is open",
        ),
        (
            Firewall.UNTOLD,
            "with the firewall backend nftables, published ports are open to internal networks "
            "(inner); the engine does not tell which one it uses",
        ),
        (
            Firewall.NFTABLES,
            "a port published on the host is open to every network, with the firewall backend "
            "nftables also to internal ones: 0.0.0.0:8080/tcp",
        ),
    ],
)
def test_the_reason_states_the_backend_and_what_is_assumed(
    backend: Firewall, expected: str
) -> None:
    matrix = reach([internal_client()], firewall(backend))
    ways = matrix.cell(node(matrix, "inside"), node(matrix, "web"), 80).ways
    assert ways[1].reasons[0].text == expected


@pytest.mark.parametrize(
    ("backend", "joined"), [(Firewall.IPTABLES, ("b",)), (Firewall.NFTABLES, ("b", "inner"))]
)
def test_a_published_port_joins_internal_networks_with_nftables(
    backend: Firewall, joined: tuple[str, ...]
) -> None:
    found = reach([internal_client()], firewall(backend)).leaks
    web = [each for each in found if each.kind is LeakKind.PUBLISHED_JOINS][-1]
    assert (str(web.nodes[0]), web.networks) == ("web", joined)
