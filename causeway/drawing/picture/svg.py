"""Renders a picture as SVG text: equal pictures give equal bytes."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from .areas import Area
from .boxes import Band, Box, Dot, Picture, PlacedCard, Trunk, Wire
from .layout import AREA_SIZE, NAME_SIZE, SMALL_SIZE, SOCKET_SIZE
from .legend import foot
from .marks import arrow, badge, diamond, number, text
from .palette import standalone
from .scene import NO_PORT, Card, Finding
from .text_width import mono, prose, shortened

LARGEST = 1.15  # the maximum scale of a picture in a page


def svg(picture: Picture, *, interactive: bool = False) -> str:
    """A standalone file, or, if `interactive`, part of a page that provides style and script."""
    below, height = foot(picture, interactive=interactive)
    top = picture.frame.y - 12 if interactive else 0.0  # a page has its own title
    height -= top
    size = f'viewBox="0 {number(top)} {number(picture.width)} {number(height)}"'
    scene = picture.scene
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="picture" {size} '
        f'width="{number(picture.width)}" height="{number(height)}" '
        + (f'style="max-width:{number(picture.width * LARGEST)}px" ' if interactive else "")
        + f'role="{"group" if interactive else "img"}" '
        + 'aria-labelledby="picture-title picture-about">',
        f'<title id="picture-title">{escape(scene.title)}: networks and services</title>',
        f'<desc id="picture-about">{escape(_about(picture))}</desc>',
    ]
    if not interactive:
        head.append(f"<style>\n{standalone()}</style>")
        paper = Box(0, 0, picture.width, height)
        head.append(f'<rect class="paper" {_box(paper)} rx="10"/>')
        head.append(text(28, 52, scene.title, "title"))
        head.append(text(28, 74, scene.summary, "muted", size=13))
    return "\n".join([*head, *_body(picture, interactive), *below, "</svg>"]) + "\n"


def _about(picture: Picture) -> str:
    return " ".join(f"{placed.card.about}." for placed in picture.cards)


def _body(picture: Picture, interactive: bool) -> Iterator[str]:
    frame = picture.frame
    yield f'<rect class="frame" {_box(frame)} rx="14"/>'
    yield from (line for band in picture.bands for line in _band(band))
    for band in picture.bands:
        yield f'<rect class="outline {band.area.look}" {_box(band.box)} rx="10"/>'
    yield from _outside(picture, interactive)
    yield from (_trunk(trunk) for trunk in picture.trunks)
    yield '<g id="wires">'
    yield from (_wire(wire, frame) for wire in picture.wires)
    yield "</g>"
    yield '<g id="flows">'
    yield from _violations(picture)
    yield "</g>"
    for band in picture.bands:
        yield from _header(band, picture)
    for caption, x, y, end in picture.captions:
        free = _free(picture, x, y, end)
        yield text(x, y, _fitted(caption, free, SMALL_SIZE), "muted small")
    yield from (_card(placed, picture, interactive) for placed in picture.cards)


def _box(box: Box) -> str:
    return (
        f'x="{number(box.x)}" y="{number(box.y)}" '
        f'width="{number(box.width)}" height="{number(box.height)}"'
    )


def _band(band: Band) -> Iterator[str]:
    own, look = escape(band.area.id), band.area.look
    yield f'<rect id="{own}" class="area {look}" {_box(band.box)} rx="10">'
    yield f"<title>{escape(_area_title(band.area))}</title></rect>"


def _area_title(area: Area) -> str:
    kind = "network " if area.is_network else ""
    return f"{kind}{area.label}" + (f" ({', '.join(area.traits)})" if area.traits else "")


def _header(band: Band, picture: Picture) -> Iterator[str]:
    x, y = band.text_x, band.header_y
    room = _free(picture, x, y, band.box.right - 14)
    name = shortened(band.area.label, room, AREA_SIZE)
    yield text(x, y, name, "area-name")
    used = mono(name, AREA_SIZE) + 10
    if band.area.traits and room - used > 40:
        traits = _fitted(", ".join(band.area.traits), room - used, SMALL_SIZE)
        yield text(x + used, y, traits, "muted small")


def _free(picture: Picture, x: float, y: float, end: float) -> float:
    """The space for a line of text from x: to `end`, or to the first line that crosses it."""
    for trunk in picture.trunks:
        low, high = _reach(trunk)
        if low - 6 < y < high + 16 and trunk.x > x:
            end = min(end, trunk.x - 6)
    return end - x


def _reach(trunk: Trunk) -> tuple[float, float]:
    ends = [trunk.end, *(start.y for start in trunk.starts)]
    return min(ends), max(ends)


def _fitted(words: str, room: float, size: float) -> str:
    while prose(words, size) > room and len(words) > 4:
        words = words[:-2].rstrip("…") + "…"
    return words


def _outside(picture: Picture, interactive: bool) -> Iterator[str]:
    """The world on the left, the internet on the right, and the host's name."""
    frame = picture.frame
    left, right = 28 + 12.0, frame.right + 62
    top = frame.y + 20
    yield from _place("host", picture.scene.host, frame.x + 18, top + 5, "start", interactive)
    opened = [wire.box.middle.y for wire in picture.wires if wire.is_open]
    if opened:
        bottom = max(opened)
        yield f'<path class="rail" d="M{number(left)} {number(top + 12)}V{number(bottom)}"/>'
    if opened or interactive:
        yield from _place("world", "world", 28, top + 5, "start", interactive)
    ways = [band for band in picture.bands if band.area.egress != "closed"]
    if not ways:
        return
    low = max(band.header_y for band in ways)
    yield f'<path class="rail" d="M{number(right)} {number(top + 12)}V{number(low - 4)}"/>'
    yield from _place("internet", "internet", picture.width - 28, top + 5, "end", interactive)
    for band in ways:
        y = band.header_y - 4
        yield (
            f'<path class="way-out {band.area.egress}" '
            f'd="M{number(band.box.right)} {number(y)}H{number(right - 5)}">'
            f"<title>{escape(_way_out(band.area))}</title></path>"
        )
        yield arrow(Dot(right - 1, y), 1, 0, "tip")


