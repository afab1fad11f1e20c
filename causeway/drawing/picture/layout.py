"""Computes the position of everything in a picture, in pixels: pure arithmetic on a scene.

Areas are bands, one below the other. Services of one area are inside its band; services of two
adjacent areas are where the two bands overlap; further areas of a service are connected by lines in
the gaps between columns, where there is no text. Published ports are at the left edge, in the
row of their service; routes out are at the right edge.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from .areas import Area
from .boxes import Band, Box, Dot, Picture, PlacedCard, Trunk, Wire
from .lanes import Lane, lanes
from .order import ordered
from .scene import Card, Scene
from .text_width import mono, prose
from .zones import Zone, zones

NAME_SIZE, SMALL_SIZE, AREA_SIZE, SOCKET_SIZE = 13.5, 11.5, 14.5, 12.0
MARGIN, TITLE_HEIGHT, HOST_HEIGHT = 28.0, 74.0, 38.0
CARD_HEIGHT, ROW_GAP, COLUMN_GAP = 48.0, 12.0, 18.0
SOCKET_HEIGHT, MOST_SOCKETS = 22.0, 4
HEADER, CAPTION, PADDING, APART, INSET = 36.0, 24.0, 16.0, 20.0, 9.0
NARROWEST, WIDEST = 156.0, 262.0
RIGHT = 104.0
LANE = 9.0
COMFORTABLE = 1440.0  # what fits on most screens at full width
SHAPE = 1.45  # preferred ratio of width to height


def layout(scene: Scene, columns: int | None = None) -> Picture:
    """The picture with the number of columns that gives the best shape, unless given."""
    areas = ordered(scene.areas, scene.cards)
    if columns is not None:
        return _laid(scene, areas, columns)
    most = min(8, max([2, *(each.widest for each in zones(areas, scene.cards, 99))]))
    tried = [_laid(scene, areas, each) for each in range(2, most + 1)]
    return min(tried, key=_oddness)


def _oddness(picture: Picture) -> float:
    shape = abs(math.log(picture.width / picture.height / SHAPE))
    return shape + max(0.0, picture.width - COMFORTABLE) / 300


def card_width(scene: Scene, captions: Sequence[str]) -> float:
    """The width for the longest name: of a service, or of a heading in the first column."""
    names = [mono(card.name, NAME_SIZE) + 40 + 22 * bool(card.findings) for card in scene.cards]
    names += [mono(area.label, AREA_SIZE) + 8 for area in scene.areas]
    names += [
        mono(area.label, AREA_SIZE) + prose(", ".join(area.traits), SMALL_SIZE) + 20
        for area in scene.areas
    ]
    names += [mono(card.detail, SMALL_SIZE) + 26 for card in scene.cards]
    names += [prose(caption, SMALL_SIZE) + 6 for caption in captions]
    return min(WIDEST, max(NARROWEST, *names)) if names else NARROWEST


def sockets_shown(card: Card) -> tuple[tuple[str, bool], ...]:
    """Labels and whether they are open; the last label counts the omitted ones."""
    shown = [(each.label, each.is_open) for each in card.sockets]
    if len(shown) > MOST_SOCKETS:
        rest = shown[MOST_SOCKETS - 1 :]
        shown = [*shown[: MOST_SOCKETS - 1], (f"{len(rest)} more", any(each for _, each in rest))]
    return tuple(shown)


def _laid(scene: Scene, areas: Sequence[Area], columns: int) -> Picture:
    found = zones(areas, scene.cards, columns)
    lines = lanes(found, areas, columns)
    crossed = lines.found != ()
    wide = card_width(scene, [zone.caption for zone in found if zone.caption and crossed])
    labels = [label for card in scene.cards for label, _ in sockets_shown(card)]
    left = max((mono(label, SOCKET_SIZE) + 24 for label in labels), default=28.0) + 58
    gaps = [COLUMN_GAP + LANE * max(0, lines.width(gap) - 1) for gap in range(columns)]
    columns_at = _columns(MARGIN + left + 18 + 2 * INSET + PADDING, wide, gaps)
    band_right = columns_at[-1] + wide + max(PADDING, gaps[-1]) + INSET
    frame_left, frame_top = MARGIN + left, MARGIN + TITLE_HEIGHT
    rows = _Rows(scene, areas, found, frame_top + HOST_HEIGHT)
    bands = tuple(
        Band(
            area,
            Box(
                frame_left + 18 + INSET * (number % 2),
                rows.top[number],
                band_right - (frame_left + 18) - 2 * INSET * (number % 2),
                rows.bottom[number] - rows.top[number],
            ),
            rows.header[number],
            columns_at[0],
        )
        for number, area in enumerate(areas)
    )
    cards = tuple(
        PlacedCard(
            slot.card,
            Box(columns_at[slot.column], rows.row_top(zone, slot.row), wide, height_of(slot.card)),
        )
        for zone in found
        for slot in zone.slots
    )
    frame = Box(frame_left, frame_top, band_right + 18 - frame_left, rows.end + 18 - frame_top)
    captions = tuple(
        (zone.caption, columns_at[0], rows.captions[zone.number], columns_at[-1] + wide)
        for zone in found
        if zone.caption
    )
    return Picture(
        scene=scene,
        width=frame.right + RIGHT + MARGIN,
        height=frame.bottom + MARGIN,
        frame=frame,
        bands=bands,
        cards=cards,
        captions=captions,
        trunks=tuple(_trunks(lines.found, cards, bands, columns_at, wide)),
        wires=tuple(_wires(cards, frame)),
    )


def height_of(card: Card) -> float:
    sockets = len(sockets_shown(card))
    return max(CARD_HEIGHT, sockets * (SOCKET_HEIGHT + 4) + 4)


def _columns(first: float, wide: float, gaps: Sequence[float]) -> list[float]:
    found = [first]
    for gap in gaps[:-1]:
        found.append(found[-1] + wide + gap)
    return found


class _Rows:
    """The vertical positions of zones and rows, and of the top, bottom and header of each area."""

    def __init__(
        self, scene: Scene, areas: Sequence[Area], found: Sequence[Zone], start: float
    ) -> None:
        self.top: dict[int, float] = {}
        self.bottom: dict[int, float] = {}
        self.header: dict[int, float] = {}
        self.captions: dict[int, float] = {}
        self._rows: dict[tuple[int, int], float] = {}
        y = start
        for zone in found:
            if zone.is_overlap:
                self.top[zone.area + 1] = y
                self.captions[zone.number] = y + CAPTION - 6
                y = self._grid(zone, y + CAPTION + 4) + 4
                self.bottom[zone.area] = y
                continue
            if zone.area not in self.top:
                if zone.area:
                    self.bottom[zone.area - 1] = y
                    y += APART
                self.top[zone.area] = y
            self.header[zone.area] = y + 24
            y = self._grid(zone, y + HEADER)
        self.bottom[len(areas) - 1] = y
        self.end = y

    def row_top(self, zone: Zone, row: int) -> float:
        return self._rows[zone.number, row]

    def _grid(self, zone: Zone, y: float) -> float:
        if not zone.slots:
            return y + 6
        for row in range(max(slot.row for slot in zone.slots) + 1):
            self._rows[zone.number, row] = y
            y += max(height_of(slot.card) for slot in zone.slots if slot.row == row) + ROW_GAP
        return y - ROW_GAP + PADDING


def _trunks(
    found: Sequence[Lane],
    cards: Sequence[PlacedCard],
    bands: Sequence[Band],
    columns_at: Sequence[float],
    wide: float,
) -> Iterator[Trunk]:
    """Each lane with its branches, from cards along a gap to the border of an area."""
    boxes = {placed.card.id: placed.box for placed in cards}
    for lane in found:
        x = columns_at[lane.gap] + wide + COLUMN_GAP / 2 + LANE * lane.place
        band = bands[lane.target]
        end = band.box.y if lane.is_below else band.box.bottom
        starts = []
        for member, turn in lane.members:
            box = boxes[member]
            starts.append(Dot(box.right, box.y + box.height / 2 + 8 * turn))
        yield Trunk(band.area, tuple(each for each, _ in lane.members), x, tuple(starts), end)


def _wires(cards: Sequence[PlacedCard], frame: Box) -> Iterator[Wire]:
    """Each published port: the end of its label at the frame, and the line to the card."""
    for placed in cards:
        shown = sockets_shown(placed.card)
        middle = placed.box.y + placed.box.height / 2
        for number, (label, is_open) in enumerate(shown):
            y = middle + (number - (len(shown) - 1) / 2) * (SOCKET_HEIGHT + 4)
            width = mono(label, SOCKET_SIZE) + 24
            box = Box(frame.x - width - 6, y - SOCKET_HEIGHT / 2, width, SOCKET_HEIGHT)
            yield Wire(placed.card.id, label, is_open, box, placed.box.x)
