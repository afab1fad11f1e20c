"""Which engine a state belongs to: its id is kept among the provider's inputs, in the state.

Another engine is an error before anything else happens: on it, everything would look removed, and
a `destroy` would empty the state while all runs on elsewhere.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any

from .engine import Config, Engine, connect
from .faults import EngineError, Fault, Silent, Unreachable
from .plain import has_unknown

# The provider input that holds the engine's id, and the word that a move is meant.
ENGINE = "engineId"
MOVED = "CAUSEWAY_ENGINE_MOVED"


def identify(config: Config, before: Any) -> str | None:
    """The id of the engine that a provider's settings lead to, for the state.

    `before` is the one that the state names. Raises Fault when it is another one. Where no engine
    answers, what is known stays; the calls that need it tell.
    """
    known = before if isinstance(before, str) and before else None
    if has_unknown(config):
        return known
    engine = None
    with suppress(Fault, EngineError, Unreachable, Silent, OSError, ValueError):
        engine = connect(config)
    if engine is None:
        return known
    try:
        return require_engine(engine, {ENGINE: known})
    except (EngineError, Unreachable, Silent):
        return known
    finally:
        engine.close()


def require_engine(engine: Engine, config: Config) -> str | None:
    """The engine's id. Raises Fault when the settings of the state name another one."""
    wanted = config.get(ENGINE)
    info = engine.call("GET", "/info")
    found = str(info.get("ID") or "") or None
    if not wanted or not found or wanted == found or os.environ.get(MOVED) == found:
        return found
    raise Fault(
        f"this is another engine: the stack's containers, networks and volumes are on the engine "
        f"with the id {wanted}, and {engine.host} leads to {info.get('Name') or 'one'} with the id "
        f"{found}\n"
        "  what to do: point DOCKER_HOST (or docker:host, docker:context) at the engine of the "
        f"stack; or, to go on with this one and leave there whatever is there, set {MOVED}={found} "
        "for one `pulumi up --refresh` or `pulumi destroy`"
    )
