"""The facts about the engine that verdicts depend on, from the configuration or from the engine.

The program asks the `docker` plugin, which runs anyway. The official plugin has no such function:
with it, or without an engine, the version is unknown.
"""

from __future__ import annotations

from causeway.contract import ENGINE_FUNCTION
from causeway.model.reach.values import EngineFacts, Firewall, engine_version, firewall_of

from .plugin import ask


def engine_facts(
    version: tuple[int, int] | None = None, firewall: Firewall | None = None
) -> EngineFacts:
    """The arguments are what the configuration tells; with a version, the engine is not asked."""
    if version is not None:
        return EngineFacts(version, firewall or Firewall.ASSUMED)
    answer = ask(ENGINE_FUNCTION)
    asked = engine_version(str(answer.get("version") or ""))
    told = Firewall.ASSUMED if asked is None else firewall_of(answer.get("firewall"))
    return EngineFacts(asked, firewall or told)
