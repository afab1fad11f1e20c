"""Paths as they enter the state: relative inside the project, so that a checkout may move."""

from __future__ import annotations

from pathlib import Path

GENERATED = ".causeway"


def portable(path: str) -> str:
    """`path` relative to the working directory (Pulumi's project folder) where it lies in it."""
    here = Path.cwd()
    absolute = (here / path).resolve()
    if absolute.is_relative_to(here.resolve()):
        return str(absolute.relative_to(here.resolve()))
    return str(absolute)


def generated(name: str, text: str) -> str:
    """Write `text` to a file in the project's ignored folder and return its path."""
    folder = Path.cwd() / GENERATED
    folder.mkdir(exist_ok=True)
    path = folder / name
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
    return f"{GENERATED}/{name}"
