"""The configuration of a balancer from the replicas that run behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from model.balance.haproxy import haproxy
from model.balance.nginx import nginx
from model.balance.servers import Address, servers
from model.values import Service


def configuration(service: Service, replicas: Mapping[str, Sequence[Address]]) -> str:
    """The text of the file; `replicas` holds those of each target in their order."""
    balance = service.balance
    assert balance is not None, f"{service.name} is no balancer"
    found = servers(balance, replicas)
    if balance.engine == "nginx":
        return nginx(balance, service.name, service.image or "", found)
    return haproxy(balance, service.name, found)
