"""The order in which services start, and what they wait for in each other."""

from __future__ import annotations

from .values import Service, Stack

HEALTHY, COMPLETED = "service_healthy", "service_completed_successfully"


def in_dependency_order(services: tuple[Service, ...]) -> list[Service]:
    """Every service after those it depends on or shares a namespace with; else by name."""
    by_name = {service.name: service for service in services}
    ordered: dict[str, Service] = {}

    def visit(service: Service) -> None:
        if service.name in ordered:
            return
        for other in sorted(_referred_services(service)):
            if other in by_name:
                visit(by_name[other])
        ordered[service.name] = service

    for name in sorted(by_name):
        visit(by_name[name])
    return list(ordered.values())


def is_awaited(stack: Stack, service: Service, condition: str) -> bool:
    """Whether another service waits for this one to be healthy, or to have completed."""
    return any(
        dependency.service == service.name and dependency.condition == condition
        for other in stack.services
        for dependency in other.depends_on
    )


def _referred_services(service: Service) -> set[str]:
    modes = (service.network_mode, service.ipc, service.pid)
    return {dependency.service for dependency in service.depends_on} | {
        mode.removeprefix("service:") for mode in modes if mode and mode.startswith("service:")
    }
