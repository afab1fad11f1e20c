"""What a rule answers, before the names and places of one cell are put in.

Rules know namespaces only, so one draft serves all services on the same networks. `{source}` and
`{destination}` in a text stand for the names, `at` for the key of the file that a line is about.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from .values import Endpoint, PathKind, Verdict

Role = Literal["source", "destination"]


@dataclass(frozen=True, slots=True)
class At:
    """A key of the stack file: of the source, the destination, or a network by its key.

    `key` is the network, or the key of a service such as `network_mode`, `port` a published one.
    """

    what: Literal["source", "destination", "network"]
    key: str = ""
    option: str = ""
    port: Endpoint | None = None


@dataclass(frozen=True, slots=True)
class Line:
    text: str
    at: At | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    verdict: Verdict
    kind: PathKind = PathKind.NONE
    hops: tuple[Line, ...] = ()
    reasons: tuple[Line, ...] = ()


def attached(role: Role, network: str) -> At:
    return At(role, "networks", network)


def no(verdict: Verdict, kind: PathKind, text: str, at: At | None = None) -> Draft:
    return Draft(verdict, kind, (), (Line(text, at),))


def best(drafts: Sequence[Draft]) -> Draft:
    """The one that lets most through; the first of equals."""
    return min(drafts, key=lambda draft: ORDER.index(draft.verdict))


# A way that may be open counts before one that is closed.
ORDER = (
    Verdict.ALLOWED,
    Verdict.UNKNOWN,
    Verdict.NO_LISTENER,
    Verdict.REJECTED,
    Verdict.DROPPED,
    Verdict.UNREACHABLE,
)
