"""Assertions about reachability in `x-causeway`: parsed with places, checked against a matrix."""

from model.assertions.check import asserted, check_assertions
from model.assertions.parse import Assertion, Assertions, Kind, Side, parse

__all__ = ["Assertion", "Assertions", "Kind", "Side", "asserted", "check_assertions", "parse"]
