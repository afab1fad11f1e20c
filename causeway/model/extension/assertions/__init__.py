"""Assertions about reachability in `x-causeway`: parsed with places, checked against a matrix."""

from .check import check_assertions, require_assertions
from .parse import Assertion, Assertions, Kind, Side, parse

__all__ = [
    "Assertion",
    "Assertions",
    "Kind",
    "Side",
    "check_assertions",
    "parse",
    "require_assertions",
]
