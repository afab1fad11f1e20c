"""Verdicts, nodes and places as text for a terminal and for JSON."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from causeway.model.errors import shorten
from causeway.model.reach import Cell, Hop, Matrix, Node, Reason, Verdict
from causeway.model.values import Place

from .problem import UsageError

WORDS = {
    Verdict.ALLOWED: "allowed",
    Verdict.DROPPED: "dropped",
    Verdict.REJECTED: "rejected",
    Verdict.UNREACHABLE: "no route",
    Verdict.NO_LISTENER: "no listener",
    Verdict.UNKNOWN: "unknown",
}
LEGEND = (
    "allowed: packets arrive; dropped: no answer until a timeout; no route: fails at once; "
    "no listener: the path is open, but nothing listens"
)


def node(matrix: Matrix, name: str) -> Node:
    """The node with this name; raises UsageError that lists the known names."""
    found = matrix.node(name)
    if found is not None:
        return found
    names = [str(each) for each in matrix.nodes]
    near = get_close_matches(name, names, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise UsageError(f"unknown name {name!r} (known: {', '.join(names)}){hint}")


def label(each: Node) -> str:
    return str(each) if each.replicas == 1 else f"{each} x{each.replicas}"


def some(nodes: Iterable[Node], most: int = 3) -> str:
    names = [label(each) for each in nodes]
    if len(names) <= most:
        return ", ".join(names)
    return f"{names[0]} and {len(names) - 1} like it"


def at(place: Place | None, base: str) -> str:
    if place is None or not place.file:
        return ""
    return f"{shorten(place.file, base)}:{place.line}"


def placed(line: Hop | Reason, base: str) -> str:
    where = at(line.place, base)
    return f"{line.text}  ({where})" if where else line.text


def cell_as_json(cell: Cell, base: str) -> dict[str, object]:
    return {
        "source": str(cell.source),
        "destination": str(cell.destination),
        "port": cell.port,
        "protocol": cell.protocol,
        "verdict": cell.verdict.value,
        "kind": cell.kind.value,
        "path": [_line(hop, base) for hop in cell.path],
        "reasons": [_line(reason, base) for reason in cell.reasons],
    }


def _line(line: Hop | Reason, base: str) -> dict[str, object]:
    where = at(line.place, base)
    return {"text": line.text, "at": where} if where else {"text": line.text}
