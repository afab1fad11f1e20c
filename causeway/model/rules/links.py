"""Converts links to aliases: additional names of the linked service, visible to the whole network.

Only the engine's default bridge has links that are private to one container, and
docker.Container has no input for them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from causeway.model.rule_context import RuleContext
from causeway.model.source import holding
from causeway.model.values import Attachment, Place, Problem, Service, Stack


def given(stack: Stack) -> dict[tuple[str, str], set[str]]:
    """The names that links define, by linked service and network."""
    found: dict[tuple[str, str], set[str]] = {}
    for service, _, other, alias in _named(stack):
        for network in _shared(service, other):
            found.setdefault((other.name, network), set()).add(alias)
    return found


def as_aliases(stack: Stack) -> Stack:
    """The stack with each link name added as an alias of the link's target."""
    wanted = given(stack)

    def named(service: Service, attachment: Attachment) -> Attachment:
        more = wanted.get((service.name, attachment.network), set())
        return replace(attachment, aliases=(*attachment.aliases, *sorted(more)))

    if not wanted:
        return stack
    services = tuple(
        replace(service, attachments=tuple(named(service, each) for each in service.attachments))
        for service in stack.services
    )
    return replace(stack, services=services)


def _named(stack: Stack) -> Iterator[tuple[Service, int, Service, str]]:
    """(service, position, linked service, alias) of each link with a different alias."""
    by_name = {service.name: service for service in stack.services}
    for service in stack.services:
        for position, (other, alias) in enumerate(service.links):
            if alias != other and other in by_name:
                yield service, position, by_name[other], alias


def _shared(service: Service, other: Service) -> list[str]:
    theirs = {attachment.network for attachment in other.attachments}
    return [each.network for each in service.attachments if each.network in theirs]


def _place(service: Service, position: int, around: RuleContext) -> Place:
    return around.index.item(
        ("services", service.name, "links"),
        position,
        len(service.links),
        holding(*service.links[position]),
    )


def without_network(stack: Stack, around: RuleContext) -> Iterator[Problem]:
    by_name = {service.name: service for service in stack.services}
    for service in stack.services:
        for position, (name, _) in enumerate(service.links):
            other = by_name.get(name)
            if other is not None and not _shared(service, other):
                message = (
                    f"{service.name!r} and {name!r} share no network, which a link requires: "
                    "put both on the same network"
                )
                yield Problem(
                    _place(service, position, around), message, code="link-without-network"
                )


def seen_by_all(stack: Stack, around: RuleContext) -> Iterator[Problem]:
    """A link name that another service already has is an error; any other one is a warning, since
    the whole network can resolve it."""
    for service, position, other, alias in _named(stack):
        networks = _shared(service, other)
        place = _place(service, position, around)
        taken = sorted(
            {
                each.name
                for each in stack.services
                for attachment in each.attachments
                if each is not other
                and attachment.network in networks
                and alias in (each.name, each.container_name, *attachment.aliases)
            }
        )
        if taken:
            message = (
                f"link name {alias!r} is also a name of services.{taken[0]} on the same network "
                "and would resolve to both: choose another name"
            )
            yield Problem(place, message, code="link-name-taken")
        elif networks:
            message = (
                f"every container on {', '.join(networks)} resolves the link name {alias!r}, not "
                f"only this service: declare it under services.{other.name}.networks.NAME.aliases"
            )
            yield Problem(place, message, "warning", code="link-seen-by-all")


def needless(stack: Stack, around: RuleContext) -> Iterator[Problem]:
    """Links under the service's own name, which resolves on the shared network without them."""
    names = {service.name: service for service in stack.services}
    for service in stack.services:
        for position, (name, alias) in enumerate(service.links):
            other = names.get(name)
            if other is None or alias != name or not (networks := _shared(service, other)):
                continue
            message = (
                f"this link has no effect: on {', '.join(networks)}, {name!r} resolves without it; "
                "to order the start, use depends_on"
            )
            yield Problem(
                _place(service, position, around), message, "warning", code="link-needless"
            )
