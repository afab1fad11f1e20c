"""Renders a difference of reachability as text: opened flows first, one line per flow."""

from __future__ import annotations

from collections.abc import Sequence

from causeway.model.errors import shorten

from .difference import Change, Difference
from .values import Cell, Verdict

MOST = 20


def gained(difference: Difference, base: str = "", most: int | None = MOST) -> str:
    """The flows that a change opens, those from outside first; empty if none."""
    number = len(difference.gained)
    if not number:
        return ""
    head = f"reach: this opens {number} {'flow' if number == 1 else 'flows'}"
    return "\n".join([head, *_lines("+", difference.gained, base, most)])


def lost(difference: Difference, base: str = "", most: int | None = MOST) -> str:
    """The flows that a change closes; empty if none."""
    number = len(difference.lost)
    if not number:
        return ""
    head = f"reach: this closes {number} {'flow' if number == 1 else 'flows'}"
    return "\n".join([head, *_lines("-", difference.lost, base, most)])


def summary(difference: Difference) -> str:
    return (
        f"reach: {len(difference.gained)} opened, {len(difference.lost)} closed, "
        f"{difference.unchanged} unchanged"
    )


def _lines(sign: str, changes: Sequence[Change], base: str, most: int | None) -> list[str]:
    shown = changes if most is None else changes[:most]
    flows = [flow_of(change) for change in shown]
    width = max(len(flow) for flow in flows)
    lines = [
        f"  {sign} {flow:<{width}}  {_how(change, base)}"
        for flow, change in zip(flows, shown, strict=True)
    ]
    if len(changes) > len(shown):
        lines.append(f"  {sign} and {len(changes) - len(shown)} more: `causeway diff` lists them")
    return lines


def flow_of(change: Change) -> str:
    """`nginx -> database:5432/tcp`; without a port if none is declared."""
    port = "" if change.endpoint.port is None else f":{change.endpoint}"
    return f"{change.source} -> {change.destination}{port}"


def _how(change: Change, base: str) -> str:
    how = f"{change.cell.kind.value} {change.at}".strip()
    if change.cell.verdict is Verdict.UNKNOWN:
        reason = change.cell.reasons[0].text if change.cell.reasons else ""
        return f"may be open: {reason}" if reason else "may be open"
    place = place_of(change.cell, base)
    return f"{how}  ({place})" if place else how


def place_of(cell: Cell, base: str = "") -> str:
    """The place in the file that opens a cell: that of the published port, else of the last hop."""
    for hop in reversed(cell.path):
        if hop.place is not None and hop.place.file:
            return f"{shorten(hop.place.file, base)}:{hop.place.line}"
    return ""
