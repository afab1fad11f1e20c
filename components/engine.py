"""The facts about the engine that verdicts depend on, from the configuration or from the engine.

The program asks the `docker` plugin, which runs anyway. The official plugin has no such function:
with it, or without an engine, the version is unknown.
"""

from __future__ import annotations

import pulumi
from pulumi_docker import _utilities

from causeway.contract import ENGINE_FUNCTION
from causeway.model.reach.values import EngineFacts, engine_version


def engine_facts(told: tuple[int, int] | None = None) -> EngineFacts:
    """`told` is the version in the configuration; where it is set, the engine is not asked."""
    return EngineFacts(version=told or _asked())


def _asked() -> tuple[int, int] | None:
    # The version of the SDK, as its resources use: another version would start a second plugin.
    options = _utilities.get_invoke_opts_defaults()
    try:
        answer = pulumi.runtime.invoke(ENGINE_FUNCTION, {}, options)
    except Exception as error:  # Pulumi raises no other kind
        pulumi.log.debug(f"the engine's version is unknown: {error}")
        return None
    found = answer.value if isinstance(answer.value, dict) else {}
    return engine_version(str(found.get("version") or ""))
