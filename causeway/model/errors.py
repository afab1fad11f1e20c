"""The root exception of the program, and the text form of problems.

Exceptions hold data; `render` alone turns problems into text, with paths shortened
when they are below the current folder.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePath

from .values import Problem

# Control characters, bidirectional text marks and overrides, and surrogates.
_HIDDEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)


class CausewayError(Exception):
    """Root of all exceptions that Causeway raises deliberately."""

    def __str__(self) -> str:
        return visible(super().__str__())


class StackError(CausewayError):
    """A stack that cannot be deployed; `problems` holds every finding once, sorted by place. As
    text, it is its errors: whoever shows it shows `warnings` on their own."""

    def __init__(self, problems: Iterable[Problem], base: str = "") -> None:
        self.problems = tuple(sorted(set(problems)))
        self.base = base
        super().__init__(self.problems)

    def __str__(self) -> str:
        return render((each for each in self.problems if each.severity == "error"), self.base)

    @property
    def warnings(self) -> tuple[str, ...]:
        """The warnings beside the errors, a line each, without the word."""
        found = (each for each in self.problems if each.severity == "warning")
        return tuple(line_of(each, self.base, named=False) for each in found)


def render(problems: Iterable[Problem], base: str = "") -> str:
    """One line per problem, sorted by place: `file:line: key.path: message`."""
    return "\n".join(line_of(problem, base) for problem in sorted(problems))


def line_of(problem: Problem, base: str = "", *, named: bool = True) -> str:
    """A problem as one line, with its witness below it; paths below `base` are relative to it. A
    warning is called one, unless whoever shows it says so (`named` is false)."""
    place = problem.place
    parts = []
    if place.file:
        file = shorten(place.file, base)
        parts.append(f"{file}:{place.line}" if place.line else file)
    if place.path:
        parts.append(place.path)
    parts = [visible(part).replace("\n", "\\n") for part in parts]
    text = "warning: " if named and problem.severity == "warning" else ""
    line = ": ".join([*parts, text + visible(" ".join(problem.message.split()))])
    return "\n".join([line, *(f"    {visible(each)}" for each in problem.witness)])


def shorten(file: str, base: str) -> str:
    """`file` relative to the folder `base` if it is below it, else unchanged."""
    path = PurePath(file)
    return str(path.relative_to(base)) if base and path.is_relative_to(base) else file


def visible(text: str) -> str:
    """The text with characters that control a terminal or the text direction escaped, such as
    `\\x1b` or `\\u202e`.

    Names, engine responses and container output may contain such characters. Newlines and tabs
    are kept.
    """
    return _HIDDEN.sub(_spelled, text.replace("\r\n", "\n"))


def _spelled(found: re.Match[str]) -> str:
    # The second form is valid in JSON, so JSON output stays valid.
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x20 else f"\\u{code:04x}"
