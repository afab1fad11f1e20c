"""Starts the project's Pulumi for a command, and waits for it even after Ctrl-C."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from causeway.model.project import StackConfig

from .problem import UsageError


def pulumi_of(wanted: StackConfig) -> str:
    """The project's own Pulumi, else the one on PATH."""
    own = Path(wanted.folder, ".venv", "bin", "pulumi")
    found = str(own) if own.exists() else shutil.which("pulumi")
    if found is None:
        raise UsageError("no `pulumi` in .venv or on PATH: run `make setup`")
    return found


def call(wanted: StackConfig, *arguments: str, config: Path | None = None) -> int:
    """Returns the exit code. Ctrl-C lets Pulumi end by itself: killed, it would leave its lock."""
    command = [pulumi_of(wanted), *arguments, "--stack", wanted.stack]
    if config is not None:
        command += ["--config-file", str(config)]
    with subprocess.Popen(command, cwd=wanted.folder) as process:
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:
                continue  # the terminal has interrupted Pulumi, too
