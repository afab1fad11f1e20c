"""Which engine a state belongs to: its id is kept among the provider's inputs, in the state.

Another engine is an error before anything else happens: on it, everything would look removed, and
a `destroy` would empty the state while all runs on elsewhere.
"""

from __future__ import annotations

import os

from .engine import Config, Engine
from .faults import Fault

# The provider input that holds the engine's id, and the word that a move is meant.
ENGINE = "engineId"
MOVED = "CAUSEWAY_ENGINE_MOVED"


class OtherEngine(Fault):
    """The settings lead to an engine that is not the one of the state."""


def require_engine(engine: Engine, config: Config) -> str | None:
    """The engine's id. Raises OtherEngine when the state names another one."""
    wanted = config.get(ENGINE)
    info = engine.call("GET", "/info")
    found = str(info.get("ID") or "") or None
    if not wanted or not found or wanted == found or os.environ.get(MOVED) == found:
        return found
    raise OtherEngine(
        f"this is another engine: the stack's containers, networks and volumes are on the engine "
        f"with the id {wanted}, and {engine.host} leads to {info.get('Name') or 'one'} with the id "
        f"{found}\n"
        "  what to do: point DOCKER_HOST (or docker:host, docker:context) at the engine of the "
        f"stack; or, to go on with this one and leave there whatever is there, set {MOVED}={found} "
        "for one `pulumi up --refresh` or `pulumi destroy`"
    )
