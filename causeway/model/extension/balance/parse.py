"""Parses `x-causeway: balance` of one service to a `Balance`, and reports every problem in it."""

from __future__ import annotations

import re
from typing import Any

from causeway.model.extension.keys import (
    Reader,
    Wrong,
    duration,
    flag,
    integer_between,
    one_of,
    port,
    section,
)
from causeway.model.source import SourceIndex, Step
from causeway.model.values import Balance, BalanceTarget, Problem

MOST_WEIGHT = 1000
# Other characters of a URL are percent-encoded; none of these ends a word in a configuration.
PATH = re.compile(r"/[A-Za-z0-9._~%?&=+,:@/-]*")


def _targets(value: object) -> tuple[BalanceTarget, ...]:
    """A service, or services with their weights."""
    if isinstance(value, str) and value:
        return (BalanceTarget(value),)
    if not isinstance(value, dict) or not value:
        raise Wrong("must be a service, or services with their weights: `{blue: 90, green: 10}`")
    weight = integer_between(0, MOST_WEIGHT, "a weight")
    found = []
    for name, item in sorted(value.items()):
        number = weight(item)
        assert isinstance(number, int)
        found.append(BalanceTarget(name, number))
    if not any(target.weight for target in found):
        raise Wrong("at least one weight must be above 0")
    return tuple(found)


def _path(value: object) -> str:
    if not (isinstance(value, str) and PATH.fullmatch(value)):
        raise Wrong(f"{value!r} is not a path such as /healthz")
    return value


KEYS: dict[str, Reader] = {
    "to": _targets,
    "port": port,
    "engine": one_of("nginx", "haproxy"),
    "listen": port,
    "mode": one_of("http", "tcp"),
    "algorithm": one_of("round_robin", "least_conn", "source"),
    "sticky": one_of("none", "cookie", "ip"),
    "health": lambda value: value,
    "timeouts": lambda value: value,
    "retries": integer_between(0, 10, "a number of retries"),
    "streaming": flag,
    "keepalive": flag,
    "migrate": flag,
}
HEALTH: dict[str, Reader] = {"path": _path, "interval": duration(1)}
TIMEOUTS: dict[str, Reader] = {"connect": duration(1), "read": duration(1)}


def parse(
    value: object, steps: tuple[Step, ...], index: SourceIndex, problems: list[Problem]
) -> Balance | None:
    """The value, or None if there is a problem; `steps` is the path where it was written."""
    wrong = len(problems)
    # The table has checked the type of each value, which mypy cannot follow through a dict.
    found: dict[str, Any] = section(value, KEYS, steps, index, problems)
    for key, table in (("health", HEALTH), ("timeouts", TIMEOUTS)):
        if key in found:
            below = section(found.pop(key), table, (*steps, key), index, problems)
            suffix = "timeout" if key == "timeouts" else key
            for name, item in below.items():
                found[f"{name}_{suffix}" if key == "timeouts" else f"{suffix}_{name}"] = item
    for key, example in (
        ("to", "name the service to balance"),
        ("port", "give the port of that service"),
    ):
        if isinstance(value, dict) and key not in value:
            problems.append(
                Problem(index.place(*steps), f"`{key}` is missing: {example}", code="missing-key")
            )
    if len(problems) > wrong:
        return None
    targets = found.pop("to")
    if found.get("mode") == "tcp":
        found.setdefault("listen", found["port"])
    balance = Balance(targets=targets, **found)
    problems += [
        Problem(index.place(*steps, key), message, code="balance-conflict")
        for key, message in _conflicts(balance)
    ]
    return None if len(problems) > wrong else balance


def _conflicts(balance: Balance) -> list[tuple[str, str]]:
    found = []
    if balance.engine == "nginx" and balance.health_path is not None:
        message = "nginx has no active health checks: use `engine: haproxy` or remove `path`"
        found.append(("health", message))
    if balance.mode == "tcp":
        if balance.sticky == "cookie":
            found.append(("sticky", "a TCP connection has no cookie: use `sticky: ip`"))
        if balance.health_path is not None:
            found.append(("health", "`path` needs `mode: http`: remove it"))
    if balance.sticky == "ip" and balance.algorithm == "least_conn":
        found.append(("sticky", "`sticky: ip` chooses the server by itself: remove `algorithm`"))
    if balance.sticky == "cookie" and balance.algorithm == "source":
        found.append(
            (
                "sticky",
                "`sticky: cookie` and `algorithm: source` both tie a client to one server: choose "
                "one",
            )
        )
    return found
