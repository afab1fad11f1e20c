"""The identity of Pulumi's state that this run works for, and the checkout.

The identity is the id of the provider in the state: random, generated with the first update, and
unchanged when the stack or resources are renamed. A state that `destroy` has emptied gets another
one, so the earlier identities of each stack are remembered, for the data that `destroy` kept.
"""

from __future__ import annotations

import getpass
import hashlib
import json
import os
import socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from .backend import place

_UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


@dataclass(frozen=True, slots=True)
class Origin:
    """`identity` is empty in the preview of a first update; `before` are the earlier identities of
    the stack's state. `checkout` is `user@host:folder`; `stack` and `project` are names."""

    identity: str = ""
    stack: str = ""
    project: str = ""
    checkout: str = ""
    before: frozenset[str] = frozenset()


def origin(identity: str, urn: str) -> Origin:
    """The origin for a provider with this id and URN, in this process's folder and environment."""
    head = urn.split("::")
    stack = head[0].rpartition(":")[2] if len(head) > 1 else ""
    project = head[1] if len(head) > 1 else ""
    known = "" if identity == _UNKNOWN else identity
    folder = Path.cwd()
    return Origin(
        identity=known,
        stack=stack,
        project=project,
        checkout=f"{_user()}@{socket.gethostname()}:{folder}",
        before=_noted(place(os.environ, folder), project, stack, known) if stack else frozenset(),
    )


def state_home(environment: Mapping[str, str] = os.environ) -> Path:
    """The folder of the journals, in the user's state folder."""
    given = environment.get("XDG_STATE_HOME") or f"{environment.get('HOME') or '~'}/.local/state"
    return Path(given).expanduser() / "causeway"


def remembered(place: str, project: str, stack: str) -> frozenset[str]:
    """The identities that the state in one place has had, as far as this machine knows."""
    try:
        noted = json.loads(_file(place, project, stack).read_text(encoding="utf-8"))
        return frozenset(map(str, noted["identities"]))
    except (OSError, ValueError, KeyError, TypeError):
        return frozenset()


def _noted(place: str, project: str, stack: str, identity: str) -> frozenset[str]:
    """The same, this one noted among them."""
    if not place or not stack:
        return frozenset()
    known = remembered(place, project, stack)
    if identity and identity not in known:
        known |= {identity}
        content = {"place": place, "project": project, "stack": stack, "identities": sorted(known)}
        file = _file(place, project, stack)
        with suppress(OSError):  # without it, `up` after `destroy` does not recognise the kept data
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            unfinished = file.with_name(f"{file.name}.{os.getpid()}")
            unfinished.write_text(json.dumps(content), encoding="utf-8")
            unfinished.replace(file)
    return known


def _file(place: str, project: str, stack: str) -> Path:
    key = hashlib.sha256(f"{place}\n{project}\n{stack}".encode()).hexdigest()[:32]
    return state_home() / "states" / f"{key}.json"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
