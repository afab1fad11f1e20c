"""What the program knows of the engine: told by the configuration, by the plugin, or nothing."""

from __future__ import annotations

from typing import Any

import pytest

from causeway.model.reach.values import EngineFacts, Firewall
from components.engine import engine_facts
from tests.components.recorder import record


def test_the_plugin_is_asked() -> None:
    found = record(engine_facts, engine={"version": "20.10.24+dfsg1"})
    assert found.result == EngineFacts(version=(20, 10), firewall=Firewall.UNTOLD)
    assert found.invokes == [("docker:index/getEngine:getEngine", {})]


def test_the_configuration_wins_and_nobody_is_asked() -> None:
    found = record(lambda: engine_facts((28, 0)), engine={"version": "20.10.24"})
    assert found.result == EngineFacts(version=(28, 0))
    assert found.invokes == []


@pytest.mark.parametrize("answer", [{}, {"version": "library-import"}, {"version": None}])
def test_without_a_version_it_stays_unknown(answer: dict[str, Any]) -> None:
    assert record(engine_facts, engine=answer).result == EngineFacts()


def test_a_plugin_without_the_function_leaves_it_unknown() -> None:
    assert record(engine_facts).result == EngineFacts()


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("iptables", Firewall.IPTABLES),
        ("iptables+firewalld", Firewall.IPTABLES),
        ("nftables", Firewall.NFTABLES),
        ("nftables+firewalld", Firewall.NFTABLES),
        (None, Firewall.UNTOLD),
        ("pf", Firewall.UNTOLD),
    ],
)
def test_the_engine_tells_its_firewall_backend(told: str | None, expected: Firewall) -> None:
    answer = {"version": "29.8.0", "firewall": told}
    found = record(engine_facts, engine=answer).result
    assert found == EngineFacts(version=(29, 8), firewall=expected)


def test_the_configured_firewall_backend_wins() -> None:
    answer = {"version": "29.8.0", "firewall": "iptables"}
    found = record(lambda: engine_facts(None, Firewall.NFTABLES), engine=answer)
    assert found.result == EngineFacts(version=(29, 8), firewall=Firewall.NFTABLES)
    alone = record(lambda: engine_facts((29, 0), Firewall.NFTABLES), engine=answer)
    assert alone.result == EngineFacts(version=(29, 0), firewall=Firewall.NFTABLES)
    assert alone.invokes == []
