"""Ties a state to its engine, whose id is kept in the state among the provider's inputs.

Another engine is an error before anything else happens: on it, every object would seem to be
removed, and a `destroy` would empty the state while everything continues to run elsewhere.
"""

from __future__ import annotations

import os

from causeway.engine.client import Config, Engine
from causeway.engine.faults import Fault

# The provider inputs with the ids of the engine and of the swarm that it manages; and the
# environment variable that confirms a move to another one.
ENGINE = "engineId"
SWARM = "swarmId"
MOVED = "CAUSEWAY_ENGINE_MOVED"


class OtherEngine(Fault):
    """The settings lead to another engine than the state's."""


def require_engine(engine: Engine, config: Config) -> str | None:
    """The engine's id. Raises OtherEngine when the state names another one."""
    wanted = config.get(ENGINE)
    info = engine.info
    found = str(info.get("ID") or "") or None
    if not wanted or not found or wanted == found or os.environ.get(MOVED) == found:
        return found
    raise OtherEngine(
        f"this is another engine: the stack's containers, networks and volumes are on the engine "
        f"with the id {wanted}, and {engine.host} leads to {info.get('Name') or 'one'} with the id "
        f"{found}\n"
        "  what to do: point DOCKER_HOST (or docker:host, docker:context) at the engine of the "
        f"stack; or, to continue with this one and leave everything there behind, set "
        f"{MOVED}={found} for one `pulumi up --refresh` or `pulumi destroy`"
    )


def swarm_of(engine: Engine) -> str | None:
    """The id of the swarm that the engine manages; None where it manages none."""
    cluster = (engine.info.get("Swarm") or {}).get("Cluster") or {}
    return str(cluster.get("ID") or "") or None


def kept_swarm(known: str | None, found: str | None) -> str | None:
    """The swarm id for the state: the first one, until CAUSEWAY_ENGINE_MOVED names another one."""
    return found if known is None or os.environ.get(MOVED) == found else known


def require_swarm(engine: Engine, config: Config) -> None:
    """Raises OtherEngine when the engine manages another swarm than the state's: in that swarm, the
    stack's services would seem to be removed although they still run."""
    wanted = config.get(SWARM)
    found = swarm_of(engine) if wanted else None
    if not wanted or not found or wanted == found or os.environ.get(MOVED) == found:
        return
    raise OtherEngine(
        f"this is another swarm: the stack's services are in the swarm with the id {wanted}, and "
        f"the engine at {engine.host} manages the one with the id {found}\n"
        "  what to do: point DOCKER_HOST at a manager of the stack's swarm; or, to continue with "
        f"this one, set {MOVED}={found} for one `pulumi up --refresh` or `pulumi destroy`"
    )
