"""All cells of a matrix for a page: a mark for each pair, and the details as compact JSON.

Texts and explanations are stored once and referenced by number, since a large stack has thousands
of cells with few different verdicts.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from causeway.model.errors import shorten
from causeway.model.reach.matrix import Matrix
from causeway.model.reach.values import Cell, Hop, Node, NodeKind, PathKind, Reason, Verdict

from .scene import Scene

# The order of nodes that are not services, before the rows and after the columns.
OUTSIDE = (NodeKind.WORLD, NodeKind.LAN, NodeKind.HOST, NodeKind.INTERNET, NodeKind.DNS)
Mark = Literal["broken", "open", "port", "unknown", "closed", "self", "none"]


@dataclass(frozen=True, slots=True)
class End:
    """A row or column: `id` is the id of the card or place in the picture."""

    id: str
    name: str
    node: Node
    group: str


@dataclass(frozen=True, slots=True)
class Flows:
    """`marks` has a row per source, in the order of `sources` and `destinations`."""

    sources: tuple[End, ...]
    destinations: tuple[End, ...]
    marks: tuple[tuple[Mark, ...], ...]
    data: str


class _Numbered:
    """Values numbered in the order of first use, each stored once."""

    def __init__(self) -> None:
        self.known: dict[Hashable, int] = {}

    def number(self, value: Hashable) -> int:
        return self.known.setdefault(value, len(self.known))

    def values(self) -> list[Hashable]:
        return list(self.known)


def flows(scene: Scene, matrix: Matrix, order: Sequence[str], base: str) -> Flows:
    """`order` holds the ids of the cards in the order of the picture."""
    cards = {card.id: card for card in scene.cards}
    services = [
        End(each, cards[each].name, cards[each].node, " ".join(cards[each].areas)) for each in order
    ]
    sources = [*_places(matrix.sources()), *services]
    destinations = [*services, *_places(matrix.destinations())]
    broken = {finding.flow for finding in scene.of_kind("violation") if finding.flow}
    texts, whys, endpoints = _Numbered(), _Numbered(), _Numbered()
    marks: list[tuple[Mark, ...]] = []
    rows: list[list[list[int]]] = []
    for source in sources:
        pairs = [tuple(matrix.between(source.node, end.node)) for end in destinations]
        found = zip(destinations, pairs, strict=True)
        marks.append(tuple(_mark(source, end, cells, broken) for end, cells in found))
        rows.append([_numbers(cells, texts, whys, endpoints, base) for cells in pairs])
    data = {
        "sources": [end.id for end in sources],
        "destinations": [end.id for end in destinations],
        "names": {end.id: end.name for end in (*sources, *destinations)},
        "verdicts": [verdict.value for verdict in Verdict],
        "kinds": [kind.value for kind in PathKind],
        "endpoints": endpoints.values(),
        "texts": texts.values(),
        "whys": whys.values(),
        "cells": rows,
        "about": {card.id: card.about for card in scene.cards},
    }
    return Flows(tuple(sources), tuple(destinations), tuple(marks), _as_json(data))


def _places(nodes: Sequence[Node]) -> Iterator[End]:
    for kind in OUTSIDE:
        for node in nodes:
            if node.kind is kind:
                yield End(node.name, node.name, node, "outside")


def _mark(source: End, end: End, cells: Sequence[Cell], broken: set[tuple[str, str]]) -> Mark:
    if source.id == end.id:
        return "self"
    if not cells:
        return "none"
    if (source.id, end.id) in broken:
        return "broken"
    kinds = {cell.kind for cell in cells if cell.verdict is Verdict.ALLOWED}
    if kinds:
        return "port" if kinds == {PathKind.PUBLISHED_PORT} else "open"
    return "unknown" if any(cell.verdict is Verdict.UNKNOWN for cell in cells) else "closed"


def _numbers(
    cells: Sequence[Cell], texts: _Numbered, whys: _Numbered, endpoints: _Numbered, base: str
) -> list[int]:
    """Three numbers per cell: endpoint, verdict, explanation."""
    verdicts, kinds = list(Verdict), list(PathKind)
    found = []
    for cell in cells:
        why = (
            kinds.index(cell.kind),
            tuple(texts.number(_told(hop, base)) for hop in cell.path),
            tuple(texts.number(_told(reason, base)) for reason in cell.reasons),
        )
        found += [
            endpoints.number(str(cell.endpoint)),
            verdicts.index(cell.verdict),
            whys.number(why),
        ]
    return found


def _told(line: Hop | Reason, base: str) -> tuple[str, str]:
    place = line.place
    return line.text, f"{shorten(place.file, base)}:{place.line}" if place and place.file else ""


def _as_json(data: Mapping[str, object]) -> str:
    """Safe inside a script element."""
    return json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")
