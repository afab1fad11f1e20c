"""Draws docs/benchmark.svg from the content of benchmark.json: bars for actions, a growth line."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape

from bench.report import ACTIONS, RATIO_SERVICES, SUBJECTS

WIDTH, ROW, GAP, LEFT, RIGHT = 760, 18, 12, 200, 80
CHART = 180  # height of the growth chart
# Colours with a contrast of at least 3:1 on both white and GitHub's dark background.
STYLE = """
    text { font: 12px system-ui, sans-serif; fill: #24292f; }
    .title { font-weight: 600; font-size: 13px; }
    .back { fill: #ffffff; } .axis { stroke: #8c959f; stroke-width: 1; }
    .causeway { fill: #1f6feb; } .api { fill: #8c959f; } .compose { fill: #bf8700; }
    .empty { fill: #8250df; } .inspects { fill: #1a7f37; }
    .growth { fill: none; stroke: #1f6feb; stroke-width: 2; }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3; } .back { fill: #0d1117; }
    }"""


def draw(measured: dict[str, Any]) -> str:
    bars, height = _bars(measured["seconds"], top=44)
    growth = _growth(measured["preview_growth_seconds"], top=height + 40)
    total = height + 40 + CHART + 50
    body = "\n".join(f"  {line}" for line in [*bars, *growth])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {total}" '
        f'width="{WIDTH}" height="{total}" role="img" '
        f'aria-label="Benchmark: seconds for each action and growth of a preview">\n'
        f"  <style>{STYLE}\n  </style>\n"
        f'  <rect class="back" width="{WIDTH}" height="{total}"/>\n{body}\n</svg>\n'
    )


def _bars(seconds: dict[str, Any], top: float) -> tuple[list[str], float]:
    key = str(RATIO_SERVICES)
    largest = max(by[key] for each in seconds.values() for by in each.values() if key in by)
    scale = (WIDTH - LEFT - RIGHT) / largest
    lines = [_text(16, 24, f"{RATIO_SERVICES} services on two networks: seconds", "title")]
    y = top
    for action, title in ACTIONS.items():
        lines.append(_text(16, y + 13, title.partition(",")[0] + _note(title)))
        for subject, name in SUBJECTS.items():
            value = seconds.get(action, {}).get(subject, {}).get(key)
            if value is None:
                continue
            width = value * scale
            lines.append(
                f'<rect class="{subject}" x="{LEFT}" y="{y:.1f}" width="{width:.1f}" '
                f'height="{ROW - 4}" rx="2"/>'
            )
            inside = width > (WIDTH - LEFT - RIGHT) / 2
            label = f"{value:.1f} s  {name}"
            if inside:
                lines.append(_text(LEFT + width + 6, y + 11, f"{value:.1f} s"))
                lines.append(_text(LEFT + 6, y + 11, name, "", 'style="fill:#ffffff"'))
            else:
                lines.append(_text(LEFT + width + 6, y + 11, label))
            y += ROW
        y += GAP
    return lines, y


def _note(title: str) -> str:
    if "one service changed" in title:
        return " (one changed)"
    return " (unchanged)" if "nothing changed" in title else ""


def _growth(growth: dict[str, float], top: float) -> list[str]:
    points = [(int(services), value) for services, value in growth.items()]
    most, slowest = max(n for n, _ in points), max(value for _, value in points)
    base = top + CHART
    wide = WIDTH - LEFT - RIGHT

    def place(services: int, value: float) -> tuple[float, float]:
        return LEFT + services / most * wide, base - value / slowest * (CHART - 30)

    lines = [
        _text(16, top, "preview of unchanged services: seconds by number of services", "title"),
        f'<line class="axis" x1="{LEFT}" y1="{base}" x2="{WIDTH - RIGHT}" y2="{base}"/>',
        f'<line class="axis" x1="{LEFT}" y1="{top + 14}" x2="{LEFT}" y2="{base}"/>',
    ]
    placed = [place(services, value) for services, value in points]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in placed)
    lines.append(f'<polyline class="growth" points="{path}"/>')
    for (services, value), (x, y) in zip(points, placed, strict=True):
        lines.append(f'<circle class="causeway" cx="{x:.1f}" cy="{y:.1f}" r="3.5"/>')
        lines.append(_text(x, y - 9, f"{value:.1f}", "", 'text-anchor="middle"'))
        lines.append(_text(x, base + 18, str(services), "", 'text-anchor="middle"'))
    return lines


def _text(x: float, y: float, text: str, kind: str = "", extra: str = "") -> str:
    css = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.1f}" y="{y:.1f}"{css} {extra}>{escape(text)}</text>'
