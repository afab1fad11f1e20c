"""The part below a standalone picture: the legend, and the findings as text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from .boxes import Dot, Picture
from .marks import arrow, badge, diamond, number, text
from .scene import Finding, Scene
from .text_width import prose, wrapped

LEFT, LINE = 28.0, 18.0
MOST_PIVOTS = 4
Symbol = Callable[[float, float], str]


def foot(picture: Picture, *, interactive: bool) -> tuple[list[str], float]:
    """The lines, and the height of the picture including them. A page shows the findings itself."""
    lines: list[str] = []
    y = picture.frame.bottom + 34
    lines += ['<g class="legend">', *_legend(picture, y, interactive)]
    y += LINE * 1.4 * _rows(picture, interactive)
    lines.append("</g>")
    for finding in () if interactive else _told(picture.scene):
        y += 10
        lines.append(
            diamond(Dot(LEFT + 9, y - 4))
            if finding.kind == "pivot"
            else badge(Dot(LEFT + 9, y - 4), finding.number, finding.kind)
        )
        said = [finding.text, *finding.witness]
        for part, sentence in enumerate(said):
            for line in wrapped(sentence, picture.width - 2 * LEFT - 30, 12.5):
                look = "muted" if part else ""
                lines.append(text(LEFT + 30, y, line, look, size=12.5))
                y += LINE
    return lines, y + 12


def _told(scene: Scene) -> Iterator[Finding]:
    """Broken assertions and pivots; many pivots are combined into one finding."""
    yield from scene.of_kind("violation", "unsure")
    pivots = scene.of_kind("pivot")
    if len(pivots) <= MOST_PIVOTS:
        yield from pivots
        return
    joins = {card.id: card.name for card in scene.cards}
    labels = {area.id: area.label for area in scene.areas}
    members = {card.id: [labels[each] for each in card.areas] for card in scene.cards}
    names = [f"{joins[own]} ({', '.join(members[own])})" for each in pivots for own in each.cards]
    text = f"{len(pivots)} services join networks, each a path between them if it is compromised: "
    yield replace(pivots[0], text=text + ", ".join(names))


def _entries(picture: Picture, interactive: bool) -> Iterator[tuple[Symbol, str]]:
    looks = {band.area.look for band in picture.bands}
    if "network" in looks:
        yield _swatch("network"), "network"
    if "internal" in looks:
        yield _swatch("internal"), "internal network: no route out"
    if {"host", "none", "elsewhere"} & looks:
        yield _swatch("host"), "no network of its own"
    if picture.captions:
        yield _overlap, "overlap: on both networks"
    if picture.trunks:
        yield _knot, "also on this network"
    if any(wire.is_open for wire in picture.wires):
        yield _pill("open"), "published port: host → container"
    if not all(wire.is_open for wire in picture.wires):
        yield _pill("closed"), "published, but not reachable from the world"
    if any(placed.card.is_pivot for placed in picture.cards):
        yield (
            lambda x, y: diamond(Dot(x + 13, y - 4)),
            "pivot: a path between networks if compromised",
        )
    if picture.scene.of_kind("violation"):
        yield _broken, "breaks an assertion"
    if interactive:
        yield _flow(""), "reaches"
        yield _flow("port"), "reaches through a published port"


def _placed(picture: Picture, interactive: bool) -> Iterator[tuple[float, int, Symbol, str]]:
    x, row = LEFT, 0
    for symbol, label in _entries(picture, interactive):
        width = 34 + prose(label, 12) + 22
        if x > LEFT and x + width > picture.width - LEFT:
            x, row = LEFT, row + 1
        yield x, row, symbol, label
        x += width


def _rows(picture: Picture, interactive: bool) -> int:
    return max((row for _, row, _, _ in _placed(picture, interactive)), default=0) + 1


def _legend(picture: Picture, y: float, interactive: bool) -> Iterator[str]:
    for x, row, symbol, label in _placed(picture, interactive):
        line = y + row * LINE * 1.4
        yield symbol(x, line) + text(x + 34, line, label, "muted")


def _rect(look: str, *box: float) -> str:
    x, y, width, height, radius = box
    return (
        f'<rect class="{look}" x="{number(x)}" y="{number(y)}" width="{number(width)}" '
        f'height="{number(height)}" rx="{number(radius)}"/>'
    )


def _swatch(look: str) -> Symbol:
    return lambda x, y: _area(look, x, y - 11, 26, 14, 4)


def _area(look: str, *box: float) -> str:
    return _rect(f"area {look}", *box) + _rect(f"outline {look}", *box)


def _pill(state: str) -> Symbol:
    return lambda x, y: _rect(f"pill {state}", x, y - 11, 26, 14, 7)


def _overlap(x: float, y: float) -> str:
    return _area("network", x, y - 13, 24, 11, 3) + _area("network", x + 2, y - 7, 24, 11, 3)


def _knot(x: float, y: float) -> str:
    return (
        f'<path class="trunk" d="M{number(x)} {number(y - 4)}H{number(x + 22)}"/>'
        f'<circle class="knot" cx="{number(x + 22)}" cy="{number(y - 4)}" r="4.5"/>'
    )


def _flow(look: str) -> Symbol:
    def drawn(x: float, y: float) -> str:
        line = (
            f'<path class="flow sample {look}" d="M{number(x)} {number(y - 4)}H{number(x + 19)}"/>'
        )
        return line + arrow(Dot(x + 27, y - 4), 1, 0, "flow-tip")

    return drawn


def _broken(x: float, y: float) -> str:
    line = f'<path class="violation" d="M{number(x)} {number(y - 4)}H{number(x + 18)}"/>'
    return line + arrow(Dot(x + 27, y - 4), 1, 0, "tip broken")
