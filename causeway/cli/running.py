"""The engine that a stack runs on, and the stack as it runs there."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from causeway.engine.address import Address, chosen
from causeway.engine.faults import FAILURES, Fault, explain
from causeway.model.errors import visible
from causeway.model.reach import EngineFacts
from causeway.model.values import Stack

from .problem import UsageError
from .settings import Settings

if TYPE_CHECKING:
    from causeway.engine.client import Engine
    from causeway.live.status import Status

# The client is imported where it is used: most commands ask no engine.


@contextmanager
def engine(wanted: Settings) -> Iterator[Engine]:
    """The engine that the stack or the environment names, until the end. As `connected`."""
    if wanted.has_hidden_material and not os.environ.get("DOCKER_TLS_VERIFY"):
        raise UsageError(
            "docker:caMaterial, docker:certMaterial and docker:keyMaterial are read by Pulumi "
            "alone\n  what to do: name a folder with ca.pem, cert.pem and key.pem in "
            "docker:certPath, or set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH"
        )
    with connected(wanted.provider) as api:
        yield api


@contextmanager
def connected(
    provider: Mapping[str, str], environment: Mapping[str, str] = os.environ
) -> Iterator[Engine]:
    """The engine that the provider's configuration or else the environment names.

    Raises UsageError when it does not answer, or refuses something, at first or later on.
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
    try:
        return chosen(provider, environment)
    except Fault as error:
        raise UsageError(str(error)) from None


def running(api: Engine, wanted: Settings, only: Collection[str] = ()) -> Status:
    """Raises UsageError when nothing of the stack runs, or none of the containers `only`."""
    from causeway.live.status import status, swarm_services

    if unread := swarm_services(api):
        names = visible(", ".join(unread))
        print(f"not read: Swarm services of this engine ({names})", file=sys.stderr)
    project = wanted.name.removesuffix(f"-{wanted.stack}")
    found = status(api, project, wanted.stack, only)
    if not wanted.stack or not found.containers:
        name = wanted.stack or wanted.name
        raise UsageError(f"no container of stack {name} runs on {meant_by(wanted.provider)}")
    return found


def read_live(wanted: Settings) -> tuple[Stack, EngineFacts]:
    """What runs as a stack of the model, and what its engine is like."""
    from causeway.live.status import engine_facts

    with engine(wanted) as api:
        return running(api, wanted).running, engine_facts(api)
