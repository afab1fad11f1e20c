"""Rules about references: what a service refers to exists, is unique, and can become ready."""

from __future__ import annotations

import re
from collections.abc import Iterator

from causeway.model.rule_context import RuleContext, known, line_in
from causeway.model.source import holding
from causeway.model.values import Place, Problem, Service, Stack

NAME = r"[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*"
IMAGE = re.compile(
    rf"(?:[A-Za-z0-9.-]+(?::\d+)?/)?{NAME}(?:/{NAME})*"
    r"(?::\w[\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?|sha256:[0-9a-f]{64}"
)
CONTAINER_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+")


def malformed_images(stack: Stack, around: RuleContext) -> Iterator[Problem]:
    for service in stack.services:
        if service.image is not None and not IMAGE.fullmatch(service.image):
            place = around.index.place("services", service.name, "image")
            yield Problem(
                place, f"{service.image!r} is not an image reference", code="malformed-image"
            )


def without_image(stack: Stack, around: RuleContext) -> Iterator[Problem]:
    for service in stack.services:
        if service.image is None and service.build is None:
            yield Problem(service.place, "has neither `image` nor `build`", code="without-image")


def unknown_networks(stack: Stack, around: RuleContext) -> Iterator[Problem]:
    declared = [network.key for network in stack.networks]
    # Unused networks are not in the stack, but they are in the user's file.
    written = sorted({*declared, *around.index.keys("networks")} - {"default"})
    for service in stack.services:
        for attachment in service.attachments:
            if attachment.network not in declared:
                place = around.index.place("services", service.name, "networks", attachment.network)
                yield Problem(
                    place,
                    f"unknown network {attachment.network!r} {known(written)}",
                    code="unknown-network",
                )


def unknown_volumes(stack: Stack, around: RuleContext) -> Iterator[Problem]:
    declared = [volume.key for volume in stack.volumes]
    written = sorted({*declared, *around.index.keys("volumes")})
    for service in stack.services:
        for position, mount in enumerate(service.mounts):
            if mount.type == "volume" and mount.source and mount.source not in declared:
                place = around.index.item(
                    ("services", service.name, "volumes"),
                    position,
                    len(service.mounts),
                    holding(mount.source, mount.target),
                )
                yield Problem(
                    place,
                    f"unknown volume {mount.source!r} {known(written)}",
                    code="unknown-volume",
                )


def unknown_files(stack: Stack, around: RuleContext) -> Iterator[Problem]:
    declared = {(source.kind, source.key) for source in stack.file_sources}
    for service in stack.services:
        for kind in ("secret", "config"):
            mounts = [mount for mount in service.files if mount.kind == kind]
            section = f"{kind}s"
            written = {key for of_kind, key in declared if of_kind == kind}
            written |= set(around.index.keys(section))
            for position, mount in enumerate(mounts):
                if (kind, mount.source) not in declared:
                    place = around.index.item(
                        ("services", service.name, section),
                        position,
                        len(mounts),
                        holding(mount.source),
                    )
                    yield Problem(
                        place,
                        f"unknown {kind} {mount.source!r} {known([*written])}",
                        code=f"unknown-{kind}",
                    )


def unknown_dependencies(stack: Stack, around: RuleContext) -> Iterator[Problem]:
    names = [service.name for service in stack.services]
    for service in stack.services:
        for dependency in service.depends_on:
            steps = ("services", service.name, "depends_on", dependency.service)
            if dependency.service in names or not dependency.required:
                continue
            if not around.index.has(*steps):
                continue  # implied by a namespace, a link or volumes_from, which have own rules
            yield Problem(
                around.index.place(*steps),
                _unknown(dependency.service, names, around),
                code="unknown-service",
            )


def unknown_namespaces(stack: Stack, around: RuleContext) -> Iterator[Problem]:
    names = [service.name for service in stack.services]
    for service in stack.services:
        for key, mode in _modes(service):
            kind, _, other = mode.partition(":")
            if kind == "service" and other not in names:
                place = around.index.place("services", service.name, key)
                said = (
                    _unknown(other, names, around) if other else f"{mode!r} does not name a service"
                )
                yield Problem(place, said, code="unknown-service")
        for position, (other, _) in enumerate(service.links):
            if other not in names:
                place = around.index.item(
                    ("services", service.name, "links"),
                    position,
                    len(service.links),
                    holding(other),
                )
                yield Problem(place, _unknown(other, names, around), code="unknown-service")


