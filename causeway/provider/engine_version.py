"""The function `getEngine`, which every program of this project calls for what verdicts on reach
depend on: the engine's version and its firewall backend."""

from __future__ import annotations

from causeway.provider.resource.kind import Context
from causeway.provider.resource.values import Values


def get_engine(ctx: Context, arguments: Values) -> Values:
    """`{version: 29.8.0, firewall: iptables}`, which the official plugin does not offer.

    Without `firewall` where the engine does not tell it; empty when no engine answers: the preview
    continues, and whatever needs the engine then fails with its own message.
    """
    try:
        api = ctx.api
        backend = api.info.get("FirewallBackend") or {}
    except Exception:  # whatever prevents the engine from answering
        return {}
    return {"version": api.version} | (
        {"firewall": str(backend["Driver"])} if backend.get("Driver") else {}
    )
