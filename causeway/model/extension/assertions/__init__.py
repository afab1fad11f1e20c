"""Assertions about reachability in `x-causeway`: parsed with places, checked against a matrix."""

from .check import asserted, check_assertions
from .parse import Assertion, Assertions, Kind, Side, parse

__all__ = ["Assertion", "Assertions", "Kind", "Side", "asserted", "check_assertions", "parse"]