def _unknown(other: str, names: list[str], around: RuleContext) -> str:
    if around.index.has("services", other):
        return (
            f"service {other!r} is disabled by its profiles: enable one of them under "
            "causeway:profiles"
        )
    return f"unknown service {other!r} {known(names)}"


def _modes(service: Service) -> list[tuple[str, str]]:
    modes = (("network_mode", service.network_mode), ("ipc", service.ipc), ("pid", service.pid))
    return [(key, mode) for key, mode in modes if mode is not None]


def cycles(stack: Stack, around: RuleContext) -> Iterator[Problem]:
    """Each dependency cycle once, reported at its first service by name."""
    waits = {
        service.name: sorted(dependency.service for dependency in service.depends_on)
        for service in stack.services
    }
    finished: set[str] = set()
    for start in sorted(waits):
        trail: list[str] = []
        ahead = [iter([start])]  # one iterator per level: deep chains must not exhaust the stack
        while ahead:
            name = next(ahead[-1], None)
            if name is None:
                ahead.pop()
                if trail:
                    finished.add(trail.pop())
            elif name in trail:
                yield _cycle(trail[trail.index(name) :], around)
            elif name not in finished:
                trail.append(name)
                ahead.append(iter(waits.get(name, [])))


def _cycle(cycle: list[str], around: RuleContext) -> Problem:
    first = cycle.index(min(cycle))
    ordered = [*cycle[first:], *cycle[:first], min(cycle)]
    place = around.index.place("services", ordered[0], "depends_on", ordered[1])
    return Problem(place, f"dependency cycle: {' -> '.join(ordered)}", code="dependency-cycle")


def never_healthy(stack: Stack, around: RuleContext) -> Iterator[Problem]:
    by_name = {service.name: service for service in stack.services}
    for service in stack.services:
        for dependency in service.depends_on:
            other = by_name.get(dependency.service)
            if dependency.condition != "service_healthy" or other is None:
                continue
            place = around.index.place(
                "services", service.name, "depends_on", dependency.service, "condition"
            )
            if other.healthcheck is None:
                message = (
                    f"waits until {other.name!r} is healthy, but that service declares no health "
                    "check: its image must contain one"
                )
                yield Problem(place, message, "warning", code="never-healthy")
            elif other.healthcheck.test[:1] == ("NONE",):
                message = (
                    f"waits until {other.name!r} is healthy, but that service's health check is "
                    "disabled"
                )
                yield Problem(place, message, code="never-healthy")


def mode_and_networks(stack: Stack, around: RuleContext) -> Iterator[Problem]:
    for service in stack.services:
        if service.network_mode is not None and service.attachments:
            place = around.index.place("services", service.name, "network_mode")
            yield Problem(
                place,
                "`network_mode` and `networks` are mutually exclusive",
                code="mode-and-networks",
            )


def container_names(stack: Stack, around: RuleContext) -> Iterator[Problem]:
    first: dict[str, tuple[str, Place]] = {}
    placed = [
        (around.index.place("services", service.name, "container_name"), service)
        for service in stack.services
        if service.container_name is not None
    ]
    for place, service in sorted(placed, key=lambda pair: pair[0]):
        name = service.container_name or ""
        if not CONTAINER_NAME.fullmatch(name):  # the loader checks only its beginning
            message = "is not a valid container name: use letters, digits, `_`, `.` and `-`"
            yield Problem(place, f"{name!r} {message}", code="malformed-container-name")
        if service.replicas > 1:
            message = f"{service.replicas} replicas cannot share the container name {name!r}"
            yield Problem(
                place, f"{message}; remove `container_name`", code="replicas-share-container-name"
            )
        if name in first:
            owner, earlier = first[name]
            where = f"services.{owner} ({line_in(earlier, place)})"
            yield Problem(
                place,
                f"container name {name!r} is already used by {where}",
                code="container-name-taken",
            )
        first.setdefault(name, (service.name, place))


def external_with_more(stack: Stack, around: RuleContext) -> Iterator[Problem]:
    """External networks and volumes are only looked up: all keys except the name would be lost."""
    declared = [("networks", network.key) for network in stack.networks if network.external]
    declared += [("volumes", volume.key) for volume in stack.volumes if volume.external]
    for section, key in declared:
        for other in around.index.keys(section, key):
            if other not in ("external", "name") and not other.startswith("x-"):
                place = around.index.place(section, key, other)
                yield Problem(
                    place,
                    f"`{other}` cannot be combined with `external: true`",
                    code="external-with-more",
                )
