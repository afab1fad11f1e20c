"""Reads the keys of an `x-causeway` section with a table: checks each value, locates each error.

The Compose loader does not check anything below `x-`, so every value is checked here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches

from causeway.model.rule_context import known
from causeway.model.source import SourceIndex, Step
from causeway.model.units import seconds
from causeway.model.values import Problem

Reader = Callable[[object], object]
FIRST_PORT, LAST_PORT = 1, 65535


class Wrong(Exception):
    """An invalid value; the text says what is expected."""


def section(
    value: object,
    table: Mapping[str, Reader],
    steps: tuple[Step, ...],
    index: SourceIndex,
    problems: list[Problem],
) -> dict[str, object]:
    """The known keys with their parsed values; every error is added to `problems`."""
    if not isinstance(value, dict):
        problems.append(
            Problem(
                index.place(*steps), f"must be a mapping {known([*table])}", code="not-a-mapping"
            )
        )
        return {}
    found: dict[str, object] = {}
    for key, item in value.items():
        place = index.place(*steps, key)
        if key not in table:
            near = get_close_matches(key, table, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            problems.append(
                Problem(place, f"unknown key {key!r} {known([*table])}{hint}", code="unknown-key")
            )
            continue
        try:
            found[key] = table[key](item)
        except Wrong as wrong:
            problems.append(Problem(place, str(wrong), code="wrong-value"))
    return found


def one_of(*words: str) -> Reader:
    """One of the given words."""

    def read(value: object) -> str:
        if value not in words:
            raise Wrong(f"{_shown(value)} is not one of {', '.join(words)}")
        return str(value)

    return read


def integer_between(least: int, most: int, what: str) -> Reader:
    """A whole number within bounds; `what` describes it."""

    def read(value: object) -> int:
        text = str(value)
        if not (text.isascii() and text.isdigit() and len(text) < 10 and least <= int(text)):
            raise Wrong(f"{_shown(value)} is not {what} ({least} to {most})")
        if int(text) > most:
            raise Wrong(f"{_shown(value)} is not {what} ({least} to {most})")
        return int(text)

    return read


port = integer_between(FIRST_PORT, LAST_PORT, "a port")


def duration(least: int) -> Reader:
    """A duration such as `5s` in whole seconds; a plain number counts seconds."""

    def read(value: object) -> int:
        text = str(value)
        try:
            plain = text.isascii() and text.isdigit()
            found = float(text) if plain else seconds(text)
        except ValueError:
            raise Wrong(f"{_shown(value)} is not a duration such as 5s or 1m30s") from None
        if not least <= found <= 86400 or found != int(found):
            raise Wrong(f"{_shown(value)} is not a number of whole seconds from {least}s to 24h")
        return int(found)

    return read


def flag(value: object) -> bool:
    """A boolean; a value from a variable arrives as text."""
    if value in (True, "true"):
        return True
    if value in (False, "false"):
        return False
    raise Wrong(f"{_shown(value)} is neither true nor false")


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return repr(str(value).lower())
    if isinstance(value, dict | list) or value is None:
        return "this value" if value else "an empty value"
    return repr(str(value))
