"""What the engine is like, as far as verdicts depend on it: told by the configuration, or asked.

The program asks the plugin of `docker`, which runs anyway. The official one has no such function:
with it, and without an engine, the version is unknown.
"""

from __future__ import annotations

import pulumi
from pulumi_docker import _utilities

from causeway.contract import ENGINE_FUNCTION
from causeway.model.reach.values import EngineFacts, engine_version


def engine_facts(told: tuple[int, int] | None = None) -> EngineFacts:
    """`told` is the version that the configuration names; it wins, and nobody is asked."""
    return EngineFacts(version=told or _asked())


def _asked() -> tuple[int, int] | None:
    # The SDK's version, as its resources have it: another one would start a second plugin.
    options = _utilities.get_invoke_opts_defaults()
    try:
        answer = pulumi.runtime.invoke(ENGINE_FUNCTION, {}, options)
    except Exception as error:  # Pulumi raises no other kind
        pulumi.log.debug(f"the engine's version is unknown: {error}")
        return None
    found = answer.value if isinstance(answer.value, dict) else {}
    return engine_version(str(found.get("version") or ""))
