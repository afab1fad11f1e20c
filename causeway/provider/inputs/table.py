"""The table of a resource type's supported and rejected inputs, and the check against it.

A table maps input paths (`build.cacheFrom.images`) to "honoured" or "refused: REASON". An input
that is not in the table is a mistake in the program and also rejected: nothing is silently ignored.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

from causeway.provider.resource.values import Failure

from .plain import UNKNOWN

HONOURED = "honoured"
# Values that have no effect, whatever the input.
_NOTHING: tuple[Any, ...] = (None, False, "", "false", [], {})


def refusals(values: dict[str, Any], table: dict[str, str]) -> list[Failure]:
    """One failure for each input that is rejected or does not exist."""
    found: list[Failure] = []
    for path, value in _walk(values, ""):
        key = re.sub(r"\[\d+\]", "", path)
        verdict = table.get(key)
        if verdict is None:
            if not any(known.startswith(f"{key}.") for known in table) and not _free(key, table):
                found.append(Failure(path, f"there is no such input{_meant(key, table)}"))
        elif verdict != HONOURED and value not in _NOTHING:
            found.append(Failure(path, verdict.removeprefix("refused: ")))
    return found


def _walk(values: dict[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        path = f"{prefix}{name}"
        yield path, value
        if value is UNKNOWN:
            continue
        if isinstance(value, dict):
            yield from _walk(value, f"{path}.")
        elif isinstance(value, list):
            for index, item in enumerate(value):
                if isinstance(item, dict):
                    yield from _walk(item, f"{path}[{index}].")


def _free(key: str, table: dict[str, str]) -> bool:
    """Whether the key is in a map that accepts any keys (`build.args.VERSION`) or is rejected."""
    above = key
    while "." in above:
        above = above.rsplit(".", 1)[0]
        if above in table:
            return True
    return False


def _meant(key: str, table: dict[str, str]) -> str:
    close = get_close_matches(key, table, n=1)
    return f" (did you mean {close[0]}?)" if close else ""
