"""The content of a picture, before layout: areas, services, ports, findings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from causeway.drawing.draw.graph import spoken
from causeway.model.errors import shorten
from causeway.model.reach.matrix import Matrix
from causeway.model.reach.values import WORLD, Endpoint, LeakKind, Node, Verdict
from causeway.model.values import Place, Problem, Service, Stack

from .areas import Area, Areas

NO_PORT = "no port declared"
Kind = Literal["violation", "unsure", "pivot", "leak"]


@dataclass(frozen=True, slots=True)
class Socket:
    """A published port at the edge. If not `is_open`, it cannot be reached from outside."""

    label: str
    is_open: bool


@dataclass(frozen=True, slots=True)
class Card:
    """A service. `areas` are ids; `about` describes its position and marks as text."""

    id: str
    name: str
    node: Node
    areas: tuple[str, ...]
    detail: str
    about: str
    sockets: tuple[Socket, ...] = ()
    is_pivot: bool = False
    findings: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """A broken assertion, a pivot, or another leak; `flow` holds the ids of two ends, `code` the
    problem's."""

    number: int
    kind: Kind
    text: str
    witness: tuple[str, ...] = ()
    place: str = ""
    cards: tuple[str, ...] = ()
    flow: tuple[str, str] | None = None
    code: str = ""


@dataclass(frozen=True, slots=True)
class Scene:
    title: str
    summary: str
    host: str
    areas: tuple[Area, ...]
    cards: tuple[Card, ...]
    findings: tuple[Finding, ...]

    def of_kind(self, *kinds: Kind) -> tuple[Finding, ...]:
        return tuple(each for each in self.findings if each.kind in kinds)


def scene(
    stacks: Sequence[Stack], matrix: Matrix, problems: Sequence[Problem] = (), base: str = ""
) -> Scene:
    """`problems` are those of the assertions; places are relative to the folder `base`."""
    areas = Areas(stacks, matrix)
    several = len(stacks) > 1
    ids = {
        (node.stack, node.name): f"service-{node.stack}--{node.name}"
        if several
        else f"service-{node.name}"
        for node in matrix.services()
    }
    findings = tuple(_findings(matrix, problems, ids, base))
    marks: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.kind != "leak":
            for card in finding.cards:
                marks.setdefault(card, []).append(finding)
    nodes = {(node.stack, node.name): node for node in matrix.services()}
    cards = []
    for stack in stacks:
        for service in stack.services:
            node = nodes[stack.name, service.name]
            own = ids[stack.name, service.name]
            name = f"{stack.name}/{service.name}" if several else service.name
            cards.append(_card(own, name, node, service, areas, marks.get(own, []), matrix, stack))
    return Scene(
        title=", ".join(stack.name for stack in stacks),
        summary=_summary(cards, areas.found(), findings),
        host=_host(matrix),
        areas=areas.found(),
        cards=tuple(cards),
        findings=findings,
    )


def _summary(cards: Sequence[Card], areas: Sequence[Area], findings: Sequence[Finding]) -> str:
    ports = sum(len(card.sockets) for card in cards)
    networks = sum(area.is_network for area in areas)
    broken = sum(finding.kind == "violation" for finding in findings)
    parts = [_count(len(cards), "service"), _count(networks, "network")]
    parts.append(_count(ports, "published port"))
    pivots = sum(card.is_pivot for card in cards)
    if pivots:
        parts.append(_count(pivots, "pivot"))
    if broken:
        parts.append(_count(broken, "broken assertion"))
    return " · ".join(parts)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _host(matrix: Matrix) -> str:
    version = matrix.facts.version
    return "host" if version is None else f"host · engine {version[0]}.{version[1]}"


def _card(
    own: str,
    name: str,
    node: Node,
    service: Service,
    areas: Areas,
    marks: Sequence[Finding],
    matrix: Matrix,
    stack: Stack,
) -> Card:
    places = areas.of(stack, service)
    sockets = tuple(_sockets(node, service, matrix))
    is_pivot = any(mark.kind == "pivot" for mark in marks)
    mode = service.network_mode or ""
    listening = [str(each) for each in matrix.endpoints.get(node, ())]
    if mode.startswith("service:"):
        detail = f"in {mode.removeprefix('service:')}"
    else:
        detail = " ".join(listening) or NO_PORT
    count = f" \u00d7{service.replicas}" if service.replicas != 1 else ""
    about = [name + (f", {service.replicas} replicas" if count else "")]
    about.append("on " + " and ".join(areas.label(each) for each in places))
    about += [f"in the network namespace of {mode[8:]}"] if mode.startswith("service:") else []
    about += [f"listens on {', '.join(listening)}"] if listening else []
    about += [f"published: {', '.join(each.label for each in sockets)}"] if sockets else []
    about += ["pivot"] if is_pivot else []
    about += [f"breaks an assertion (see {mark.number})" for mark in marks if mark.flow]
    numbers = tuple(mark.number for mark in marks if mark.kind in ("violation", "unsure"))
    return Card(
        own, name + count, node, places, detail, "; ".join(about), sockets, is_pivot, numbers
    )


def _sockets(node: Node, service: Service, matrix: Matrix) -> Iterator[Socket]:
    for port in service.ports if service.network_mode not in ("host", "none") else ():
        verdict = matrix.verdict(WORLD, node, Endpoint(port.target, port.protocol))
        label = spoken(port).replace("->", "→").removesuffix("/tcp")
        yield Socket(label, verdict in (Verdict.ALLOWED, Verdict.UNKNOWN))


def _findings(
    matrix: Matrix,
    problems: Sequence[Problem],
    ids: dict[tuple[str, str], str],
    base: str,
) -> Iterator[Finding]:
    number = 0
    for problem in sorted(problems, key=lambda each: (each.severity, each)):
        number += 1
        flow = problem.flow
        ends = (flow.source, flow.destination) if flow else ()
        known = tuple(ids.get(end, end[1]) for end in ends)
        yield Finding(
            number=number,
            kind="violation" if problem.severity == "error" else "unsure",
            text=problem.message,
            code=problem.code,
            witness=problem.witness,
            place=_spoken_place(problem.place, base),
            cards=tuple(each for each in known if each in ids.values()),
            flow=(known[0], known[1]) if known else None,
        )
    for leak in sorted(matrix.leaks, key=lambda each: each.kind is not LeakKind.PIVOT):
        number += 1
        yield Finding(
            number=number,
            kind="pivot" if leak.kind is LeakKind.PIVOT else "leak",
            text=leak.text,
            place=_spoken_place(leak.place, base),
            cards=tuple(
                ids[node.stack, node.name] for node in leak.nodes if (node.stack, node.name) in ids
            ),
        )


def _spoken_place(place: Place | None, base: str) -> str:
    return f"{shorten(place.file, base)}:{place.line}" if place and place.file else ""


__all__ = ["Area", "Card", "Finding", "Scene", "Socket", "scene"]