def _way_out(area: Area) -> str:
    if area.egress == "unknown":
        return f"it is unknown whether {area.label} has a route out"
    return f"all traffic can leave {area.label}"


def _place(
    own: str, label: str, x: float, y: float, anchor: str, interactive: bool
) -> Iterator[str]:
    if not interactive:
        yield text(x, y, label, "edge", anchor=anchor)
        return
    width = prose(label, 12.5) + 16
    left = x - 8 if anchor == "start" else x - width + 8
    yield (
        f'<g class="place" id="{own}" data-node="{own}" tabindex="0" role="button" '
        f'aria-pressed="false" aria-label="{escape(label)}">'
        f'<rect class="hold" x="{number(left)}" y="{number(y - 17)}" '
        f'width="{number(width)}" height="25" rx="6"/>'
    )
    yield text(x, y, label, "edge", anchor=anchor) + "</g>"


def _trunk(trunk: Trunk) -> str:
    low, high = _reach(trunk)
    parts = [f"M{number(trunk.x)} {number(low)}V{number(high)}"]
    parts += [f"M{number(start.x)} {number(start.y)}H{number(trunk.x)}" for start in trunk.starts]
    return (
        f'<path class="trunk" data-area="{escape(trunk.area.id)}" d="{"".join(parts)}"/>'
        f'<circle class="knot" cx="{number(trunk.x)}" cy="{number(trunk.end)}" r="4.5">'
        f"<title>on {escape(trunk.area.label)}</title></circle>"
    )


def _wire(wire: Wire, frame: Box) -> str:
    state = "open" if wire.is_open else "closed"
    y, middle = wire.box.middle.y, wire.box.middle.x
    rail = f'<path class="wire" d="M40 {number(y)}H{number(wire.box.x)}"/>' if wire.is_open else ""
    hint = (
        "published to the world" if wire.is_open else "published, but not reachable from the world"
    )
    return (
        f'<g class="socket" data-card="{escape(wire.card)}"><title>{escape(hint)}</title>{rail}'
        f'<path class="wire {state}" d="M{number(wire.box.right)} {number(y)}'
        f'H{number(wire.end - 7)}"/>'
        + arrow(Dot(wire.end - 1, y), 1, 0, f"tip {state}")
        + f'<rect class="pill {state}" {_box(wire.box)} rx="11"/>'
        + text(middle, y + 4, wire.label, "port", anchor="middle", size=SOCKET_SIZE)
        + "</g>"
    )


