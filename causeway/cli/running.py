"""The engine that a stack runs on, and the running stack."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection
from typing import TYPE_CHECKING

from causeway.model.errors import visible
from causeway.model.project import StackConfig
from causeway.model.reach import EngineFacts
from causeway.model.values import Stack

from .problem import UsageError

if TYPE_CHECKING:
    from causeway.live.stack import Engine
    from causeway.live.status import Status

# `live` is imported where it is used: the Docker SDK loads slower than most commands run.


def engine(wanted: StackConfig) -> Engine:
    """The engine from the stack's `docker:host` or `docker:context`, else from DOCKER_HOST, else
    the local one."""
    from causeway.live.stack import EngineFault
    from causeway.live.stack import engine as connected

    if wanted.engine.has_hidden_material and not os.environ.get("DOCKER_TLS_VERIFY"):
        raise UsageError(
            "only Pulumi can read docker:caMaterial, docker:certMaterial and docker:keyMaterial\n"
            "  what to do: name a folder with ca.pem, cert.pem and key.pem in docker:certPath, or "
            "set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH"
        )
    context = wanted.engine.context if not wanted.engine.host else ""
    try:
        return connected("" if context else host_of(wanted), wanted.engine.certificates, context)
    except EngineFault as error:
        where = host_of(wanted) or "the default socket"
        raise UsageError(f"no engine answers at {where}: {error}") from None


def host_of(wanted: StackConfig) -> str:
    """The engine's address, or the name of the docker context."""
    if wanted.engine.context and not wanted.engine.host:
        return f"docker context {wanted.engine.context}"
    return wanted.engine.host or os.environ.get("DOCKER_HOST", "")


def running(api: Engine, wanted: StackConfig, only: Collection[str] = ()) -> Status:
    """Raises UsageError when no container of the stack, or none of those in `only`, runs."""
    from causeway.live.status import status, swarm_services

    if unread := swarm_services(api):
        names = visible(", ".join(unread))
        print(f"ignored: Swarm services of this engine ({names})", file=sys.stderr)
    project = wanted.name.removesuffix(f"-{wanted.stack}")
    found = status(api, project, wanted.stack, only)
    if not wanted.stack or not found.containers:
        name = wanted.stack or wanted.name
        where = host_of(wanted) or "the local engine"
        raise UsageError(f"no container of stack {name} runs on {where}")
    return found


def read_live(wanted: StackConfig) -> tuple[Stack, EngineFacts]:
    """The running stack as a value of the model, and the facts about its engine."""
    from causeway.live.status import engine_facts

    api = engine(wanted)
    try:
        return running(api, wanted).running, engine_facts(api)
    finally:
        api.close()
