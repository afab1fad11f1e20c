"""What loading the files of a stack gives, besides the stack itself."""

from __future__ import annotations

from dataclasses import dataclass, field

from causeway.model.extension.assertions.parse import Assertions

from .source import SourceIndex
from .values import Problem, Stack


@dataclass(frozen=True, slots=True)
class Loaded:
    """A checked stack, where each of its keys stands, what its `x-causeway` asserts, and what its
    author should know."""

    stack: Stack
    positions: SourceIndex
    assertions: Assertions = field(default_factory=Assertions)
    warnings: tuple[Problem, ...] = ()
