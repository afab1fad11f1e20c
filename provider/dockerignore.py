"""Which files of a build context are sent: the rules of .dockerignore as Docker documents them.

A rule also covers all that lies below what it matches, and the last rule that matches wins. Unlike
the classic client, `!**/name` is honoured below excluded folders too, as BuildKit does.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass

# Characters that mean something in a regular expression and nothing in a Docker pattern.
_LITERAL = frozenset("+()|{}$.^")


class BadPattern(ValueError):
    """A line that is no pattern; the text says which and why."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One line: `exception` rules (`!`) bring back what earlier ones left out."""

    pattern: str
    exception: bool
    expression: re.Pattern[str]

    def covers(self, path: str) -> bool:
        """Whether the rule matches `path` or a folder above it."""
        while path:
            if self.expression.fullmatch(path):
                return True
            path = posixpath.dirname(path)
        return False

    def may_match_below(self, folder: str) -> bool:
        """Whether something inside `folder` could match; wildcards count as a yes."""
        fixed = re.split(r"[*?\[\\]", self.pattern, maxsplit=1)[0]
        if fixed == self.pattern:
            return f"{self.pattern}/".startswith(f"{folder}/")
        return fixed.startswith(f"{folder}/") or f"{folder}/".startswith(fixed)


@dataclass(frozen=True, slots=True)
class Rules:
    """The lines of one file in their order; paths are relative to the context, with `/`."""

    rules: tuple[Rule, ...] = ()

    def excludes(self, path: str) -> bool:
        """Whether `path` stays out of the context."""
        excluded = False
        for rule in self.rules:
            if rule.exception == excluded and rule.covers(path):
                excluded = not rule.exception
        return excluded

    def enters(self, folder: str) -> bool:
        """Whether an excluded `folder` has to be looked into, for an exception below it."""
        return any(rule.exception and rule.may_match_below(folder) for rule in self.rules)


def parse(text: str) -> Rules:
    """The rules in a .dockerignore's text; raises BadPattern with the line's number."""
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
        raise BadPattern("'!' needs a pattern behind it")
    # "/x", "./x", "x/" and "a/../x" all mean x at the context's root; "." and "/" mean nothing.
    pattern = posixpath.normpath("/" + pattern).lstrip("/")
    if not pattern:
        return None
    return Rule(pattern, exception, re.compile(_expression(pattern), re.DOTALL))


def _expression(pattern: str) -> str:
    """The regular expression of a pattern: `*` and `?` stop at `/`, `**` spans folders."""
    result = ""
    position = 0
    while position < len(pattern):
        character = pattern[position]
        position += 1
        if character == "*":
            if not pattern.startswith("*", position):
                result += "[^/]*"
                continue
            position += 1
            if pattern.startswith("/", position):
                position += 1
                result += "(?:.*/)?"
            else:
                result += ".*"
        elif character == "?":
            result += "[^/]"
        elif character == "[":
            end = _end_of_class(pattern, position)
            result += f"[{pattern[position:end]}]"
            position = end + 1
        elif character == "\\":
            if position == len(pattern):
                raise BadPattern(f"{pattern!r} ends in a backslash")
            result += re.escape(pattern[position])
            position += 1
        else:
            result += "\\" + character if character in _LITERAL else character
    return result


def _end_of_class(pattern: str, start: int) -> int:
    """Where the `]` of a class that opens before `start` is; checks what is inside."""
    end = start + 1 if pattern.startswith("^", start) else start
    first = end
    while end < len(pattern) and pattern[end] != "]":
        end += 2 if pattern[end] == "\\" else 1
    if end >= len(pattern) or end == first:
        raise BadPattern(f"{pattern!r} has a '[' without its ']'")
    try:
        re.compile(f"[{pattern[start:end]}]")
    except re.error as error:
        raise BadPattern(f"{pattern!r}: {error}") from None
    return end
