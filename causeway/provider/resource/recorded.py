"""Reads the resources in Pulumi's state with the CLI that started this plugin.

The state is read only where ownership depends on it: after a killed run, or when an object is in
the way. `pulumi stack export` takes no lock, needs no passphrase and works with every backend.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from causeway.state.identity import Origin

SECONDS = 120
# A state in a local file may be incomplete while Pulumi writes it.
_PAUSES = (0.2, 0.5, 1.5)


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource in the state; `leaves` says that its deletion is pending."""

    urn: str
    pending_delete: bool


@dataclass(frozen=True, slots=True)
class Recorded:
    """The resources of the state by the engine's id."""

    resources: Mapping[str, Resource]


def read(origin: Origin) -> Recorded | None:
    """The state of `origin`; None when it cannot be read or is not this run's state."""
    program = _program()
    if not program or not origin.identity:
        return None
    command = [program, "stack", "export", "--non-interactive", "--stack", origin.stack]
    for pause in (*_PAUSES, 0.0):
        try:
            done = subprocess.run(
                command, capture_output=True, stdin=subprocess.DEVNULL, timeout=SECONDS, check=False
            )
            if done.returncode == 0:
                return parse(done.stdout.decode(), origin.identity)
        except (OSError, subprocess.TimeoutExpired, ValueError):
            pass
        time.sleep(pause)
    return None


def parse(exported: str, identity: str) -> Recorded | None:
    """The resources in an exported state; None when it does not have this identity."""
    deployment = json.loads(exported).get("deployment") or {}
    found: dict[str, Resource] = {}
    is_this = False
    for each in deployment.get("resources") or []:
        if str(each.get("type", "")).startswith("pulumi:providers:"):
            is_this = is_this or each.get("id") == identity
        elif each.get("custom") and each.get("id"):
            entry = Resource(str(each["urn"]), bool(each.get("delete")))
            # Two resources may have one id: the one that stays counts.
            if each["id"] not in found or found[each["id"]].pending_delete:
                found[each["id"]] = entry
    return Recorded(found) if is_this else None


def _program() -> str:
    """The CLI that started this process, unless CAUSEWAY_PULUMI names another one."""
    if given := os.environ.get("CAUSEWAY_PULUMI"):
        return given
    try:
        found = os.readlink(f"/proc/{os.getppid()}/exe")
    except OSError:  # no /proc on this system
        return shutil.which("pulumi") or ""
    return found if Path(found).name.startswith("pulumi") else ""
