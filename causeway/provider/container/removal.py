"""Removing a container; one that is gone, or that the engine is removing, is no error."""

from __future__ import annotations

from causeway.engine.faults import EngineError, NotFound
from causeway.provider.resource.kind import Context


def remove(ctx: Context, id: str, *, volumes: bool) -> None:
    """By force. With `volumes`, its anonymous ones go too, unless another container has them."""
    try:
        ctx.api.call("DELETE", f"/containers/{id}", params={"force": 1, "v": int(volumes)})
    except NotFound:
        return
    except EngineError as error:
        # With `rm` the engine itself is removing the stopped container.
        if "is already in progress" not in str(error):
            raise
