"""Keeps a test without the marker `engine` from starting what the marker stands for.

While such a test runs, an environment variable names a file. What starts an engine, a browser or a
copy of the project asks here first, in a child process too, which inherits the variable: it is
refused, and the line in the file fails the test even where something swallows the error.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

VARIABLE = "CAUSEWAY_TESTS_WITHOUT_ENGINE"
PROGRAMS = frozenset({"dockerd", "containerd", "docker-registry", "nsenter", "unshare"})
PLUGIN = "pulumi-resource-docker"
# Where engines listen; the servers of made-up answers listen in the folder of their test.
SOCKETS = ("/run/", "/var/run/")


class EngineStarted(BaseException):
    """A test without the marker did it; no `except Exception` may take it for a failure."""


def starts(what: str) -> None:
    """Say that `what` is about to be started. Raises EngineStarted where no engine is allowed."""
    file = os.environ.get(VARIABLE)
    if file is None:
        return
    with open(file, "a") as told:
        told.write(f"{what}\n")
    raise EngineStarted(f"{what}, in a test without the marker `engine`")


def _starts_program(program: str, variables: Mapping[str, str]) -> None:
    name = os.path.basename(program)
    if name in PROGRAMS and not _is_script(shutil.which(program, path=variables.get("PATH"))):
        starts(f"the program {name}")
    host = variables.get("DOCKER_HOST", "")
    if name == PLUGIN and (not host or _is_engine(host)):
        starts(f"the plugin for {host or 'the engine of this machine'}")


def _is_script(program: str | None) -> bool:
    """Whether this is a test's own stand-in for a program, or none at all."""
    if program is None:
        return True
    with open(program, "rb") as file:
        return file.read(2) == b"#!"


def _is_engine(host: str) -> bool:
    return host.removeprefix("unix://").startswith(SOCKETS)


def _heard(event: str, arguments: tuple[Any, ...]) -> None:
    """An audit hook of Python: it hears of each process and each connection."""
    if event not in ("subprocess.Popen", "socket.connect") or VARIABLE not in os.environ:
        return
    if event == "subprocess.Popen":
        _, words, _, environment = arguments
        first = words if isinstance(words, (str, bytes, os.PathLike)) else next(iter(words), "")
        _starts_program(os.fsdecode(first), os.environ if environment is None else environment)
    elif isinstance(arguments[1], (str, bytes)) and os.fsdecode(arguments[1]).startswith(SOCKETS):
        starts(f"a connection to {os.fsdecode(arguments[1])}")


def install() -> None:
    """Hear what this process starts; once, for a hook cannot be taken away."""
    sys.addaudithook(_heard)


class Watch:
    """What a test without the marker started, be it in a child process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._file = folder / "started"

    def begin(self) -> None:
        self._file.unlink(missing_ok=True)
        os.environ[VARIABLE] = str(self._file)

    def end(self) -> list[str]:
        os.environ.pop(VARIABLE, None)
        return self._file.read_text().splitlines() if self._file.exists() else []
