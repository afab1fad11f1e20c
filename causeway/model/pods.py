"""A pod: one container owns a network namespace, others of the service run inside it.

The owner has the networks, names, host ports and sysctls; who runs inside has none of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from .values import Attachment, Pairs, Port, Service


@dataclass(frozen=True, slots=True)
class Namespace:
    """What the owner of a network namespace is created with. `service` is the name that it has on
    its networks."""

    service: str
    network_mode: str | None = None
    attachments: tuple[Attachment, ...] = ()
    ports: tuple[Port, ...] = ()
    hostname: str | None = None
    domainname: str | None = None
    extra_hosts: tuple[tuple[str, str], ...] = ()
    dns: tuple[str, ...] = ()
    dns_opt: tuple[str, ...] = ()
    dns_search: tuple[str, ...] = ()
    sysctls: Pairs = ()


def namespace(service: Service, sysctls: Pairs = ()) -> Namespace:
    """The network namespace that a service declares. Its own sysctls win over those given."""
    return Namespace(
        service=service.name,
        network_mode=service.network_mode,
        attachments=service.attachments,
        ports=service.ports,
        hostname=service.hostname,
        domainname=service.domainname,
        extra_hosts=service.extra_hosts,
        dns=service.dns,
        dns_opt=service.dns_opt,
        dns_search=service.dns_search,
        sysctls=tuple(sorted((dict(sysctls) | dict(service.sysctls)).items())),
    )


def inside(service: Service) -> Service:
    """The service as it runs in the namespace of its pod, whose owner has what is missing here."""
    empty = Namespace(service.name)
    kept = {name: getattr(empty, name) for name in Namespace.__slots__ if name != "service"}
    mode = f"service:{service.name}"
    return replace(service, **{**kept, "network_mode": mode, "expose": ()})
