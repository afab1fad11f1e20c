"""Removes a container; one that is gone or already being removed is not an error."""

from __future__ import annotations

from causeway.engine.faults import EngineError, NotFound
from causeway.provider.resource.kind import Context


def remove(ctx: Context, id: str, *, volumes: bool) -> None:
    """Remove by force. `volumes` removes its anonymous volumes too, unless another container uses
    them."""
    try:
        ctx.api.call("DELETE", f"/containers/{id}", params={"force": 1, "v": int(volumes)})
    except NotFound:
        return
    except EngineError as error:
        # With `rm`, the engine removes the stopped container itself.
        if "is already in progress" not in str(error):
            raise
