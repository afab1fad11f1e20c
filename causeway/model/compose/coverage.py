"""Checks a loaded file against the support table, so that no key is ignored without a message."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from fnmatch import fnmatchcase

from causeway.model.document import text
from causeway.model.source import SourceIndex, Steps
from causeway.model.values import Problem

from .support import TABLE, Row

# The loader's output omits these or always contains them, so they are read from the user's files.
WRITTEN_ONLY = ("name", "version")


def uncovered(document: Mapping[str, object], index: SourceIndex) -> Iterator[Problem]:
    """A problem for every key that is rejected, ignored or unknown to the table."""
    for key in WRITTEN_ONLY:
        if index.has(key):
            yield _problem(TABLE[key], (key,), index)
    rest = {key: value for key, value in document.items() if key not in WRITTEN_ONLY}
    yield from _walk(rest, "", (), index)


def _walk(value: object, pattern: str, steps: Steps, index: SourceIndex) -> Iterator[Problem]:
    if isinstance(value, list):
        for position, item in enumerate(value):
            yield from _walk(item, f"{pattern}[]", (*steps, position), index)
    elif isinstance(value, dict):
        named = f"{pattern}.*" if pattern else "*"
        for key, item in value.items():
            own = f"{pattern}.{key}" if pattern else key
            if key.startswith("x-"):
                continue
            if named in PARENTS:
                yield from _walk(item, named, (*steps, key), index)
            elif own in TABLE:
                yield from _meet(TABLE[own], item, (*steps, key), index)
            elif pattern in PARENTS:
                yield Problem(index.place(*steps, key), unknown(key, pattern), code="unknown-key")


def unknown_written(index: SourceIndex) -> Iterator[Problem]:
    """Every written key that is not in the table; the loader reports only the first one."""
    for steps, entry in index.entries.items():
        if isinstance(steps[0], int) or (isinstance(steps[-1], str) and entry.path.endswith("]")):
            continue  # a list item, not a key
        pattern = _pattern(steps)
        if pattern is None or pattern in TABLE or str(steps[-1]).startswith("x-"):
            continue
        parent = pattern.rpartition(".")[0]
        if (parent in PARENTS or not parent) and f"{parent}.*" not in PARENTS:
            yield Problem(index.place(*steps), unknown(str(steps[-1]), parent), code="unknown-key")


def _pattern(steps: Steps) -> str | None:
    """The table path of a written key; None for items and for keys below user-defined ones."""
    pattern = ""
    for step in steps:
        if isinstance(step, int):
            pattern += "[]"
        elif f"{pattern}.*" in PARENTS:
            pattern += ".*"
        elif not pattern or pattern in PARENTS:
            pattern += f".{step}" if pattern else step
        else:
            return None
    return None if pattern.endswith(("[]", "*")) else pattern


def unknown(key: str, parent: str) -> str:
    """The message about an unknown key, with the closest known key."""
    siblings = [path.rpartition(".")[2] for path in TABLE if path.rpartition(".")[0] == parent]
    nearest = get_close_matches(key, siblings, n=1)
    return f"unknown key {key!r}" + (f" (did you mean {nearest[0]!r}?)" if nearest else "")


def _meet(row: Row, value: object, steps: Steps, index: SourceIndex) -> Iterator[Problem]:
    if row.status == "supported" and not row.values:
        if row.path in PARENTS or f"{row.path}[]" in PARENTS or f"{row.path}.*" in PARENTS:
            yield from _walk(value, row.path, steps, index)
        return
    if value is None or value == [] or value == {}:
        return
    if not row.values or not all(_among(item, row.values) for item in _scalars(value)):
        yield _problem(row, steps, index, value)


def _among(value: str, accepted: tuple[str, ...]) -> bool:
    return any(fnmatchcase(value, pattern) for pattern in accepted)


def _scalars(value: object) -> list[str]:
    if isinstance(value, list):
        return [found for item in value for found in _scalars(item)]
    return [""] if isinstance(value, dict) else [text(value) or ""]


def _problem(row: Row, steps: Steps, index: SourceIndex, value: object = None) -> Problem:
    place = index.place(*steps)
    key = row.path.rpartition(".")[2]
    what = key
    if row.values and not isinstance(value, dict | list):
        what = f"{key}: {text(value)}"
    reason = f": {row.reason}" if row.reason else ""
    if row.status == "ignored":
        return Problem(place, f"`{what}` is ignored{reason}", "warning", code="ignored-key")
    if row.status == "supported":
        known = ", ".join(row.values)
        return Problem(
            place,
            f"`{what}` is not supported (supported: {known}){reason}",
            code="unsupported-value",
        )
    return Problem(place, f"`{what}` is not supported{reason}", code="unsupported-key")


def _parents() -> frozenset[str]:
    """All prefixes of table paths: below these, only listed keys are allowed."""
    found = set()
    for path in TABLE:
        while True:
            head, separator, _ = path.rpartition(".")
            if not separator:
                break
            found.add(head)
            path = head
    return frozenset(found)


PARENTS = _parents()
