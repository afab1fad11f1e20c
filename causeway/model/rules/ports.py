"""Rules about published ports: no host port is published twice, and traffic can reach it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from causeway.model.rule_context import RuleContext, line_in
from causeway.model.values import Place, Port, Problem, Service, Stack


def _place(service: Service, position: int, around: RuleContext) -> Place:
    """Where a port was written; the loader has already expanded ranges."""
    port = service.ports[position]
    wanted = port.target if port.published is None else port.published

    def fits(written: str) -> bool:
        spans = re.findall(r"(\d+)(?:-(\d+))?", written)
        return any(int(first) <= wanted <= int(last or first) for first, last in spans)

    steps = ("services", service.name, "ports")
    return around.index.item(steps, position, len(service.ports), fits)


def _overlap(one: str | None, other: str | None) -> bool:
    """Whether two host addresses overlap; None means all addresses of both families."""
    if one is None or other is None or one == other:
        return True
    same_family = (":" in one) == (":" in other)
    return same_family and bool({one, other} & {"0.0.0.0", "::"})


def _spoken(port: Port) -> str:
    address = f"[{port.host_ip}]" if port.host_ip and ":" in port.host_ip else port.host_ip
    return f"{address + ':' if address else ''}{port.published}/{port.protocol}"


def taken_twice(stack: Stack, around: RuleContext) -> Iterator[Problem]:
    """Host ports published by two services, or twice by one service."""
    claims: dict[tuple[int, str], list[tuple[Place, Service, Port]]] = {}
    for service in stack.services:
        for position, port in enumerate(service.ports if service.replicas else ()):
            if port.published is not None:
                claims.setdefault((port.published, port.protocol), []).append(
                    (_place(service, position, around), service, port)
                )
    for rivals in claims.values():
        rivals.sort(key=lambda claim: claim[0])
        for later, (place, _, port) in enumerate(rivals):
            for earlier, owner, taken in rivals[:later]:
                if _overlap(port.host_ip, taken.host_ip):
                    message = (
                        f"host port {_spoken(port)} is already published by "
                        f"services.{owner.name} ({line_in(earlier, place)})"
                    )
                    yield Problem(place, message, code="host-port-taken")
                    break


def fixed_with_replicas(stack: Stack, around: RuleContext) -> Iterator[Problem]:
    for service in stack.services:
        if service.replicas <= 1:
            continue
        for position, port in enumerate(service.ports):
            if port.published is not None:
                message = (
                    f"{service.replicas} replicas cannot share host port {_spoken(port)}: "
                    "leave the host port out, or publish a proxy in front of them"
                )
                yield Problem(
                    _place(service, position, around), message, code="replicas-share-port"
                )


def without_network(stack: Stack, around: RuleContext) -> Iterator[Problem]:
    for service in stack.services:
        mode = service.network_mode or ""
        if service.ports and (mode in ("host", "none") or ":" in mode):
            message = f"`network_mode: {mode}` publishes no ports; remove `ports`"
            if ":" in mode:
                message = f"`network_mode: {mode}` publishes no ports; move `ports` there"
            yield Problem(
                around.index.place("services", service.name, "ports"),
                message,
                code="ports-without-network",
            )


def behind_internal(stack: Stack, around: RuleContext) -> Iterator[Problem]:
    internal = {network.key for network in stack.networks if network.internal}
    for service in stack.services:
        networks = [attachment.network for attachment in service.attachments]
        if service.ports and networks and internal.issuperset(networks):
            message = (
                f"published ports cannot be reached: every network of the service is internal "
                f"({', '.join(networks)})"
            )
            yield Problem(
                around.index.place("services", service.name, "ports"),
                message,
                "warning",
                code="ports-behind-internal",
            )


def opens_internal(stack: Stack, around: RuleContext) -> Iterator[Problem]:
    """A port without a host address that exposes a container on an internal network to everyone."""
    internal = {network.key for network in stack.networks if network.internal}
    for service in stack.services if internal else ():
        inside = sorted({attachment.network for attachment in service.attachments} & internal)
        outside = len(inside) < len(service.attachments)
        for position, port in enumerate(service.ports if inside and outside else ()):
            if port.host_ip is None and service.replicas:
                bare = port.target if port.published is None else port.published
                named = f"0.0.0.0:{port.published or ''}:{port.target}"
                named += "" if port.protocol == "tcp" else f"/{port.protocol}"
                message = (
                    f"port {bare} is published on all addresses of the host and leads to a "
                    f"container on the internal network {', '.join(inside)}: bind it to 127.0.0.1, "
                    f"or write `{named}` to allow access from everywhere"
                )
                yield Problem(
                    _place(service, position, around), message, "warning", code="port-into-internal"
                )
