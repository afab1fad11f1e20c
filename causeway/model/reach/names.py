"""Name resolution: the answers of Docker's DNS resolver in the namespace of each service.

It resolves services and aliases on the networks of the requesting service; the default bridge,
the host's namespace and `none` have no such resolver. External names are a cell of the matrix.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from causeway.model.values import Service, Stack


@dataclass(frozen=True, slots=True, order=True)
class Name:
    """A name that `source` resolves; `leads_to` are services, empty if no service has the name."""

    source: str
    name: str
    leads_to: tuple[str, ...]


def names(stack: Stack) -> tuple[Name, ...]:
    """Every name in the stack, resolved from every service with a resolver."""
    services = {service.name: service for service in stack.services if service.replicas}
    own = {name: each for name, each in services.items() if not each.network_mode}
    everything = sorted({name for each in own.values() for _, name in _carried(each)})
    found: list[Name] = []
    for source in sorted(services):
        asking = _namespace(services[source], services)
        if asking is None or not asking.attachments or asking.network_mode:
            continue
        networks = {each.network for each in asking.attachments}
        for name in everything:
            carriers = [
                each.name
                for each in own.values()
                if any((network, name) in _carried(each) for network in networks)
            ]
            found.append(Name(source, name, tuple(sorted(carriers))))
    return tuple(found)


def _carried(service: Service) -> set[tuple[str, str]]:
    """(network, name) of a service: its names on every network, and its aliases on each."""
    own = (service.name, *([service.container_name] if service.container_name else []))
    return {(each.network, name) for each in service.attachments for name in (*own, *each.aliases)}


def _namespace(service: Service, services: Mapping[str, Service]) -> Service | None:
    """The service whose namespace and resolver this one uses; None if it does not run."""
    seen: set[str] = set()
    found: Service | None = service
    while found is not None and (found.network_mode or "").startswith("service:"):
        if found.name in seen:
            return None
        seen.add(found.name)
        found = services.get((found.network_mode or "").removeprefix("service:"))
    return found
