"""The facts about the engine that verdicts depend on, from the configuration or from the engine.

The program asks the `docker` plugin, which runs anyway. The official plugin has no such function:
with it, or without an engine, the version is unknown.
"""

from __future__ import annotations

from typing import Any

import pulumi
from pulumi_docker import _utilities

from causeway.contract import ENGINE_FUNCTION
from causeway.model.reach.values import EngineFacts, Firewall, engine_version, firewall_of


def engine_facts(
    version: tuple[int, int] | None = None, firewall: Firewall | None = None
) -> EngineFacts:
    """The arguments are what the configuration tells; with a version, the engine is not asked."""
    if version is not None:
        return EngineFacts(version, firewall or Firewall.ASSUMED)
    answer = _asked()
    asked = engine_version(str(answer.get("version") or ""))
    told = Firewall.ASSUMED if asked is None else firewall_of(answer.get("firewall"))
    return EngineFacts(asked, firewall or told)


def _asked() -> dict[str, Any]:
    # The version of the SDK, as its resources use: another version would start a second plugin.
    options = _utilities.get_invoke_opts_defaults()
    try:
        answer = pulumi.runtime.invoke(ENGINE_FUNCTION, {}, options)
    except Exception as error:  # Pulumi raises no other kind
        pulumi.log.debug(f"the engine's version is unknown: {error}")
        return {}
    return answer.value if isinstance(answer.value, dict) else {}
