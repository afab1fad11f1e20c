"""Typed access to the loader's canonical output; no untyped value passes beyond this module.

Every scalar except `true`, `false` and `null` arrives as text, exactly as the loader wrote
it, so no second YAML dialect reinterprets it. The loader has validated the types.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .values import Pairs


def mapping(value: object) -> Mapping[str, object]:
    """A mapping; empty if null or absent."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise TypeError(f"expected a mapping, found {value!r}")
    return value


def sequence(value: object) -> Sequence[object]:
    """A sequence; empty if null or absent."""
    if value is None:
        return ()
    if not isinstance(value, list):
        raise TypeError(f"expected a sequence, found {value!r}")
    return value


def text(value: object) -> str | None:
    """A scalar as text; null stays None, booleans are "true" and "false"."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None or isinstance(value, str):
        return value
    raise TypeError(f"expected a scalar, found {value!r}")


def required_text(value: object) -> str:
    """A scalar that the loader guarantees; null becomes an empty string."""
    return text(value) or ""


def integer(value: object) -> int | None:
    """A whole number."""
    found = text(value)
    return None if found is None else int(found)


def boolean(value: object) -> bool | None:
    """A boolean."""
    if value is None or isinstance(value, bool):
        return value
    raise TypeError(f"expected a boolean, found {value!r}")


def strings(value: object) -> tuple[str, ...]:
    """A sequence of scalars as strings, in the order written."""
    return tuple(required_text(item) for item in sequence(value))


def pairs(value: object) -> Pairs:
    """A mapping of scalars, sorted by key; null becomes an empty string."""
    return tuple(sorted((key, required_text(item)) for key, item in mapping(value).items()))
