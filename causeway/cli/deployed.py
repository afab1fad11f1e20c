"""The record of a stack's last update, read from Pulumi's state in any backend."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

from causeway.contract import REACH_OUTPUT, STACK_TYPE
from causeway.model.document import mapping, sequence
from causeway.model.reach.record import restore
from causeway.model.values import Stack

from .problem import UsageError

TIMEOUT_SECONDS = 120


def deployed(folder: Path, stack: str) -> Stack:
    """Raises UsageError when the state cannot be read or holds no record."""
    found = in_state(exported(folder, stack))
    if found is None:
        raise UsageError(
            f"stack {stack} has no record of its reach yet: run `pulumi up` to write one"
        )
    return found


def exported(folder: Path, stack: str) -> str:
    """The state as `pulumi stack export` writes it. Raises UsageError when it cannot be read."""
    beside = Path(sys.executable).parent / "pulumi"
    program = str(beside) if beside.is_file() else shutil.which("pulumi")
    if program is None:
        raise UsageError("no `pulumi` in .venv or on PATH: run `make setup`")
    command = [program, "stack", "export", "--stack", stack, "--non-interactive"]
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, check=False, timeout=TIMEOUT_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UsageError(f"{program}: {error}") from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()
        raise UsageError(f"the state of stack {stack} cannot be read: {said}")
    return done.stdout.decode()


def in_state(exported: str) -> Stack | None:
    """The record in an exported state, or None."""
    deployment = mapping(mapping(json.loads(exported)).get("deployment"))
    for each in sequence(deployment.get("resources")):
        resource = mapping(each)
        if resource.get("type") == STACK_TYPE:
            written = mapping(resource.get("outputs")).get(REACH_OUTPUT)
            return restore(written) if isinstance(written, str) else None
    return None
