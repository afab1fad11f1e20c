"""What Pulumi's state holds, read through the CLI that started this plugin.

Asked only where it decides over somebody's container: after a killed run, or when something is in
the way. `pulumi stack export` takes no lock, needs no passphrase and works for every backend.
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
# A state in a local file may be half written just when it is read.
_PAUSES = (0.2, 0.5, 1.5)


@dataclass(frozen=True, slots=True)
class Resource:
    """`leaves` says that the state holds it only until it is deleted."""

    urn: str
    leaves: bool


@dataclass(frozen=True, slots=True)
class Recorded:
    """The resources of the state by the engine's id."""

    resources: Mapping[str, Resource]


def read(origin: Origin) -> Recorded | None:
    """The state of `origin`; None when it cannot be read or is another one than this run's."""
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
    """The resources in an exported state; None when it is not the one with this identity."""
    deployment = json.loads(exported).get("deployment") or {}
    found: dict[str, Resource] = {}
    is_this = False
    for each in deployment.get("resources") or []:
        if str(each.get("type", "")).startswith("pulumi:providers:"):
            is_this = is_this or each.get("id") == identity
        elif each.get("custom") and each.get("id"):
            entry = Resource(str(each["urn"]), bool(each.get("delete")))
            # An id may stand for two: the one that stays counts.
            if each["id"] not in found or found[each["id"]].leaves:
                found[each["id"]] = entry
    return Recorded(found) if is_this else None


def _program() -> str:
    """The CLI whose plugin this process is; CAUSEWAY_PULUMI names another one."""
    if given := os.environ.get("CAUSEWAY_PULUMI"):
        return given
    try:
        found = os.readlink(f"/proc/{os.getppid()}/exe")
    except OSError:  # no /proc on this system
        return shutil.which("pulumi") or ""
    return found if Path(found).name.startswith("pulumi") else ""
