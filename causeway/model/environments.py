"""Finds subnets that two environments of a project would both use on one engine.

The engine itself reports the networks that exist; this covers environments that may be down.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path

from causeway.model.errors import StackError, shorten
from causeway.model.loaded import Loaded
from causeway.model.values import Place, Problem

from .rules.pool import subnet_place, written_position


@dataclass(frozen=True, slots=True)
class Environment:
    """Another Pulumi stack of the project; `same_engine` is true if both configure the same
    engine."""

    name: str
    loaded: Loaded
    same_engine: bool = False


def require_distinct_subnets(loaded: Loaded, others: Iterable[Environment]) -> tuple[Problem, ...]:
    """Warnings about subnets that other environments declare too. Raises StackError if both use
    the same engine."""
    base = str(Path.cwd())
    found = tuple(overlaps(loaded, others, base))
    if any(problem.severity == "error" for problem in found):
        raise StackError(found, base)
    return found


def overlaps(loaded: Loaded, others: Iterable[Environment], base: str) -> Iterator[Problem]:
    """A warning for each subnet that another environment declares too, an error if both use
    the same engine. Paths are shown relative to `base`."""
    own = list(_subnets(loaded))
    for other in others:
        for place, subnet, pooled in own:
            for theirs, taken, theirs_pooled in _subnets(other.loaded):
                if subnet.version != taken.version or not subnet.overlaps(taken):
                    continue
                where = f"{shorten(theirs.file, base)}:{theirs.line}"
                told = f"{subnet} overlaps {taken} of stack {other.name} ({where})"
                way_out = (
                    "give each stack its own subnet, for example as `${SUBNET}` from "
                    "causeway:variables"
                )
                if theirs_pooled or pooled:
                    way_out = "set another causeway:addressPool for one of them"
                if other.same_engine:
                    yield Problem(
                        place, f"{told} on the same engine: {way_out}", code="environments-overlap"
                    )
                else:
                    message = f"{told}: on one engine only one of them can be up; {way_out}"
                    yield Problem(place, message, "warning", code="environments-overlap")


def _subnets(loaded: Loaded) -> Iterator[tuple[Place, IPv4Network | IPv6Network, bool]]:
    """Each subnet with its place, and whether it comes from the pool."""
    positions = loaded.positions
    for network in loaded.stack.networks:
        for position, config in enumerate(network.subnets if not network.external else ()):
            try:
                subnet = ip_network(config.subnet or "", strict=False)
            except ValueError:
                continue  # another rule reports it
            pooled = written_position(network, position, positions) is None
            yield subnet_place(network, position, positions), subnet, pooled
