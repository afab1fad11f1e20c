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
        before=remembered(_place(os.environ, folder), project, stack, known)
        if stack
        else frozenset(),
    )


def state_home(environment: Mapping[str, str] = os.environ) -> Path:
    """The folder of the journals, in the user's state folder."""
    given = environment.get("XDG_STATE_HOME") or f"{environment.get('HOME') or '~'}/.local/state"
    return Path(given).expanduser() / "causeway"


def remembered(place: str, project: str, stack: str, identity: str) -> frozenset[str]:
    """The identities that the state in one place has had; adds `identity` to them."""
    if not place or not stack:
        return frozenset()
    key = hashlib.sha256(f"{place}\n{project}\n{stack}".encode()).hexdigest()[:32]
    file = state_home() / "states" / f"{key}.json"
    try:
        known = frozenset(map(str, json.loads(file.read_text(encoding="utf-8"))["identities"]))
    except (OSError, ValueError, KeyError, TypeError):
        known = frozenset()
    if identity and identity not in known:
        known |= {identity}
        content = {"place": place, "project": project, "stack": stack, "identities": sorted(known)}
        with suppress(OSError):  # without it, `up` after `destroy` does not recognise the kept data
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            unfinished = file.with_name(f"{file.name}.{os.getpid()}")
            unfinished.write_text(json.dumps(content), encoding="utf-8")
            unfinished.replace(file)
    return known


def _place(environment: Mapping[str, str], folder: Path) -> str:
    """The backend that holds the state, as far as local files say; empty if unknown."""
    url = environment.get("PULUMI_BACKEND_URL") or _declared(folder) or _logged_in(environment)
    if url.startswith("file://"):
        return f"file://{(folder / Path(url.removeprefix('file://')).expanduser()).resolve()}"
    return url


def _declared(folder: Path) -> str:
    """`backend: url:` of the nearest Pulumi.yaml in the folder or above it."""
    for each in (folder, *folder.parents):
        with suppress(OSError):
            lines = (each / "Pulumi.yaml").read_text(encoding="utf-8").splitlines()
            found = [line for line in lines if line.startswith((" ", "\t")) and " url:" in line]
            return found[0].partition("url:")[2].strip(" \"'") if found else ""
    return ""


def _logged_in(environment: Mapping[str, str]) -> str:
    home = environment.get("PULUMI_HOME") or f"{environment.get('HOME') or '~'}/.pulumi"
    try:
        text = (Path(home).expanduser() / "credentials.json").read_text(encoding="utf-8")
        return str(json.loads(text).get("current") or "")
    except (OSError, ValueError, AttributeError):
        return ""


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
