"""Questions that Causeway's plugin answers and the official one does not know."""

from __future__ import annotations

from typing import Any

import pulumi
from pulumi_docker import _utilities


def ask(function: str, **arguments: str) -> dict[str, Any]:
    """The answer of the `docker` plugin, which runs anyway; empty with the official plugin, and
    when no engine answers."""
    # The version of the SDK, as its resources use: another version would start a second plugin.
    options = _utilities.get_invoke_opts_defaults()
    try:
        answer = pulumi.runtime.invoke(function, arguments, options)
    except Exception as error:  # Pulumi raises no other kind
        pulumi.log.debug(f"{function} is not answered: {error}")
        return {}
    return answer.value if isinstance(answer.value, dict) else {}
