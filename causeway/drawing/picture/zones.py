"""Groups services: inside one area, or where two adjacent areas overlap.

A service on areas that are not adjacent is in one of them and connected to the others by lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .areas import Area
from .scene import Card


@dataclass(frozen=True, slots=True)
class Slot:
    """A card's row and column in its zone; `joins` are the positions of further areas."""

    card: Card
    row: int
    column: int
    joins: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Zone:
    """Inside area number `area`, or, with `is_overlap`, on it and the next one."""

    number: int  # from top to bottom
    area: int
    is_overlap: bool
    caption: str
    slots: tuple[Slot, ...]

    @property
    def widest(self) -> int:
        return max((slot.column + 1 for slot in self.slots), default=0)


def zones(areas: Sequence[Area], cards: Sequence[Card], columns: int) -> tuple[Zone, ...]:
    """The zones from top to bottom; overlaps only if a service is in them."""
    at = {area.id: number for number, area in enumerate(areas)}
    inside: dict[tuple[int, bool], list[tuple[Card, tuple[int, ...]]]] = {}
    for card in cards:
        places = sorted(at[each] for each in card.areas)
        home, is_overlap = _home(places)
        taken = {home, home + 1} if is_overlap else {home}
        joins = tuple(each for each in places if each not in taken)
        inside.setdefault((home, is_overlap), []).append((card, joins))
    found: list[Zone] = []
    for number, area in enumerate(areas):
        slots = _slots(inside.get((number, False), ()), columns)
        found.append(Zone(len(found), number, False, "", slots))
        shared = inside.get((number, True))
        if shared:
            caption = f"{area.label} and {areas[number + 1].label}"
            found.append(Zone(len(found), number, True, caption, _slots(shared, columns)))
    return tuple(found)


def _home(places: Sequence[int]) -> tuple[int, bool]:
    """The pair of adjacent areas nearest to the middle of all, else the middle one."""
    middle = places[(len(places) - 1) // 2]
    pairs = [each for each in places if each + 1 in places]
    if pairs:
        return min(pairs, key=lambda each: (abs(each - middle), each)), True
    return middle, False


def _slots(members: Sequence[tuple[Card, tuple[int, ...]]], columns: int) -> tuple[Slot, ...]:
    """Published services in the first column, since their line comes from the left; then the
    others."""
    order = sorted(members, key=lambda each: (each[1], each[0].name, each[0].id))
    first = [each for each in order if each[0].sockets]
    rest = [each for each in order if not each[0].sockets]
    found = [Slot(card, row, 0, joins) for row, (card, joins) in enumerate(first)]
    row, column = 0, 1 if first else 0
    for card, joins in rest:
        while column >= columns:
            row, column = row + 1, 1 if row + 1 < len(first) else 0
        found.append(Slot(card, row, column, joins))
        column += 1
    return tuple(found)
