"""Pulumi as the commands start it: the project's own, waited for whatever Ctrl-C does."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from causeway.model.project import StackConfig

from .problem import UsageError


def pulumi_of(wanted: StackConfig) -> str:
    """The project's own Pulumi, else the one on the PATH."""
    own = Path(wanted.folder, ".venv", "bin", "pulumi")
    found = str(own) if own.exists() else shutil.which("pulumi")
    if found is None:
        raise UsageError("there is no pulumi here: run `make setup`")
    return found


def call(wanted: StackConfig, *arguments: str, config: Path | None = None) -> int:
    """Its exit code. At Ctrl-C it ends in its own way, since a killed one leaves its lock."""
    command = [pulumi_of(wanted), *arguments, "--stack", wanted.stack]
    if config is not None:
        command += ["--config-file", str(config)]
    with subprocess.Popen(command, cwd=wanted.folder) as process:
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:
                continue  # Pulumi was told by the terminal, too
