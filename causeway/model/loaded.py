"""The result of loading a stack: the stack and what belongs to it."""

from __future__ import annotations

from dataclasses import dataclass, field

from causeway.model.extension.assertions.parse import Assertions

from .source import SourceIndex
from .values import Problem, Stack


@dataclass(frozen=True, slots=True)
class Loaded:
    """A checked stack, the position of each of its keys, the assertions of its `x-causeway`, and
    the warnings for its author."""

    stack: Stack
    positions: SourceIndex
    assertions: Assertions = field(default_factory=Assertions)
    warnings: tuple[Problem, ...] = ()
