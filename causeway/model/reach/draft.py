"""The result of a rule, before the names and places of a cell are filled in.

Rules use only namespaces, so one draft serves all services on the same networks. `{source}` and
`{destination}` in a text are replaced by the names; `at` is the key that a line refers to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from .values import Endpoint, PathKind, Verdict

Role = Literal["source", "destination"]


@dataclass(frozen=True, slots=True)
class At:
    """A key in the Compose file: of the source, of the destination, or of a network.

    `key` is the network, or a key of the service such as `network_mode`; `port` a published port;
    `detail` a key below `option`.
    """

    what: Literal["source", "destination", "network"]
    key: str = ""
    option: str = ""
    port: Endpoint | None = None
    detail: str = ""


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


def driver_option(network: str, name: str) -> At:
    """An option of a network, by its full name: `com.docker.network.bridge.inhibit_ipv4`."""
    return At("network", network, "driver_opts", detail=name)


def no(verdict: Verdict, kind: PathKind, text: str, at: At | None = None) -> Draft:
    return Draft(verdict, kind, (), (Line(text, at),))


def best(drafts: Sequence[Draft]) -> Draft:
    """The most permissive draft; the first of equals."""
    return min(drafts, key=lambda draft: ORDER.index(draft.verdict))


# A path that may be open takes precedence over a closed one.
ORDER = (
    Verdict.ALLOWED,
    Verdict.UNKNOWN,
    Verdict.NO_LISTENER,
    Verdict.REJECTED,
    Verdict.DROPPED,
    Verdict.UNREACHABLE,
)
