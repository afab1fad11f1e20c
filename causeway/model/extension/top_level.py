"""The keys allowed in the top-level `x-causeway`. Other modules define their meaning."""

from __future__ import annotations

from collections.abc import Iterator

from causeway.model.rule_context import known
from causeway.model.source import SourceIndex
from causeway.model.values import Problem

KEYS = ("never", "always", "flows")
OF_SERVICES = ("balance", "update")


def unknown_keys(extension: object, index: SourceIndex) -> Iterator[Problem]:
    """Problems with an `x-causeway` that is not a mapping or contains an unknown key."""
    if extension is None:
        return
    if not isinstance(extension, dict):
        yield Problem(
            index.place("x-causeway"), f"must be a mapping {known([*KEYS])}", code="not-a-mapping"
        )
        return
    for key in extension:
        if key in OF_SERVICES:
            message = f"{key!r} belongs under a service: `services.NAME.x-causeway.{key}`"
            yield Problem(index.place("x-causeway", key), message, code="key-of-service")
        elif key not in KEYS:
            yield Problem(
                index.place("x-causeway", key),
                f"unknown key {key!r} {known([*KEYS])}",
                code="unknown-key",
            )
