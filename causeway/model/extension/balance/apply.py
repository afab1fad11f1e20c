"""Applies the `x-causeway` of services to a stack: prepares balancers, sets update settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from causeway.model.document import mapping
from causeway.model.extension.keys import section
from causeway.model.extension.update import DRAIN_SECONDS, update
from causeway.model.rule_context import known
from causeway.model.source import SourceIndex
from causeway.model.values import Balance, BalanceTarget, Problem, Service, Stack

from .parse import parse
from .prepare import prepared

SECTION = "x-causeway"


def apply_extensions(
    document: Mapping[str, object], stack: Stack, index: SourceIndex
) -> tuple[Stack, list[Problem]]:
    """The stack with balance and update of every service, and the problems found in them."""
    problems: list[Problem] = []
    services: dict[str, Service] = {}
    for service in stack.services:
        steps = ("services", service.name)
        keys = mapping(mapping(document.get("services")).get(service.name))
        own: dict[str, object] = {}
        if keys.get(SECTION) is not None:
            table = {"balance": _as_it_is, "update": _as_it_is}
            own = section(keys[SECTION], table, (*steps, SECTION), index, problems)
        service = replace(service, update=update(keys, own.get("update"), steps, index, problems))
        if "balance" in own:
            balance = parse(own["balance"], (*steps, SECTION, "balance"), index, problems)
            if balance is None:
                # Do not report a missing image as well.
                service = replace(service, image=service.image or "causeway/unknown")
            else:
                balance = _placed(service, balance, stack, index, problems)
                service = prepared(service, balance)
        services[service.name] = service
    for service in list(services.values()):
        for target in service.balance.targets if service.balance else ():
            behind = services.get(target.service)
            if behind is not None and not _says_drain(document, behind.name):
                drained = replace(behind.update, drain=DRAIN_SECONDS)
                services[behind.name] = replace(behind, update=drained)
    return replace(stack, services=tuple(services.values())), problems


def _as_it_is(value: object) -> object:
    return value


def _says_drain(document: Mapping[str, object], name: str) -> bool:
    own = mapping(mapping(document.get("services")).get(name)).get(SECTION)
    said = own.get("update") if isinstance(own, dict) else None
    return isinstance(said, dict) and "drain" in said


def _placed(
    service: Service,
    balance: Balance,
    stack: Stack,
    index: SourceIndex,
    problems: list[Problem],
) -> Balance:
    """The balance with the network to each target, after reporting keys that are not allowed."""
    steps = ("services", service.name)
    for key, value in (
        ("command", service.command),
        ("entrypoint", service.entrypoint),
        ("network_mode", service.network_mode),
    ):
        if value is not None:
            message = f"a load balancer sets its own `{key}`; remove it"
            problems.append(Problem(index.place(*steps, key), message, code="key-of-balancer"))
    others = {other.name: other for other in stack.services if other.name != service.name}
    own = [attachment.network for attachment in service.attachments]
    targets: list[BalanceTarget] = []
    for target in balance.targets:
        to = (*steps, SECTION, "balance", "to")
        named = index.has(*to, target.service)
        place = index.place(*to, target.service) if named else index.place(*to)
        other = others.get(target.service)
        if other is None:
            message = f"unknown service {target.service!r} {known([*others])}"
            if index.has("services", target.service) and target.service != service.name:
                message = f"service {target.service!r} is disabled by its profiles"
            problems.append(Problem(place, message, code="switched-off"))
            continue
        theirs = {attachment.network for attachment in other.attachments}
        shared = min((network for network in own if network in theirs), default="")
        if not shared:
            message = f"shares no network with {target.service}, so it cannot reach that service"
            problems.append(Problem(place, message, code="no-shared-network"))
        targets.append(replace(target, network=shared))
    return replace(balance, targets=tuple(targets) or balance.targets)
