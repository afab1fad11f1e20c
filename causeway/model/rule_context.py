"""What a rule can look up: where a key was written, and what exists on disk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath

from .source import SourceIndex
from .values import Place


@dataclass(frozen=True, slots=True)
class RuleContext:
    """`index` gives places; the functions take absolute paths."""

    index: SourceIndex
    is_file: Callable[[str], bool]
    exists: Callable[[str], bool]
    unfit: Callable[[str], str | None]  # why an existing file is not read
    unfit_content: Callable[[str], str | None]  # the same for the file of a secret or config
    files_in: Callable[[str], tuple[str, ...] | None]  # all files below a folder


def known(names: list[str]) -> str:
    """The end of a message about an unknown name: the known names."""
    return f"(known: {', '.join(sorted(names))})" if names else "(there are none)"


def line_in(other: Place, here: Place) -> str:
    """The line of another place, with the file name if it differs from that of `here`."""
    if other.file == here.file:
        return f"line {other.line}"
    return f"{PurePath(other.file).name}:{other.line}"
