"""Parses assertions: `SOURCE -> DESTINATION[:PORT[/PROTOCOL]]`.

A side is a service, `network NAME`, `host`, `world`, `lan`, `internet`, `dns` or `*`. What the
sides mean in a matrix is decided in `check`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from enum import Enum

from causeway.model.reach.values import Endpoint
from causeway.model.rule_context import known
from causeway.model.source import SourceIndex
from causeway.model.values import Place, Problem, Stack

OUTSIDE = ("host", "world", "lan", "internet", "dns")
FORM = "write `SOURCE -> DESTINATION`, `SOURCE -> DESTINATION:PORT` or `...:PORT/udp`"
PATTERN = re.compile(
    r"\s*(?P<source>\S+(?:\s+[^\s:>-]\S*)?)\s*->\s*"
    r"(?P<destination>(?:network\s+)?[^\s:]+)(?::(?P<port>[^\s/]*)(?:/(?P<protocol>\S*))?)?\s*"
)
SECTION = "x-causeway"


class Kind(Enum):
    NEVER = "never"
    ALWAYS = "always"
    FLOWS = "flows"


@dataclass(frozen=True, slots=True)
class Side:
    """`what` is "service", "network", "outside" or "all"; `name` identifies which one."""

    what: str
    name: str = ""

    def __str__(self) -> str:
        return f"network {self.name}" if self.what == "network" else self.name or "*"


@dataclass(frozen=True, slots=True)
class Assertion:
    """`endpoint` None means every port."""

    kind: Kind
    source: Side
    destination: Side
    endpoint: Endpoint | None
    place: Place

    def __str__(self) -> str:
        port = "" if self.endpoint is None else f":{self.endpoint}"
        return f"{self.source} -> {self.destination}{port}"


@dataclass(frozen=True, slots=True)
class Assertions:
    """The assertions of a stack, and the problems of invalid ones."""

    readable: tuple[Assertion, ...] = ()
    problems: tuple[Problem, ...] = ()


def parse(extension: object, stack: Stack, index: SourceIndex) -> Assertions:
    """Every assertion of the stack's top-level `x-causeway`."""
    found: list[Assertion] = []
    problems: list[Problem] = []
    for kind, text, place in _entries(extension, index, problems):
        match = PATTERN.fullmatch(text)
        if match is None:
            problems.append(
                Problem(place, f"{text!r} is not an assertion: {FORM}", code="no-assertion")
            )
            continue
        wrong = len(problems)
        source = _side(match["source"], stack, index, place, problems)
        destination = _side(match["destination"], stack, index, place, problems)
        endpoint = _endpoint(match["port"], match["protocol"], place, problems)
        if len(problems) == wrong and source and destination:
            found.append(Assertion(kind, source, destination, endpoint, place))
    return Assertions(tuple(found), tuple(problems))


def _entries(
    extension: object, index: SourceIndex, problems: list[Problem]
) -> Iterator[tuple[Kind, str, Place]]:
    if not isinstance(extension, dict):
        return  # there is none, or another rule reports it
    for kind in Kind:
        entries = extension.get(kind.value)
        if entries is None:
            continue
        if not isinstance(entries, list):
            place = index.place(SECTION, kind.value)
            problems.append(
                Problem(place, f"must be a list of assertions: {FORM}", code="no-assertions")
            )
            continue
        for position, text in enumerate(entries):
            place = index.item((SECTION, kind.value), position, len(entries), str(text).__eq__)
            if isinstance(text, str):
                yield kind, text, place
            else:
                problems.append(Problem(place, f"is not an assertion: {FORM}", code="no-assertion"))


def _side(
    text: str, stack: Stack, index: SourceIndex, place: Place, problems: list[Problem]
) -> Side | None:
    words = text.split()
    if len(words) == 2 and words[0] == "network":
        keys = [network.key for network in stack.networks]
        if words[1] in keys:
            return Side("network", words[1])
        problems.append(Problem(place, _unknown("network", words[1], keys), code="unknown-network"))
        return None
    if len(words) != 1:
        message = f"{text!r} is neither a service nor `network NAME`: {FORM}"
        problems.append(Problem(place, message, code="no-assertion"))
        return None
    if text == "*":
        return Side("all")
    if text in OUTSIDE:
        return Side("outside", text)
    names = [service.name for service in stack.services]
    if text in names:
        return Side("service", text)
    if index.has("services", text):
        message = f"service {text!r} is disabled by its profiles: not checked"
        problems.append(Problem(place, message, "warning", code="switched-off"))
    elif text in (network.key for network in stack.networks):
        problems.append(
            Problem(
                place, f"{text!r} is a network: write `network {text}`", code="network-as-service"
            )
        )
    else:
        problems.append(
            Problem(place, _unknown("service", text, [*names, *OUTSIDE]), code="unknown-service")
        )
    return None


def _unknown(what: str, name: str, names: list[str]) -> str:
    near = get_close_matches(name, names, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return f"unknown {what} {name!r} {known(names)}{hint}"


def _endpoint(
    port: str | None, protocol: str | None, place: Place, problems: list[Problem]
) -> Endpoint | None:
    if port is None:
        return None
    if not (port.isascii() and port.isdigit() and 1 <= int(port) <= 65535):
        problems.append(Problem(place, f"{port!r} is not a port (1 to 65535)", code="not-a-port"))
        return None
    if protocol not in (None, "tcp", "udp", "sctp"):
        problems.append(
            Problem(
                place,
                f"unknown protocol {protocol!r} (known: sctp, tcp, udp)",
                code="unknown-protocol",
            )
        )
        return None
    return Endpoint(int(port), protocol or "tcp")
