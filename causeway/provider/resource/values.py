"""What checks and comparisons of a resource's inputs answer with, as plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Values = dict[str, Any]
Change = Literal["update", "replace"]


@dataclass(frozen=True, slots=True)
class Failure:
    """An invalid input: its property path (`ports[0].internal`) and the problem."""

    path: str
    reason: str


@dataclass(slots=True)
class Diff:
    """The change that each property needs; `reason` explains a replacement and its order."""

    changes: dict[str, Change] = field(default_factory=dict)
    delete_before_replace: bool = False
    reason: str | None = None

    @property
    def replaces(self) -> list[str]:
        return [name for name, change in self.changes.items() if change == "replace"]


def changed(old: Values, new: Values) -> list[str]:
    """The properties whose values differ, sorted; a missing property equals None."""
    return sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
