"""Unmanaged containers on networks of a stack: `networks.NAME.x-causeway.attach`.

An external container is one that the project does not manage. It is found by its name or labels,
connected to the network and otherwise left unchanged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from causeway.model.document import mapping
from causeway.model.source import SourceIndex, Step
from causeway.model.values import (
    Attachment,
    ExternalContainer,
    Network,
    Pairs,
    Place,
    Problem,
    Stack,
)

from .keys import Wrong, integer_between, section

SECTION = "x-causeway"


def read_attachments(
    document: Mapping[str, object], stack: Stack, index: SourceIndex
) -> tuple[Stack, list[Problem]]:
    """The stack with the external containers of its networks, and the problems found in them."""
    problems: list[Problem] = []
    networks = []
    for network in stack.networks:
        steps = ("networks", network.key, SECTION)
        keys = mapping(mapping(document.get("networks")).get(network.key))
        if keys.get(SECTION) is not None:
            own = section(keys[SECTION], {"attach": _list}, steps, index, problems)
            network = replace(
                network,
                external_containers=_external_containers(own, network, steps, index, problems),
            )
        networks.append(network)
    return replace(stack, networks=tuple(networks)), problems


def _external_containers(
    own: Mapping[str, object],
    network: Network,
    steps: tuple[Step, ...],
    index: SourceIndex,
    problems: list[Problem],
) -> tuple[ExternalContainer, ...]:
    found: dict[tuple[str | None, Pairs], ExternalContainer] = {}
    items = own.get("attach", [])
    for position, item in enumerate(items if isinstance(items, list) else []):
        here = (*steps, "attach", position)
        place = index.place(*here)
        attached = _external_container(section(item, KEYS, here, index, problems), network, place)
        if (attached.container is None) == (not attached.labels):
            problems.append(
                Problem(
                    place,
                    "must name its container by either `container` or `labels`",
                    code="attachment-unnamed",
                )
            )
        elif (attached.container, attached.labels) in found:
            problems.append(
                Problem(place, "the same container is attached twice", code="attachment-twice")
            )
        found[attached.container, attached.labels] = attached
    return tuple(found.values())


def _external_container(
    keys: Mapping[str, object], network: Network, place: Place
) -> ExternalContainer:
    def text(key: str) -> str | None:
        value = keys.get(key)
        return value if isinstance(value, str) else None

    aliases, priority = keys.get("aliases"), keys.get("gw_priority")
    labels = keys.get("labels")
    return ExternalContainer(
        place=place,
        container=text("container"),
        labels=tuple(sorted(labels.items())) if isinstance(labels, dict) else (),
        attachment=Attachment(
            network=network.key,
            aliases=tuple(aliases) if isinstance(aliases, list) else (),
            ipv4_address=text("ipv4_address"),
            ipv6_address=text("ipv6_address"),
            mac_address=text("mac_address"),
            gw_priority=priority if isinstance(priority, int) else None,
        ),
    )


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise Wrong("must be a list of containers")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise Wrong("must be a string")
    return value


def _texts(value: object) -> list[str]:
    if not isinstance(value, list):
        raise Wrong("must be a list of names")
    return [_text(item) for item in value]


def _labels(value: object) -> dict[str, str]:
    if not isinstance(value, dict) or not value:
        raise Wrong("must be a mapping of labels to values")
    return {str(key): _text(item) for key, item in value.items()}


KEYS = {
    "container": _text,
    "labels": _labels,
    "aliases": _texts,
    "ipv4_address": _text,
    "ipv6_address": _text,
    "mac_address": _text,
    "gw_priority": integer_between(0, 2**16, "a priority"),
}
