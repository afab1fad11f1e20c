"""The servers of a balancer and their weights; the same for nginx and HAProxy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import gcd, lcm

from causeway.model.values import Balance

MOST_WEIGHT = 256  # the maximum of HAProxy


@dataclass(frozen=True, slots=True)
class Address:
    """A running replica: its container's name and its address on the shared network."""

    container: str
    address: str


@dataclass(frozen=True, slots=True)
class Server:
    """`name` stays the same when the replica is replaced, so that cookies stay valid."""

    name: str
    container: str
    address: str
    weight: int = 1


def servers(balance: Balance, replicas: Mapping[str, Sequence[Address]]) -> tuple[Server, ...]:
    """The replicas of all targets with traffic, each with its share of its service's weight."""
    shares = {
        target.service: target.weight
        for target in balance.targets
        if target.weight and replicas.get(target.service)
    }
    each = _each({name: len(replicas[name]) for name in shares}, shares)
    return tuple(
        Server(f"{name}-{number}", replica.container, replica.address, each[name])
        for name in shares
        for number, replica in enumerate(replicas[name], 1)
    )


def _each(counts: Mapping[str, int], shares: Mapping[str, int]) -> dict[str, int]:
    """Integer weights of single replicas, so that each service gets its share."""
    if not shares:
        return {}
    common = lcm(*counts.values())
    exact = {name: share * common // counts[name] for name, share in shares.items()}
    divisor = gcd(*exact.values())
    smallest = {name: weight // divisor for name, weight in exact.items()}
    largest = max(smallest.values())
    if largest <= MOST_WEIGHT:
        return smallest
    return {
        name: max(1, round(weight * MOST_WEIGHT / largest)) for name, weight in smallest.items()
    }
