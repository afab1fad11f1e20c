"""What the program knows of the engine: told by the configuration, by the plugin, or nothing."""

from __future__ import annotations

from typing import Any

import pytest

from causeway.model.reach.values import EngineFacts
from components.engine import engine_facts
from tests.components.recorder import record


def test_the_plugin_is_asked() -> None:
    found = record(engine_facts, engine={"version": "20.10.24+dfsg1"})
    assert found.result == EngineFacts(version=(20, 10))
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
