"""The one exception of the program and the wording of problems.

Exceptions hold data; `render` alone turns problems into text, with paths shortened
when they lie below the current folder.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePath

from .values import Problem

# Control characters, marks and overrides of the direction of writing, halves of characters.
_HIDDEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)


class CausewayError(Exception):
    """Root of everything that Causeway raises on purpose."""

    def __str__(self) -> str:
        return visible(super().__str__())


class StackError(CausewayError):
    """A stack that cannot be declared; `problems` holds every finding once, sorted by place."""

    def __init__(self, problems: Iterable[Problem], base: str = "") -> None:
        self.problems = tuple(sorted(set(problems)))
        self.base = base
        super().__init__(self.problems)

    def __str__(self) -> str:
        return render(self.problems, self.base)


def render(problems: Iterable[Problem], base: str = "") -> str:
    """One line a problem, sorted by place: `file:line: key.path: message`."""
    return "\n".join(line_of(problem, base) for problem in sorted(problems))


def line_of(problem: Problem, base: str = "") -> str:
    """A problem as one line, its witness below it; paths below `base` are relative to it."""
    place = problem.place
    parts = []
    if place.file:
        file = shorten(place.file, base)
        parts.append(f"{file}:{place.line}" if place.line else file)
    if place.path:
        parts.append(place.path)
    parts = [visible(part).replace("\n", "\\n") for part in parts]
    text = "warning: " if problem.severity == "warning" else ""
    line = ": ".join([*parts, text + visible(" ".join(problem.message.split()))])
    return "\n".join([line, *(f"    {visible(each)}" for each in problem.witness)])


def shorten(file: str, base: str) -> str:
    """`file` relative to the folder `base` when it lies below it, else unchanged."""
    path = PurePath(file)
    return str(path.relative_to(base)) if base and path.is_relative_to(base) else file


def visible(text: str) -> str:
    """The text with what would steer a terminal, or turn letters round, as `\\x1b` or `\\u202e`.

    Names, an engine's answers and the output of containers may hold such. Newlines and tabs stay.
    """
    return _HIDDEN.sub(_spelled, text.replace("\r\n", "\n"))


def _spelled(found: re.Match[str]) -> str:
    # JSON knows the second form: what is printed as JSON stays JSON.
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x20 else f"\\u{code:04x}"
