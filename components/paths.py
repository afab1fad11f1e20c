"""Paths as the state stores them: relative inside the project, so that a checkout can move; and
generated files for the plugin, which only their owner can read."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from causeway.contract import FOLDER


def portable(path: str) -> str:
    """`path` relative to the working directory (Pulumi's project folder) if it is inside."""
    here = Path.cwd()
    absolute = (here / path).resolve()
    if absolute.is_relative_to(here.resolve()):
        return str(absolute.relative_to(here.resolve()))
    return str(absolute)


def generated(name: str, text: str) -> str:
    """Write `text` to a file in the project's ignored folder and return its path. Only the owner
    can read it, because it may hold a secret; another preview sees the old file or the new one."""
    folder = Path.cwd() / FOLDER
    folder.mkdir(exist_ok=True)
    path = folder / name
    if path.exists() and path.stat().st_mode & 0o077 == 0 and path.read_bytes() == text.encode():
        return f"{FOLDER}/{name}"
    handle, unfinished = tempfile.mkstemp(dir=folder)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        Path(unfinished).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(unfinished).unlink()
        raise
    return f"{FOLDER}/{name}"
