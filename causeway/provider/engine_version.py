"""The function `getEngine`, which every program of this project calls for the engine's version."""

from __future__ import annotations

from causeway.provider.resource.kind import Context
from causeway.provider.resource.values import Values


def get_engine(ctx: Context, arguments: Values) -> Values:
    """The engine's version, which the official plugin does not offer; empty when no engine answers.

    The preview continues without it: whatever needs the engine then fails with its own message.
    """
    try:
        return {"version": str(ctx.api.call("GET", "/version")["Version"])}
    except Exception:  # whatever prevents the engine from answering
        return {}
