"""A page in one file: the picture, the flows of each service with reasons, and the matrix.

It loads nothing from elsewhere and works as a local file. Without its script it still shows
everything except the flows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

from causeway.model.reach.matrix import Matrix
from causeway.model.values import Problem, Stack

from .boxes import Picture
from .flows import End, Flows, Mark, flows
from .layout import layout
from .palette import DARK, LIGHT, MONO, SANS, shapes, variables
from .scene import Finding, Scene, scene
from .svg import svg
from .text_width import mono

STYLE = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
SCRIPT = Path(__file__).with_name("page.js").read_text(encoding="utf-8")
NARROW = 380
BESIDE = 14  # services up to which the matrix fits next to the picture
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "img-src data:; connect-src 'self'"
)
# One row per mark: its symbol in the matrix, and its meaning.
MARKS: dict[Mark, tuple[str, str]] = {
    "open": ("●", "open"),
    "port": ("◐", "open through a published port"),
    "unknown": ("?", "unknown"),
    "broken": ("✕", "breaks an assertion"),
    "closed": ("·", "closed"),
    "self": ("\u2013", "itself"),
    "none": ("", "not part of this stack"),
}


def as_page(
    stacks: Sequence[Stack],
    matrix: Matrix,
    problems: Sequence[Problem] = (),
    base: str = "",
    refresh_seconds: int | None = None,
) -> str:
    """`refresh_seconds` is the interval at which the page asks its server for changes."""
    found = scene(stacks, matrix, problems, base)
    picture = layout(found)
    order = [
        placed.card.id
        for placed in sorted(picture.cards, key=lambda each: (each.box.y, each.box.x))
    ]
    reached = flows(found, matrix, order, base)
    size = "beside" if len(found.cards) <= BESIDE else "below"
    refresh = f' data-refresh="{refresh_seconds}"' if refresh_seconds else ""
    lines = [
        "<!DOCTYPE html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
        '<meta name="color-scheme" content="light dark">',
        '<link rel="icon" href="data:,">',
        f"<title>{escape(found.title)}: who reaches whom</title>",
        f"<style>\n{_style()}</style>",
        "</head>",
        f'<body class="{size}" style="--side:{_side(reached, size)}px"{refresh}>',
        *_head(found, refresh_seconds),
        "<main>",
        *_picture(picture),
        '<aside id="side">',
        *(_matrix(reached) if size == "beside" else ()),
        *_panel(),
        "</aside>",
        *(_matrix(reached) if size == "below" else ()),
        *_findings(found),
        "</main>",
        f'<script type="application/json" id="data">{reached.data}</script>',
        f"<script>\n{SCRIPT}</script>",
        "</body>",
        "</html>",
    ]
    return "\n".join(lines) + "\n"


def _side(reached: Flows, size: str) -> int:
    """The width of the column next to the picture: that of the matrix if it is there."""
    if size == "below":
        return NARROW
    names = max(mono(end.name, 12) for end in reached.sources)
    return max(NARROW, round(names + 8 + 20 * len(reached.destinations) + 24))


def _style() -> str:
    light, dark = variables(LIGHT), variables(DARK)
    return (
        f":root {{ --sans: {SANS}; --mono: {MONO}; {light} color-scheme: light; }}\n"
        "@media (prefers-color-scheme: dark) { :root:not([data-theme=light]) "
        f"{{ {dark} color-scheme: dark; }} }}\n"
        f":root[data-theme=dark] {{ {dark} color-scheme: dark; }}\n{shapes()}{STYLE}"
    )


def _head(found: Scene, refresh_seconds: int | None) -> Iterator[str]:
    yield '<a class="skip" href="#picture">Skip to the picture</a>'
    yield "<header>"
    yield f'<div class="what"><h1>{escape(found.title)}</h1><p>{escape(found.summary)}</p></div>'
    yield '<nav aria-label="Parts of this page">'
    yield '<a href="#picture">Picture</a> <a href="#matrix">Matrix</a>'
    yield f'<a href="#findings">Findings ({len(found.findings)})</a></nav>'
    yield '<div class="tools">'
    if refresh_seconds:
        yield '<span id="live" role="status">live</span>'
    yield '<label class="find">Find <input id="find" type="search" autocomplete="off"></label>'
    yield '<fieldset id="direction"><legend>Flows</legend>'
    for value, label in (("out", "reaches"), ("in", "reached by"), ("both", "both")):
        checked = " checked" if value == "out" else ""
        yield (
            f'<label><input type="radio" name="direction" value="{value}"{checked}>'
            f"<span>{label}</span></label>"
        )
    yield "</fieldset>"
    yield '<button id="theme" type="button">Theme: system</button>'
    yield "</div></header>"


def _picture(picture: Picture) -> Iterator[str]:
    yield '<section id="picture" aria-label="Picture" tabindex="-1"><div class="scroll">'
    yield svg(picture, interactive=True).rstrip("\n")
    yield "</div></section>"


def _panel() -> Iterator[str]:
    yield '<section id="panel" aria-live="polite" aria-label="Selection">'
    yield "<h2>Select a service</h2>"
    yield (
        "<p>Hover over a service to see what it reaches. Click it or press Enter to select it and "
        "see why. Press Escape to clear the selection.</p></section>"
    )


def _matrix(reached: Flows) -> Iterator[str]:
    yield '<section id="matrix" aria-labelledby="matrix-title" tabindex="-1">'
    yield '<h2 id="matrix-title">Matrix</h2>'
    yield (
        "<p>Each cell shows whether the row reaches the column. Move with the arrow keys; "
        "press Enter to see why.</p>"
    )
    yield '<ul class="key" aria-label="Legend of the matrix">'
    shown = {mark for row in reached.marks for mark in row}
    for mark, (sign, label) in MARKS.items():
        if mark in shown and mark not in ("self", "none"):
            yield f'<li><b class="{mark}" aria-hidden="true">{sign}</b> {label}</li>'
    yield '</ul><div class="scroll"><table role="grid" aria-label="Who reaches whom">'
    columns = "".join(_column(*each) for each in _grouped(reached.destinations))
    yield f"<thead><tr><td></td>{columns}</tr></thead><tbody>"
    for (source, first), row in zip(_grouped(reached.sources), reached.marks, strict=True):
        cells = "".join(
            f'<td class="{mark}{" first" if starts else ""}">{MARKS[mark][0]}</td>'
            for mark, (_, starts) in zip(row, _grouped(reached.destinations), strict=True)
        )
        name = escape(source.name)
        begins = ' class="first"' if first else ""
        yield f'<tr{begins}><th scope="row" data-node="{escape(source.id)}">{name}</th>{cells}</tr>'
    yield "</tbody></table></div></section>"


def _grouped(ends: Sequence[End]) -> Iterator[tuple[End, bool]]:
    """Each end, and whether it is the first of those on the same networks."""
    before = ""
    for end in ends:
        yield end, end.group != before and before != ""
        before = end.group


def _column(end: End, first: bool) -> str:
    look = ' class="first"' if first else ""
    return (
        f'<th scope="col"{look} data-node="{escape(end.id)}"><span>{escape(end.name)}</span></th>'
    )


def _findings(found: Scene) -> Iterator[str]:
    yield '<section id="findings" aria-labelledby="findings-title" tabindex="-1">'
    yield '<h2 id="findings-title">Findings</h2>'
    if not found.findings:
        yield "<p>None: every assertion holds, and nothing is unexpectedly exposed.</p>"
    groups = (
        (("violation", "unsure"), "Assertions"),
        (("pivot",), "Pivots: a path between networks if compromised"),
        (("leak",), "Unexpected exposure"),
    )
    for kinds, title in groups:
        listed = [each for each in found.findings if each.kind in kinds]
        if listed:
            yield f"<h3>{title}</h3><ol>"
            yield from (_finding(each) for each in listed)
            yield "</ol>"
    yield "</section>"


def _finding(finding: Finding) -> str:
    witness = "".join(f"<li>{escape(line)}</li>" for line in finding.witness)
    place = f' <span class="place">{escape(finding.place)}</span>' if finding.place else ""
    flow = f' data-flow="{escape(" ".join(finding.flow))}"' if finding.flow else ""
    show = (
        f'<button type="button" class="show" data-cards="{escape(" ".join(finding.cards))}"{flow}>'
        "show</button>"
        if finding.cards
        else ""
    )
    return (
        f'<li class="{finding.kind}" value="{finding.number}"><span>{escape(finding.text)}</span>'
        f"{place} {show}" + (f"<ul>{witness}</ul>" if witness else "") + "</li>"
    )
