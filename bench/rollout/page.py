"""Writes docs/rollout.json, .md and .svg from the measurements."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from bench.plot import STYLE
from bench.rollout.course import Phase, Result

WIDTH, ROW, LEFT, RIGHT = 760, 16, 210, 120
BEGIN, END = "<!-- measured -->", "<!-- end of measured -->"


def write(results: Sequence[Result], docs: Path) -> None:
    """Replace only the measured part of the page."""
    (docs / "rollout.json").write_text(
        json.dumps([result.as_json() for result in results], indent=1) + "\n"
    )
    (docs / "rollout.svg").write_text(draw(results))
    page = docs / "rollout.md"
    before, _, rest = page.read_text().partition(BEGIN)
    page.write_text(f"{before}{BEGIN}\n{measured(results)}{END}{rest.partition(END)[2]}")


def measured(results: Sequence[Result]) -> str:
    kernel = platform.release().partition("-")[0]
    lines = [
        f"On {os.cpu_count()} processors ({platform.machine()}, Linux {kernel}):",
        "",
        "| subject | requests sent | failed | seconds with failures |",
        "| --- | --- | --- | --- |",
    ]
    lines += [
        f"| {each.subject} | {each.sent} | {each.failed} | {each.interrupted:.1f} |"
        for each in results
    ]
    for result in results:
        lines += ["", f"{result.subject}:", ""]
        lines += ["| step | s | sent | failed | p50 ms | p99 ms |", "| --- " * 6 + "|"]
        lines += [
            f"| {phase.name} | {phase.seconds:.1f} | {phase.sent} | {phase.failed} "
            f"| {phase.p50 * 1000:.0f} | {phase.p99 * 1000:.0f} |"
            for phase in result.phases
        ]
    return "\n".join(lines) + "\n"


def draw(results: Sequence[Result]) -> str:
    """Draw bars: the median in full colour over the 99th percentile in a pale one."""
    rows: list[str] = []
    y = 20.0
    slowest = max(phase.p99 for result in results for phase in _kinds(result.phases)) or 1.0
    scale = (WIDTH - LEFT - RIGHT) / slowest
    for result in results:
        rows.append(_text(16, y + 10, f"{result.subject}: p50 and p99 in ms", "title"))
        y += 22
        for phase in _kinds(result.phases):
            note = f", {phase.failed} failed" if phase.failed else ""
            long, short = max(1.0, phase.p99 * scale), max(1.0, phase.p50 * scale)
            kind = "compose" if result.subject.startswith("docker-compose") else "causeway"
            label = f"{phase.p50 * 1000:.0f} / {phase.p99 * 1000:.0f}{note}"
            rows += [
                _text(16, y + 9, phase.name),
                f'<rect class="{kind}" opacity="0.35" x="{LEFT}" y="{y:.1f}" width="{long:.1f}" '
                f'height="{ROW - 5}"/>',
                f'<rect class="{kind}" x="{LEFT}" y="{y:.1f}" width="{short:.1f}" '
                f'height="{ROW - 5}"/>',
                _text(LEFT + long + 6, y + 9, label),
            ]
            y += ROW
        y += 14
    body = "\n".join(f"  {row}" for row in rows)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y:.0f}" width="{WIDTH}" '
        f'height="{y:.0f}" role="img" aria-label="Latencies before and during changes">\n'
        f'  <style>{STYLE}\n  </style>\n  <rect class="back" width="{WIDTH}" height="{y:.0f}"/>\n'
        f"{body}\n</svg>\n"
    )


def _kinds(phases: Sequence[Phase]) -> list[Phase]:
    """One bar per kind of step: the worst of the repeated ones."""
    found: dict[str, Phase] = {}
    for phase in phases:
        kind = phase.name.rstrip("0123456789 ") if "scale" not in phase.name else phase.name
        failures = phase.failed + (found[kind].failed if kind in found else 0)
        worst = max(found.get(kind, phase), phase, key=lambda each: each.p99)
        found[kind] = Phase(
            kind, worst.seconds, worst.sent, failures, worst.again, 0.0, worst.p50, worst.p99
        )
    return list(found.values())


def _text(x: float, y: float, text: str, kind: str = "") -> str:
    css = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.1f}" y="{y:.1f}"{css}>{escape(text)}</text>'
