"""Values as indented text: one line a field, fields at their default left out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import Any

from causeway.model.values import Stack

# Shown by name, since every value has one and lines move with each edit of a case.
LEFT_OUT = ("place",)


def rendered(stack: Stack) -> str:
    return "\n".join(_lines(stack, "")) + "\n"


def _lines(value: Any, indent: str) -> Iterator[str]:
    yield f"{indent}{type(value).__name__}"
    for each in fields(value):
        found = getattr(value, each.name)
        if each.name in LEFT_OUT or found == _default(each):
            continue
        if is_dataclass(found):
            yield f"{indent}  {each.name}:"
            yield from _lines(found, indent + "    ")
        elif isinstance(found, tuple) and found and is_dataclass(found[0]):
            yield f"{indent}  {each.name}:"
            for item in found:
                yield from _lines(item, indent + "    ")
        else:
            yield f"{indent}  {each.name}: {found!r}"


def _default(each: Field[Any]) -> Any:
    if each.default_factory is not MISSING:
        return each.default_factory()
    return each.default
