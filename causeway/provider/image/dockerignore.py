"""Decides which files of a build context are sent: the rules of .dockerignore as documented.

A rule also covers everything below what it matches, and the last matching rule wins. As in BuildKit
and unlike in the classic client, `!**/name` also works below excluded folders.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field


class BadPattern(ValueError):
    """A line that is not a valid pattern; the text names the line and the reason."""


# What a step of a pattern matches; ONE is a single character.
ONE, CLASS, STAR, ANY, FOLDERS = "one", "class", "star", "any", "folders"


@dataclass(frozen=True, slots=True)
class Step:
    """One part of a pattern: `?`, a character or class, `*`, `**`, or the start of `**/`."""

    kind: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """One line: `exception` rules (`!`) include again what earlier rules excluded.

    All possible positions in the pattern are tracked at once, as a set: the time grows with the
    length of a path and not with the number of ways in which wildcards could match it.
    """

    pattern: str
    exception: bool
    steps: tuple[Step, ...]
    # (places, character) -> the places after it; places are positions, as the bits of a number.
    _moves: dict[tuple[int, str], int] = field(default_factory=dict, compare=False, repr=False)

    def covers(self, path: str) -> bool:
        """Whether the rule matches `path` or a folder above it."""
        end = 1 << len(self.steps)
        places = _opened(self.steps, 1)
        for character in path:
            if character == "/" and places & end:
                return True
            move = places, character
            if move not in self._moves:
                self._moves[move] = _moved(self.steps, places, character)
            places = self._moves[move]
            if not places:
                return False
        return bool(places & end)

    def may_match_below(self, folder: str) -> bool:
        """Whether something below `folder` could match; True where wildcards leave it open."""
        fixed = re.split(r"[*?\[\\]", self.pattern, maxsplit=1)[0]
        if fixed == self.pattern:
            return f"{self.pattern}/".startswith(f"{folder}/")
        return fixed.startswith(f"{folder}/") or f"{folder}/".startswith(fixed)


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of one file in order; paths are relative to the context and use `/`."""

    rules: tuple[Rule, ...] = ()

    def excludes(self, path: str) -> bool:
        """Whether `path` is excluded from the context."""
        excluded = False
        for rule in self.rules:
            if rule.exception == excluded and rule.covers(path):
                excluded = not rule.exception
        return excluded

    def enters(self, folder: str) -> bool:
        """Whether an excluded `folder` has to be searched because of an exception below it."""
        return any(rule.exception and rule.may_match_below(folder) for rule in self.rules)


def parse(text: str) -> Rules:
    """The rules in the text of a .dockerignore. Raises BadPattern with the line number."""
    found: list[Rule] = []
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), start=1):
        if line.startswith("#") or not line.strip():
            continue
        try:
            rule = _rule(line.strip())
        except BadPattern as error:
            raise BadPattern(f"line {number}: {error}") from None
        if rule:
            found.append(rule)
    return Rules(tuple(found))


def _rule(line: str) -> Rule | None:
    exception = line.startswith("!")
    pattern = line[1:].strip() if exception else line
    if not pattern:
        raise BadPattern("'!' must be followed by a pattern")
    # "/x", "./x", "x/" and "a/../x" all mean x at the context's root; "." and "/" match nothing.
    pattern = posixpath.normpath("/" + pattern).lstrip("/")
    if not pattern:
        return None
    return Rule(pattern, exception, tuple(_steps(pattern)))


def _opened(steps: tuple[Step, ...], places: int) -> int:
    """The places, with those that can be reached without another character."""
    for position, step in enumerate(steps):
        if places & 1 << position:
            if step.kind in (STAR, ANY):
                places |= 1 << position + 1
            elif step.kind == FOLDERS:  # `**/` is this, "any" and "/": all of it, or nothing
                places |= 1 << position + 1 | 1 << position + 3
    return places


def _moved(steps: tuple[Step, ...], places: int, character: str) -> int:
    """The places after one more character."""
    after = 0
    for position, step in enumerate(steps):
        if not places & 1 << position or step.kind == FOLDERS:
            continue
        if step.kind == ANY or (step.kind == STAR and character != "/"):
            after |= 1 << position
        elif step.kind != STAR and _takes(step, character):
            after |= 1 << position + 1
    return _opened(steps, after)


def _takes(step: Step, character: str) -> bool:
    if step.kind == CLASS:
        return bool(re.fullmatch(f"[{step.text}]", character))
    return character == step.text if step.text else character != "/"


def _steps(pattern: str) -> Iterator[Step]:
    """The steps of a pattern: `*` and `?` stop at `/`, `**` spans folders."""
    position = 0
    while position < len(pattern):
        character = pattern[position]
        position += 1
        if character == "*":
            if not pattern.startswith("*", position):
                yield Step(STAR)
                continue
            position += 1
            if pattern.startswith("/", position):
                position += 1
                yield from (Step(FOLDERS), Step(ANY), Step(ONE, "/"))
            else:
                yield Step(ANY)
        elif character == "?":
            yield Step(ONE)
        elif character == "[":
            end = _end_of_class(pattern, position)
            yield Step(CLASS, pattern[position:end])
            position = end + 1
        elif character == "\\":
            if position == len(pattern):
                raise BadPattern(f"{pattern!r} ends in a backslash")
            yield Step(ONE, pattern[position])
            position += 1
        else:
            yield Step(ONE, character)


def _end_of_class(pattern: str, start: int) -> int:
    """The position of the `]` that closes a class opened before `start`; checks the class."""
    end = start + 1 if pattern.startswith("^", start) else start
    first = end
    while end < len(pattern) and pattern[end] != "]":
        end += 2 if pattern[end] == "\\" else 1
    if end >= len(pattern) or end == first:
        raise BadPattern(f"{pattern!r} has a '[' without a ']'")
    try:
        re.compile(f"[{pattern[start:end]}]")
    except re.error as error:
        raise BadPattern(f"{pattern!r}: {error}") from None
    return end
