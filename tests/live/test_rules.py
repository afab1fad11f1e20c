"""Model and packets agree where Docker's rules differ between firewall backends and options."""

from __future__ import annotations

import pytest

from causeway.model.reach import Firewall
from tests.engine_host import run
from tests.engines import Engine
from tests.live.conftest import WIRE, WORLD_THERE, Measured, differing, laid_out, measured

DEAD = "10.213.9.0/24"  # the network without an address of the host
# On the host, docker-proxy accepts for a container that it does not reach; a probe cannot tell that
# from an open port.
PROXIED = ("host -> dead:80/tcp", "host -> host:18184/tcp")
pytestmark = pytest.mark.engine


@pytest.fixture(scope="module", params=["iptables", "nftables"])
def rules(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Measured:
    """The stack of `rules/` on an engine with this firewall backend; gone when it is measured."""
    with Engine.start("current") as engine:
        if request.param == "nftables":
            engine.settings["firewall-backend"] = "nftables"
            engine.restart()
        with laid_out(engine, tmp_path_factory.mktemp(request.param)) as field:
            # What the host has no address for leaves to a router that knows nothing of it.
            away = ["ip", "route", "add", DEAD, "via", WORLD_THERE, "dev", WIRE]
            on_host = ["nsenter", f"--net=/run/netns/{engine.netns}"]
            title = f"rules on {request.param}"
            return measured(field, title, "rules", lambda: run(*on_host, *away), PROXIED)


def found_by(measured: Measured, source: str, destination: str, endpoint: str = "any") -> str:
    """What packets found, for a cell where the model says the same."""
    finding = measured.finding(source, destination, endpoint)
    assert finding.seen.verdict is finding.cell.verdict, finding.text
    return finding.cell.verdict.value


def test_model_and_packets_agree_in_every_cell(rules: Measured) -> None:
    assert differing(rules.report) == ""
    tried = len(rules.report.findings) - len(rules.report.unprobed)
    assert tried == 499


def test_answers_to_a_network_that_is_not_masqueraded_are_dropped(rules: Measured) -> None:
    assert found_by(rules, "plain", "front", "80/tcp") == "DROPPED"
    assert found_by(rules, "plain", "front", "53/udp") == "ALLOWED"  # sent without an answer
    assert found_by(rules, "plain", "open", "80/tcp") == "DROPPED"
    assert found_by(rules, "plain", "routed", "80/tcp") == "DROPPED"
    assert found_by(rules, "plain", "internet") == "DROPPED"
    assert found_by(rules, "plain", "plain_too", "80/tcp") == "ALLOWED"


def test_an_internal_network_reaches_published_ports_with_nftables(rules: Measured) -> None:
    backend = rules.matrix.facts.firewall
    expected = {Firewall.IPTABLES: "DROPPED", Firewall.NFTABLES: "ALLOWED"}[backend]
    assert found_by(rules, "inside", "front", "80/tcp") == expected
    assert found_by(rules, "inside", "front", "53/udp") == expected
    assert found_by(rules, "inside", "open", "80/tcp") == expected
    assert found_by(rules, "inside", "trusting", "80/tcp") == "NO_LISTENER"
    assert found_by(rules, "inside", "front") == "UNREACHABLE"
    assert found_by(rules, "inside", "internet") == "UNREACHABLE"


def test_a_trusted_interface_opens_a_port_bound_to_loopback(rules: Measured) -> None:
    assert found_by(rules, "lan", "trusting", "80/tcp") == "ALLOWED"
    assert found_by(rules, "lan", "trusting") == "DROPPED"
    assert found_by(rules, "world", "trusting", "80/tcp") == "NO_LISTENER"
    assert found_by(rules, "front", "trusting", "80/tcp") == "NO_LISTENER"


def test_nothing_crosses_a_bridge_without_an_address(rules: Measured) -> None:
    assert found_by(rules, "dead", "internet") == "UNREACHABLE"
    assert found_by(rules, "dead", "front", "80/tcp") == "UNREACHABLE"
    assert found_by(rules, "world", "dead", "80/tcp") == "DROPPED"
    assert found_by(rules, "front", "dead", "80/tcp") == "DROPPED"
    assert found_by(rules, "dead_too", "dead", "80/tcp") == "ALLOWED"


def test_published_ports_follow_the_gateway_endpoint(rules: Measured) -> None:
    assert found_by(rules, "host", "host", "18185/tcp") == "NO_LISTENER"
    assert found_by(rules, "open", "sideways", "80/tcp") == "NO_LISTENER"
    assert found_by(rules, "front", "sideways", "80/tcp") == "ALLOWED"  # their common network
