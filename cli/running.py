"""The engine that a stack runs on, and the running stack."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection
from typing import TYPE_CHECKING

from cli.problem import UsageError
from cli.settings import Settings
from model.errors import visible
from model.reach import EngineFacts
from model.values import Stack

if TYPE_CHECKING:
    from live.stack import Engine
    from live.status import Status

# `live` is imported where it is used: the Docker SDK loads slower than most commands run.


def engine(wanted: Settings) -> Engine:
    """The engine from the stack's `docker:host` or `docker:context`, else from DOCKER_HOST, else
    the local one."""
    from live.stack import EngineFault
    from live.stack import engine as connected

    if wanted.has_hidden_material and not os.environ.get("DOCKER_TLS_VERIFY"):
        raise UsageError(
            "only Pulumi can read docker:caMaterial, docker:certMaterial and docker:keyMaterial\n"
            "  what to do: name a folder with ca.pem, cert.pem and key.pem in docker:certPath, or "
            "set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH"
        )
    context = wanted.context if not wanted.host else ""
    try:
        return connected("" if context else host_of(wanted), wanted.certificates, context)
    except EngineFault as error:
        where = host_of(wanted) or "the default socket"
        raise UsageError(f"no engine answers at {where}: {error}") from None


def host_of(wanted: Settings) -> str:
    """The engine's address, or the name of the docker context."""
    if wanted.context and not wanted.host:
        return f"docker context {wanted.context}"
    return wanted.host or os.environ.get("DOCKER_HOST", "")


def running(api: Engine, wanted: Settings, only: Collection[str] = ()) -> Status:
    """Raises UsageError when no container of the stack, or none of those in `only`, runs."""
    from live.status import status, swarm_services

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


def read_live(wanted: Settings) -> tuple[Stack, EngineFacts]:
    """The running stack as a value of the model, and the facts about its engine."""
    from live.status import engine_facts

    api = engine(wanted)
    try:
        return running(api, wanted).running, engine_facts(api)
    finally:
        api.close()
