"""Converts objects with Pulumi's keys to the Engine API's and back, by one table of keys.

A shape maps an input's key to the API's key and the form of its value: None for the same value, a
shape for an object, a one-element list of a shape for a list of objects, or a pair of functions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .durations import from_nanoseconds, to_nanoseconds

Functions = tuple[Callable[[Any], Any], Callable[[Any], Any]]
Shape = Mapping[str, tuple[str, Any]]


def to_api(shape: Shape, values: Mapping[str, Any]) -> dict[str, Any]:
    """The API's object, without values that are not set."""
    return {
        api: _convert(form, values[key], to_api, 0)
        for key, (api, form) in shape.items()
        if values.get(key) is not None
    }


def from_api(shape: Shape, found: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs that describe an API object, without empty values."""
    values = {
        key: _convert(form, found[api], from_api, 1)
        for key, (api, form) in shape.items()
        if found.get(api) not in (None, "", [], {})
    }
    return {key: value for key, value in values.items() if value not in (None, "", [], {})}


def _convert(form: Any, value: Any, walk: Callable[[Shape, Any], Any], way: int) -> Any:
    if form is None:
        return value
    if isinstance(form, tuple):
        return form[way](value)
    if isinstance(form, list):
        return [walk(form[0], item) for item in value]
    return walk(form, value)


def overlay(declared: Any, actual: Any) -> Any:
    """The declared value, with the actual value at every place that it declares."""
    if isinstance(declared, dict) and isinstance(actual, dict):
        return {
            key: overlay(value, actual[key]) if key in actual else _missing(value)
            for key, value in declared.items()
            if key in actual or _missing(value) is not None
        }
    if isinstance(declared, list) and isinstance(actual, list) and len(declared) == len(actual):
        return [overlay(one, other) for one, other in zip(declared, actual, strict=True)]
    return actual


def _missing(value: Any) -> Any:
    """The value of a declared input that the engine does not report: unchanged if it is empty."""
    return value if value in (None, "", [], {}, 0, False, "0s", "0.0") else None


def keys(shape: Shape, prefix: str = "") -> list[str]:
    """The dotted path of every input, for comparison with the SDK's classes."""
    found = []
    for key, (_, form) in shape.items():
        found.append(prefix + key)
        inner = form[0] if isinstance(form, list) else form
        if isinstance(inner, dict):
            found += keys(inner, f"{prefix}{key}.")
    return found


# --- forms that several shapes share --------------------------------------------------------------

DURATION: Functions = (to_nanoseconds, from_nanoseconds)
LABELS: Functions = (
    lambda items: {item["label"]: item["value"] for item in items},
    lambda found: [{"label": key, "value": value} for key, value in sorted(found.items())],
)
HOSTS: Functions = (
    # Swarm uses the form of /etc/hosts, with the address first.
    lambda items: [f"{item['ip']} {item['host']}" for item in items],
    lambda lines: [dict(zip(("ip", "host"), line.split(" ", 1), strict=True)) for line in lines],
)
ENVIRONMENT: Functions = (
    lambda pairs: [f"{key}={value}" for key, value in sorted(pairs.items())],
    lambda lines: dict(line.split("=", 1) for line in lines if "=" in line),
)
RATIO: Functions = (float, lambda value: f"{value:g}")