def _card(placed: PlacedCard, picture: Picture, interactive: bool) -> str:
    card, box = placed.card, placed.box
    marks = _marks(card, picture)
    kinds = ["card", *(["pivot"] if card.is_pivot else [])]
    kinds += ["broken"] if any(mark.kind == "violation" for mark in marks) else []
    joins = [trunk.area.label for trunk in picture.trunks if card.id in trunk.cards]
    room = box.width - 24 - 20 * card.is_pivot - 22 * len(marks[:1])
    top = box.y + (box.height - 48) / 2
    reaction = (
        f' data-node="{escape(card.id)}" tabindex="0" role="button" aria-pressed="false" '
        f'aria-label="{escape(card.about)}"'
        if interactive
        else ""
    )
    also = ", ".join(joins)
    detail = card.detail
    if joins:
        detail = f"also on {also}" if detail == NO_PORT else f"{detail} + {also}"
    parts = [
        f'<g class="{" ".join(kinds)}" id="{escape(card.id)}"{reaction}>',
        f"<title>{escape(card.about)}</title>",
        f'<rect class="box" {_box(box)} rx="8"/>',
        text(box.x + 12, top + 21, shortened(card.name, room, NAME_SIZE), "name"),
        text(
            box.x + 12,
            top + 38,
            shortened(detail, box.width - 24, SMALL_SIZE),
            "mono muted small",
        ),
    ]
    right = box.right - 15
    if card.is_pivot:
        parts.append(diamond(Dot(right, box.y + 16)))
        right -= 20
    for mark in marks[:1]:
        parts.append(badge(Dot(right, box.y + 16), mark.number, mark.kind))
    return "".join([*parts, "</g>"])


def _marks(card: Card, picture: Picture) -> list[Finding]:
    return [mark for mark in picture.scene.findings if mark.number in card.findings]


def _violations(picture: Picture) -> Iterator[str]:
    """Each broken `never`: the forbidden flow, from end to end, behind the cards."""
    boxes = {placed.card.id: placed.box for placed in picture.cards}
    frame = picture.frame
    boxes["world"] = Box(28, frame.y + 8, 40, 24)
    boxes["internet"] = Box(picture.width - 90, frame.y + 8, 62, 24)
    boxes["host"] = Box(frame.x + 18, frame.y + 8, 36, 24)
    for finding in picture.scene.of_kind("violation"):
        ends = [boxes.get(each) for each in finding.flow or ()]
        if len(ends) == 2 and ends[0] and ends[1] and finding.code == "never-broken":
            yield _curve(ends[0], ends[1], finding)


def _beside(box: Box) -> float:
    """Where a line meets a box from above or below: near its right side, since headings are on the
    left."""
    return box.right - min(26.0, box.width / 2)


def _curve(source: Box, target: Box, finding: Finding) -> str:
    one, other = source.middle, target.middle
    if abs(one.y - other.y) > 40:
        way = 1 if other.y > one.y else -1
        start = Dot(_beside(source), source.bottom if way > 0 else source.y)
        end = Dot(_beside(target), target.y - 3 if way > 0 else target.bottom + 3)
        bend = max(24.0, abs(end.y - start.y) * 0.45) * way
        path = (
            f"M{number(start.x)} {number(start.y)}C{number(start.x)} {number(start.y + bend)} "
            f"{number(end.x)} {number(end.y - bend)} {number(end.x)} {number(end.y - 6 * way)}"
        )
        tip = arrow(end, 0, way, "tip broken")
    else:
        way = 1 if other.x > one.x else -1
        start = Dot(source.right if way > 0 else source.x, one.y)
        end = Dot(target.x - 3 if way > 0 else target.right + 3, other.y)
        path = f"M{number(start.x)} {number(start.y)}L{number(end.x - 6 * way)} {number(end.y)}"
        tip = arrow(end, way, 0, "tip broken")
    title = f"<title>{finding.number}: {escape(finding.text)}</title>"
    return f'<path class="violation" d="{path}">{title}</path>{tip}'
