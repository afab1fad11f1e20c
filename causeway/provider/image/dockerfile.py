"""Finds what a Dockerfile needs BuildKit for, which the engine's classic builder is not.

Reports flags and here-documents that only BuildKit understands, with their line; no full parser.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_HEREDOC = re.compile(r"\d*<<-?[\"']?[A-Za-z_][\w.]*[\"']?")
_FLAG = re.compile(r"--([a-z-]+)(?:=\S*)?$")
# Instruction -> the flags that the classic builder supports; only these instructions are checked.
_CLASSIC_FLAGS: dict[str, frozenset[str]] = {
    "RUN": frozenset(),
    "COPY": frozenset({"chown", "from"}),
    "ADD": frozenset({"chown"}),
}


@dataclass(frozen=True, slots=True)
class Demand:
    """A use of a BuildKit feature: the 1-based line and the words that use it."""

    line: int
    words: str


def buildkit_demands(text: str) -> list[Demand]:
    """Everything in a Dockerfile that the classic builder does not support."""
    return [
        Demand(line, f"{instruction} {words}")
        for line, instruction, arguments in _instructions(text)
        for words in _demands(instruction, arguments.split())
    ]


def _demands(instruction: str, words: list[str]) -> Iterator[str]:
    known = _CLASSIC_FLAGS.get(instruction)
    if known is None:
        return
    flags = True
    for word in words:
        flag = _FLAG.match(word) if flags else None
        flags = flag is not None
        if flag and flag[1] not in known:
            yield f"--{flag[1]}"
        elif not flag and _HEREDOC.fullmatch(word):
            yield word


def _instructions(text: str) -> Iterator[tuple[int, str, str]]:
    """Line number, instruction in capitals and arguments, with continuation lines joined."""
    directive = re.match(r"(?:#[^\n]*\n)*?#\s*escape\s*=\s*(\S)", text.lower())
    escape = directive[1] if directive else "\\"
    first, gathered = 0, ""
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        first = first or number
        goes_on = stripped.endswith(escape)
        gathered += (stripped[:-1] if goes_on else stripped) + " "
        if goes_on:
            continue
        yield from _split(first, gathered)
        first, gathered = 0, ""
    yield from _split(first, gathered)


def _split(line: int, gathered: str) -> Iterator[tuple[int, str, str]]:
    instruction, _, arguments = gathered.strip().partition(" ")
    if instruction.upper() == "ONBUILD":
        instruction, _, arguments = arguments.strip().partition(" ")
    if instruction:
        yield line, instruction.upper(), arguments
