"""The engine that a stack runs on, and the running stack."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from causeway.engine.faults import FAILURES, Fault, explain
from causeway.model.errors import visible
from causeway.model.project import StackConfig
from causeway.model.reach import EngineFacts
from causeway.model.values import Stack

from .problem import UsageError

if TYPE_CHECKING:
    from causeway.engine.address import Address
    from causeway.engine.client import Engine
    from causeway.live.status import Status

# The client is imported where it is used: most commands ask no engine.


@contextmanager
def engine(wanted: StackConfig) -> Iterator[Engine]:
    """The engine of the stack, else that of the environment; as `connected`."""
    if wanted.engine.has_hidden_material and not os.environ.get("DOCKER_TLS_VERIFY"):
        raise UsageError(
            "only Pulumi can read docker:caMaterial, docker:certMaterial and docker:keyMaterial\n"
            "  what to do: name a folder with ca.pem, cert.pem and key.pem in docker:certPath, or "
            "set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH"
        )
    with connected(wanted.engine.provider) as api:
        yield api


@contextmanager
def connected(
    provider: Mapping[str, str], environment: Mapping[str, str] = os.environ
) -> Iterator[Engine]:
    """A connection to the engine of the provider's configuration, else of the environment.

    Raises UsageError when it does not answer or rejects a call.
    """
    from causeway.engine.client import Engine

    meant = meant_by(provider, environment)
    try:
        with closing(Engine(meant.host, dict(provider), meant.context)) as api:
            yield api
    except FAILURES as error:
        raise UsageError(explain(error, str(meant))) from None


def meant_by(provider: Mapping[str, str], environment: Mapping[str, str] = os.environ) -> Address:
    """The engine's address. Raises UsageError for a docker context that cannot be read."""
    from causeway.engine.address import chosen

    try:
        return chosen(provider, environment)
    except Fault as error:
        raise UsageError(str(error)) from None


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
        raise UsageError(f"no container of stack {name} runs on {meant_by(wanted.engine.provider)}")
    return found


def read_live(wanted: StackConfig) -> tuple[Stack, EngineFacts]:
    """The running stack as a value of the model, and the facts about its engine."""
    from causeway.live.status import engine_facts

    with engine(wanted) as api:
        return running(api, wanted).running, engine_facts(api)
