"""Lines from services to areas that are not adjacent: each in a lane of a gap between columns.

Services in one column with lines to one area share a lane; lanes in one gap that would overlap are
placed side by side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .areas import Area
from .zones import Zone


@dataclass(frozen=True, slots=True)
class Lane:
    """Right of column `gap`, in its `place` from the left, to area number `target`.

    `members` are ids of cards, each with an offset that keeps the lines of one card apart.
    """

    gap: int
    place: int
    target: int
    is_below: bool
    members: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Lanes:
    found: tuple[Lane, ...]

    def width(self, gap: int) -> int:
        """How many lanes are side by side in a gap."""
        return max((lane.place + 1 for lane in self.found if lane.gap == gap), default=0)


def lanes(zones: Sequence[Zone], areas: Sequence[Area], columns: int) -> Lanes:
    tops: dict[int, int] = {}
    bottoms: dict[int, int] = {}
    for zone in zones:
        for area in (zone.area, zone.area + 1) if zone.is_overlap else (zone.area,):
            tops.setdefault(area, zone.number)
            bottoms[area] = zone.number
    members: dict[tuple[int, int, bool], list[tuple[str, float]]] = {}
    spans: dict[tuple[int, int, bool], tuple[int, int]] = {}
    for zone in zones:
        for slot in zone.slots:
            for number, target in enumerate(slot.joins):
                is_below = tops[target] > zone.number
                key = (slot.column, target, is_below)
                turn = number - (len(slot.joins) - 1) / 2
                members.setdefault(key, []).append((slot.card.id, turn))
                end = tops[target] if is_below else bottoms[target]
                known = spans.get(key, (end, end))
                spans[key] = (
                    min(known[0], end, zone.number),
                    max(known[1], end, zone.number),
                )
    taken: dict[tuple[int, int], list[tuple[int, int]]] = {}
    found = []
    for key in sorted(spans, key=lambda each: (each[0], spans[each], each)):
        gap, target, is_below = key
        place = 0
        while any(_meet(spans[key], other) for other in taken.get((gap, place), ())):
            place += 1
        taken.setdefault((gap, place), []).append(spans[key])
        found.append(Lane(gap, place, target, is_below, tuple(members[key])))
    return Lanes(tuple(found))


def _meet(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]
