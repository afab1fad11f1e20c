"""`causeway reach`: the matrix as a grid where it fits, else as a list of what is open."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator

from causeway.model.reach import ANY, Cell, Endpoint, Matrix, Node, NodeKind, Verdict

from . import table
from .console import Console
from .options import facts, others
from .stacks import LoadedStack, read, report_assertions, report_warnings
from .wording import LEGEND, WORDS, at, cell_as_json, node, some

COLUMNS = ("source", "destination", "port", "protocol", "verdict", "kind", "reason")
OPEN = (Verdict.ALLOWED, Verdict.UNKNOWN)


def configure(parser: argparse.ArgumentParser) -> None:
    others(parser)
    parser.add_argument(
        "nodes",
        nargs="*",
        metavar="NAME",
        help="show only cells with one of these as source or destination",
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument(
        "--json", action="store_true", help="print every cell with its path and reasons"
    )
    form.add_argument("--markdown", action="store_true", help="print a Markdown table")
    form.add_argument("--csv", action="store_true", help="print CSV, one line per cell")
    parser.add_argument(
        "--no-leaks", action="store_true", help="omit the list of unexpected exposure"
    )


def run(options: argparse.Namespace, console: Console) -> int:
    loaded = read(options, facts(options))
    report_warnings(loaded, console)
    matrix = loaded.matrix
    only = {node(matrix, name) for name in options.nodes}
    if options.json:
        console.print(_json(loaded, only))
    elif options.csv:
        rows = [_row(cell) for cell in cells(matrix, only)]
        console.print(table.comma_separated(COLUMNS, rows))
    elif options.markdown:
        console.print(table.markdown(*grid(matrix, only)))
    else:
        _print(loaded, only, console, leaks=not options.no_leaks)
    return report_assertions(loaded, console)


def cells(matrix: Matrix, only: set[Node]) -> Iterator[Cell]:
    for cell in matrix.cells():
        if not only or {cell.source, cell.destination} & only:
            yield cell


def _row(cell: Cell) -> list[str]:
    reason = cell.reasons[0].text if cell.reasons else ""
    port = "" if cell.port is None else str(cell.port)
    ends = [str(cell.source), str(cell.destination), port, cell.protocol]
    return [*ends, cell.verdict.value, cell.kind.value, reason]


def _json(loaded: LoadedStack, only: set[Node]) -> str:
    matrix = loaded.matrix
    content = {
        "stack": loaded.stack.name,
        "engine": {
            "version": ".".join(map(str, matrix.facts.version)) if matrix.facts.version else None,
            "firewallBackend": matrix.facts.firewall.value,
            "userlandProxy": matrix.facts.userland_proxy,
        },
        "nodes": [
            {"name": str(each), "kind": each.kind.value, "replicas": each.replicas}
            for each in matrix.nodes
        ],
        "cells": [cell_as_json(cell, loaded.base) for cell in cells(matrix, only)],
        "leaks": [
            {
                "kind": leak.kind.value,
                "text": leak.text,
                "nodes": [str(each) for each in leak.nodes],
                "networks": list(leak.networks),
                "at": at(leak.place, loaded.base),
            }
            for leak in matrix.leaks
        ],
    }
    return json.dumps(content, indent=2)


def grid(matrix: Matrix, only: set[Node]) -> tuple[list[str], list[list[str]]]:
    """One row per group of sources, one column per destination and port; a group is services with
    the same verdicts."""
    sources = _sources(matrix, only)
    targets = list(_targets(matrix, only))
    heading = ["", *(_column(group, endpoint) for group, endpoint in targets)]
    rows = []
    for origin in sources:
        row = [some(origin)]
        for target, endpoint in targets:
            if only and not only & {*origin, *target}:
                row.append("")
            else:
                row.append(_word(matrix, origin, target, endpoint))
        rows.append(row)
    return heading, rows


def _column(target: tuple[Node, ...], endpoint: Endpoint) -> str:
    return some(target) if endpoint == ANY else f"{some(target)}:{_port(endpoint)}"


def _port(endpoint: Endpoint) -> str:
    if endpoint == ANY:
        return "any"
    return str(endpoint.port) if endpoint.protocol == "tcp" else str(endpoint)


def _word(
    matrix: Matrix, origin: tuple[Node, ...], target: tuple[Node, ...], endpoint: Endpoint
) -> str:
    first, last = origin[0], target[-1]
    if (first == last and first.replicas == 1) or not matrix.concerns(first, last):
        return "-"
    return WORDS[matrix.verdict(first, last, endpoint)]


def _sources(matrix: Matrix, only: set[Node]) -> list[tuple[Node, ...]]:
    return _with_groups(matrix, matrix.sources(), only)


def _with_groups(
    matrix: Matrix, nodes: tuple[Node, ...], only: set[Node]
) -> list[tuple[Node, ...]]:
    others = [(each,) for each in nodes if each.kind is not NodeKind.SERVICE]
    if not only:
        return [*matrix.groups, *others]
    alone = {each for each in only if each.kind is NodeKind.SERVICE}
    groups: list[tuple[Node, ...]] = []
    for group in matrix.groups:
        rest = tuple(each for each in group if each not in alone)
        groups += [(each,) for each in group if each in alone]
        groups += [rest] if rest else []
    return [*groups, *others]


def _targets(matrix: Matrix, only: set[Node]) -> Iterator[tuple[tuple[Node, ...], Endpoint]]:
    """Declared ports; `any` for services that declare none, and for nodes that are not services."""
    for group in _with_groups(matrix, matrix.destinations(), only):
        endpoints = matrix.endpoints_of(group[0])
        declared = [endpoint for endpoint in endpoints if endpoint != ANY]
        for endpoint in declared or endpoints:
            yield group, endpoint


def _print(loaded: LoadedStack, only: set[Node], console: Console, leaks: bool) -> None:
    heading, rows = grid(loaded.matrix, only)
    if table.width(heading, rows) <= console.width:
        console.print(table.aligned(heading, rows, console.styled))
    else:
        _print_list(loaded.matrix, only, console)
    console.print()
    console.print(console.styled(LEGEND, "dim"))
    if not leaks or not loaded.matrix.leaks:
        return
    console.print("\nUnexpected exposure:")
    for leak in loaded.matrix.leaks:
        where = at(leak.place, loaded.base)
        console.print(f"  - {leak.text}" + (f"  ({where})" if where else ""))


def _print_list(matrix: Matrix, only: set[Node], console: Console) -> None:
    rows: list[list[str]] = []
    closed: Counter[str] = Counter()
    targets = list(_targets(matrix, only))
    for origin in _sources(matrix, only):
        for target, endpoint in targets:
            first, last = origin[0], target[-1]
            if only and not only & {*origin, *target}:
                continue
            if (first == last and first.replicas == 1) or not matrix.concerns(first, last):
                continue
            pairs = len(origin) * len(target)
            verdict = matrix.verdict(first, last, endpoint)
            if verdict not in OPEN:
                closed[WORDS[verdict]] += pairs
                continue
            kind = matrix.decide(first, last, endpoint).kind.value
            port = _port(endpoint)
            rows.append([some(origin), "->", some(target), port, WORDS[verdict], kind])
    heading = ["source", "", "destination", "port", "verdict", "by"]
    console.print(table.aligned(heading, rows, console.styled))
    if closed:
        rest = ", ".join(f"{number} {word}" for word, number in sorted(closed.items()))
        console.print(f"not open: {rest}")
