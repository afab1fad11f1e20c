"""`causeway explain SOURCE DESTINATION[:PORT]`: one verdict, its reasons, and each path tried."""

from __future__ import annotations

import argparse
import re

from causeway.model.extension.assertions import Kind
from causeway.model.reach import ANY, Cell, Endpoint, LeakKind, Node, NodeKind, PathKind, Verdict

from .console import Console
from .options import facts, others
from .problem import UsageError
from .stacks import LoadedStack, read
from .table import STYLES
from .wording import WORDS, label, node, placed


def configure(parser: argparse.ArgumentParser) -> None:
    others(parser)
    parser.add_argument("source", metavar="SOURCE", help="a service, host, world or lan")
    parser.add_argument(
        "destination",
        metavar="DESTINATION[:PORT[/udp]]",
        help="a service, host, internet or dns; without a port, every declared port",
    )


def run(options: argparse.Namespace, console: Console) -> int:
    name, endpoint = destination(options.destination)
    loaded = read(options, facts(options))
    matrix = loaded.matrix
    source, target = node(matrix, options.source), node(matrix, name)
    endpoints = matrix.endpoints_of(target) if endpoint is None else (endpoint,)
    for number, each in enumerate(endpoints):
        if number:
            console.print()
        _explain(matrix.decide(source, target, each), loaded, console)
    _pivots(source, target, loaded, console)
    _assertions(source, target, loaded, console)
    return 0


def destination(text: str) -> tuple[str, Endpoint | None]:
    """`database:5432/udp` as a name and an endpoint; raises UsageError for a bad port."""
    name, colon, port = text.partition(":")
    if not colon:
        return name, None
    match = re.fullmatch(r"(\d{1,5})(?:/(tcp|udp|sctp))?", port)
    if match is None or not 1 <= int(match[1]) <= 65535:
        raise UsageError(f"{port!r} is not a port such as 5432 or 53/udp")
    return name, Endpoint(int(match[1]), match[2] or "tcp")


def _explain(cell: Cell, loaded: LoadedStack, console: Console) -> None:
    port = "any port" if cell.endpoint == ANY else str(cell.endpoint)
    word = WORDS[cell.verdict]
    by = f" by {cell.kind.value}" if cell.verdict is Verdict.ALLOWED else ""
    ends = f"{label(cell.source)} -> {label(cell.destination)}, {port}"
    console.print(f"{ends}: {console.styled(word.upper(), STYLES[word])}{by}")
    for number, hop in enumerate(cell.path, 1):
        console.print(f"  {number}. {placed(hop, loaded.base)}")
    for reason in cell.reasons:
        console.print(f"  because {placed(reason, loaded.base)}")
    others = [way for way in cell.ways if way.reasons != cell.reasons[: len(way.reasons)]]
    for way in others:
        what = way.kind.value if way.kind is not PathKind.NONE else "its own address"
        reasons = "; ".join(placed(reason, loaded.base) for reason in way.reasons)
        console.print(f"  also tried, {what}: {WORDS[way.verdict]}: {reasons}")


def _pivots(source: Node, target: Node, loaded: LoadedStack, console: Console) -> None:
    """Print the services that connect the two indirectly, when there is no direct path."""
    matrix = loaded.matrix
    services = NodeKind.SERVICE
    if source.kind is not services or target.kind is not services or source == target:
        return
    if matrix.cell(source, target).verdict is Verdict.ALLOWED:
        return
    for leak in matrix.leaks:
        if leak.kind is not LeakKind.PIVOT or {source, target} & set(leak.nodes):
            continue
        through = leak.nodes[0]
        ends = (matrix.cell(source, through).verdict, matrix.cell(through, target).verdict)
        if ends == (Verdict.ALLOWED, Verdict.ALLOWED):
            console.print(
                f"\nOnly through {through}, which is on {' and '.join(leak.networks)}, "
                "if it is compromised or forwards traffic."
            )


def _assertions(source: Node, target: Node, loaded: LoadedStack, console: Console) -> None:
    if source.beside or target.beside:
        return
    names = {source.name, target.name}
    said = [
        f"  {each.kind.value}: {each}"
        for each in loaded.assertions.readable
        if each.kind is not Kind.FLOWS and {each.source.name, each.destination.name} == names
    ]
    if said:
        console.print("\nThe stack file says:")
        console.print("\n".join(said))
