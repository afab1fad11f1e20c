"""The keys allowed in the top-level `x-causeway`. Other modules define their meaning."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from causeway.model.rule_context import known
from causeway.model.source import SourceIndex, Steps
from causeway.model.values import Problem

KEYS = ("never", "always", "flows")
OF_SERVICES = ("balance", "update")


SECTION = "x-causeway"
# The mappings of a service that can hold `x-` keys; below others, keys are the user's own names.
PARTS = ("build", "deploy", "develop", "healthcheck", "logging")
NAMED = ("services", "networks", "volumes", "secrets", "configs")


def misspelt_sections(index: SourceIndex) -> Iterator[Problem]:
    """Sections whose name nearly is `x-causeway`, and those at a place where nothing reads them:
    Compose allows any `x-` key, so a rule in one would silently be none."""
    for steps in index.entries:
        key = steps[-1]
        if not isinstance(key, str) or not key.startswith("x-") or not _is_section(steps):
            continue
        if key == SECTION:
            if len(steps) == 4 or (len(steps) == 3 and steps[0] not in ("services", "networks")):
                yield Problem(
                    index.place(*steps),
                    "nothing reads this section: `x-causeway` belongs at the top level, under a "
                    "service or under a network",
                    code="unread-section",
                )
        elif get_close_matches(key.lower(), [SECTION], cutoff=0.8):
            yield Problem(
                index.place(*steps),
                f"unknown section {key!r}; did you mean {SECTION!r}?",
                code="misspelt-section",
            )


def _is_section(steps: Steps) -> bool:
    """Whether the key stands where Compose allows `x-` keys, and not inside another such key."""
    if len(steps) == 1:
        return True
    if steps[0] not in NAMED or len(steps) not in (3, 4):
        return False
    return len(steps) == 3 or (steps[0] == "services" and steps[2] in PARTS)


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
