"""Checks whether a matrix satisfies the assertions of a Compose file, and shows the path if not.

One open path breaks `never`, one pair without an open path breaks `always`. A verdict that
is unknown is a warning. `*` is every other service and the world; the host must be named.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from causeway.model.errors import StackError, shorten
from causeway.model.reach.matrix import Matrix
from causeway.model.reach.values import (
    DNS,
    HOST,
    INTERNET,
    LAN,
    WORLD,
    Cell,
    Endpoint,
    Hop,
    Node,
    Reason,
    Verdict,
)
from causeway.model.values import Flow, Problem, Stack

from .parse import Assertion, Assertions, Kind, Side

OUTSIDE = {"host": (HOST,), "lan": (LAN,), "internet": (INTERNET,), "dns": (DNS,)}
MOST_NAMED = 5


def check_assertions(assertions: Assertions, stack: Stack, matrix: Matrix) -> tuple[Problem, ...]:
    """Every assertion that is invalid or does not hold, with its witness, sorted by place."""
    problems = [*assertions.problems]
    for assertion in assertions.readable:
        problems += _problems(assertion, stack, matrix)
    flows = [assertion for assertion in assertions.readable if assertion.kind is Kind.FLOWS]
    if flows:
        problems += _others(flows, stack, matrix)
    return tuple(sorted(set(problems)))


def require_assertions(assertions: Assertions, stack: Stack, matrix: Matrix) -> tuple[Problem, ...]:
    """Warnings about unknown verdicts; raises StackError if an assertion is broken."""
    problems = check_assertions(assertions, stack, matrix)
    if any(problem.severity == "error" for problem in problems):
        raise StackError(problems, str(Path.cwd()))
    return problems


def _problems(assertion: Assertion, stack: Stack, matrix: Matrix) -> Iterator[Problem]:
    """One problem per pair of nodes, for the first port that breaks the assertion."""
    check = _never if assertion.kind is Kind.NEVER else _always
    for origin in _nodes(assertion.source, stack, matrix, as_source=True):
        if origin == LAN and assertion.kind is not Kind.NEVER:
            continue  # for `always` and `flows`, WORLD covers LAN
        for target in _nodes(assertion.destination, stack, matrix, as_source=False):
            if origin != target and (problem := check(assertion, origin, target, matrix)):
                yield problem


def _endpoints(assertion: Assertion, target: Node, matrix: Matrix) -> tuple[Endpoint, ...]:
    if assertion.endpoint is not None:
        return (assertion.endpoint,)
    return matrix.endpoints_of(target)


def _never(assertion: Assertion, origin: Node, target: Node, matrix: Matrix) -> Problem | None:
    verdicts = {
        endpoint: matrix.verdict(origin, target, endpoint)
        for endpoint in _endpoints(assertion, target, matrix)
    }
    for wanted in (Verdict.ALLOWED, Verdict.UNKNOWN):
        for endpoint, verdict in verdicts.items():
            if verdict is wanted:
                cell = matrix.decide(origin, target, endpoint)
                return _told(assertion, cell, sure=verdict is Verdict.ALLOWED)
    return None


def _told(assertion: Assertion, cell: Cell, sure: bool) -> Problem:
    flow = spoken(cell)
    if sure:
        message = f"never {assertion}: but {flow} is open"
        return Problem(
            assertion.place,
            message,
            "error",
            witness(cell),
            code="never-broken",
            flow=_flow(cell),
        )
    message = f"never {assertion}: it is unknown whether {flow} is open"
    return Problem(
        assertion.place, message, "warning", witness(cell), code="never-unknown", flow=_flow(cell)
    )


def _flow(cell: Cell) -> Flow:
    source, destination = cell.source, cell.destination
    return Flow((source.stack, source.name), (destination.stack, destination.name))


def _always(assertion: Assertion, origin: Node, target: Node, matrix: Matrix) -> Problem | None:
    endpoints = _endpoints(assertion, target, matrix)
    verdicts = [matrix.verdict(origin, target, endpoint) for endpoint in endpoints]
    if Verdict.ALLOWED in verdicts:
        return None
    unknown = Verdict.UNKNOWN in verdicts
    first = verdicts.index(Verdict.UNKNOWN) if unknown else 0
    cell = matrix.decide(origin, target, endpoints[first])
    word = "it is unknown whether it is open" if unknown else f"it is {cell.verdict.value}"
    message = f"{assertion.kind.value} {assertion}: {spoken(cell)}: {word}"
    severity: Literal["error", "warning"] = "warning" if unknown else "error"
    code = f"{assertion.kind.value}-{'unknown' if unknown else 'broken'}"
    return Problem(assertion.place, message, severity, witness(cell), code=code, flow=_flow(cell))


def _others(flows: list[Assertion], stack: Stack, matrix: Matrix) -> Iterator[Problem]:
    """Warn about open flows between services that are not listed; only networks can close them."""
    listed = {
        (origin, target, endpoint)
        for flow in flows
        for origin in _nodes(flow.source, stack, matrix, as_source=True)
        for target in _nodes(flow.destination, stack, matrix, as_source=False)
        for endpoint in _endpoints(flow, target, matrix)
    }
    services = [node for node in matrix.services() if node.stack == stack.name]
    others = [
        f"{origin} -> {target}:{endpoint}"
        for origin in services
        for target in services
        if origin != target
        for endpoint in matrix.endpoints.get(target, ())
        if (origin, target, endpoint) not in listed
        and matrix.verdict(origin, target, endpoint) is Verdict.ALLOWED
    ]
    if others:
        rest = f" and {len(others) - MOST_NAMED} more" if len(others) > MOST_NAMED else ""
        message = (
            f"flows are checked, not enforced; the networks also allow: "
            f"{', '.join(others[:MOST_NAMED])}{rest}"
        )
        place = flows[0].place
        yield Problem(place, message, "warning", code="flows-not-enforced")


def _nodes(side: Side, stack: Stack, matrix: Matrix, as_source: bool) -> tuple[Node, ...]:
    services = [node for node in matrix.services() if node.stack == stack.name]
    if side.what == "service":
        return tuple(node for node in services if node.name == side.name)
    if side.what == "network":
        members = {
            service.name
            for service in stack.services
            if side.name in (each.network for each in service.attachments)
        }
        return tuple(node for node in services if node.name in members)
    if side.what == "all":
        return (*services, *((WORLD, LAN) if as_source else (INTERNET,)))
    if side.name == "world":
        # A machine on the host's LAN is part of the world.
        return (WORLD, LAN) if as_source else (INTERNET,)
    return OUTSIDE[side.name]


def spoken(cell: Cell) -> str:
    """`nginx -> database:5432/tcp`; a destination without a port means any port."""
    port = "" if cell.port is None else f":{cell.endpoint}"
    return f"{cell.source} -> {cell.destination}{port}"


def witness(cell: Cell) -> tuple[str, ...]:
    """The path of a cell, one line per hop with the place that opens it; otherwise the reasons."""
    if cell.path:
        return tuple(f"{number}. {_placed(hop)}" for number, hop in enumerate(cell.path, 1))
    return tuple(f"because {_placed(reason)}" for reason in cell.reasons)


def _placed(line: Hop | Reason) -> str:
    if line.place is None or not line.place.file:
        return line.text
    return f"{line.text}  ({shorten(line.place.file, str(Path.cwd()))}:{line.place.line})"
