"""Generates the configuration of a balancer from the replicas that run behind it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from causeway.model.errors import CausewayError
from causeway.model.values import Service

from .haproxy import haproxy
from .nginx import nginx
from .servers import Address, servers

WORD = re.compile(r"[A-Za-z0-9_.:-]+")


class UnsafeName(CausewayError):
    """A name or an address that would not be a single word in the configuration."""


def configuration(service: Service, replicas: Mapping[str, Sequence[Address]]) -> str:
    """The text of the file; `replicas` holds the replicas of each target in order."""
    balance = service.balance
    assert balance is not None, f"{service.name} is not a load balancer"
    found = servers(balance, replicas)
    # Some of these come from the engine, and its responses are not trusted.
    words = [service.name, *(word for one in found for word in (one.container, one.address))]
    for word in words:
        if not WORD.fullmatch(word):
            raise UnsafeName(
                f"balancer {service.name!r}: {word!r} is neither a name nor an address"
            )
    if balance.engine == "nginx":
        return nginx(balance, service.name, service.image or "", found)
    return haproxy(balance, service.name, found)
