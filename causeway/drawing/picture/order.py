"""The order of areas from top to bottom: areas that share services are adjacent.

Areas with published ports come first, as their services are nearest to the world. Equal inputs
give the same order; names break ties.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import permutations

from .areas import Area
from .scene import Card

EXACT = 6  # areas up to which every order is tried
INSERTIONS = 24  # areas up to which every move of one area is tried
Weights = dict[tuple[str, ...], int]


def ordered(areas: Sequence[Area], cards: Sequence[Card]) -> tuple[Area, ...]:
    """Networks in the best order found; areas that are not networks follow."""
    networks = [area for area in areas if area.is_network]
    others = [area for area in areas if not area.is_network]
    groups: Weights = Counter(tuple(sorted(card.areas)) for card in cards if len(card.areas) > 1)
    published = {area for card in cards for area in card.areas if card.sockets}
    shared = {area for group in groups for area in group}
    depths = {area.id: _depth(area, published, shared) for area in networks}
    start = sorted(networks, key=lambda area: (depths[area.id], area.label))
    ids = [area.id for area in start]
    pull = {area: sum(depth) for area, depth in depths.items()}
    if len(ids) <= EXACT:
        ids = list(min(permutations(ids), key=lambda each: _cost(list(each), groups, pull)))
    else:
        ids = _improved(_chained(ids, groups), groups, pull)
    by_id = {area.id: area for area in areas}
    return (*(by_id[each] for each in ids), *sorted(others, key=lambda area: area.look == "host"))


def _depth(area: Area, published: set[str], shared: set[str]) -> tuple[bool, bool, bool]:
    is_far = area.id not in published
    return (is_far and area.id not in shared, is_far, area.look == "internal")


def _cost(ids: Sequence[str], groups: Weights, pull: dict[str, int]) -> int:
    """The cost of an order: areas between those of one service, and published areas placed low.

    Integers, so that the order of the groups does not affect the result.
    """
    at = {each: position for position, each in enumerate(ids)}
    crossed = 0
    for group, number in groups.items():
        places = sorted(at[each] for each in group)
        span = places[-1] - places[0]
        crossed += (span - len(places) + 1) * (3 + number) * 100 + 2 * span
    return crossed + sum((len(ids) - at[each]) * depth for each, depth in pull.items())


def _chained(ids: list[str], groups: Weights) -> list[str]:
    """Each next area is the one that shares most with the last, as a good starting order."""
    left = list(ids)
    chain: list[str] = []
    while left:
        last = chain[-1] if chain else ""
        shared: Counter[str] = Counter()
        for group, number in groups.items():
            if last in group:
                shared.update({each: number for each in group})
        chain.append(max(left, key=lambda each: (shared[each], -left.index(each))))
        left.remove(chain[-1])
    return chain


def _improved(ids: list[str], groups: Weights, pull: dict[str, int]) -> list[str]:
    best = _cost(ids, groups, pull)
    reach = len(ids) if len(ids) <= INSERTIONS else 2
    for _ in range(len(ids)):
        before = best
        for each in sorted(ids):
            at = ids.index(each)
            rest = ids[:at] + ids[at + 1 :]
            for to in range(max(0, at - reach), min(len(rest), at + reach) + 1):
                moved = [*rest[:to], each, *rest[to:]]
                cost = _cost(moved, groups, pull)
                if cost < best:
                    best, ids = cost, moved
        if best == before:
            break
    return ids
