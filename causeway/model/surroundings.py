"""What a rule may ask about the world: where a key was written, and what exists on disk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath

from .source import SourceIndex
from .values import Place


@dataclass(frozen=True, slots=True)
class Surroundings:
    """`index` answers with places; the functions tell about absolute paths."""

    index: SourceIndex
    is_file: Callable[[str], bool]
    exists: Callable[[str], bool]
    unfit: Callable[[str], str | None]  # why a file that is there is not read
    unfit_content: Callable[[str], str | None]  # the same of a secret's or config's file


def known(names: list[str]) -> str:
    """The tail of a message about an unknown name: the names that there are."""
    return f"(known: {', '.join(sorted(names))})" if names else "(there are none)"


def line_in(other: Place, here: Place) -> str:
    """Where something else stands, seen from `here`: its line, with the file if another."""
    if other.file == here.file:
        return f"line {other.line}"
    return f"{PurePath(other.file).name}:{other.line}"
