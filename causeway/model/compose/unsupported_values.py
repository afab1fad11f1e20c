"""Reports values of supported keys that cannot be represented, so that none is lost silently."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from causeway.model.document import mapping, sequence, strings, text
from causeway.model.source import SourceIndex, Steps, holding
from causeway.model.values import Problem


def unsupported_values(document: Mapping[str, object], index: SourceIndex) -> Iterator[Problem]:
    for name, value in mapping(document.get("services")).items():
        service = mapping(value)
        steps: Steps = ("services", name)
        yield from _port_ranges(service, steps, index)
        yield from _ports_on_host(service, steps, index)
        yield from _selinux_and_propagation(service, steps, index)
        yield from _unset(service.get("environment"), (*steps, "environment"), index)
        build = mapping(service.get("build"))
        yield from _without_value(build.get("args"), (*steps, "build", "args"), index)
        if len(strings(build.get("platforms"))) > 1:
            place = index.place(*steps, "build", "platforms")
            yield Problem(
                place,
                "the engine's builder builds one platform at a time: name one",
                code="several-platforms",
            )


def _port_ranges(
    service: Mapping[str, object], steps: Steps, index: SourceIndex
) -> Iterator[Problem]:
    """Several host ports for one target: Docker would choose one, which no value can represent."""
    ports = sequence(service.get("ports"))
    for position, port in enumerate(ports):
        published = text(mapping(port).get("published")) or ""
        if "-" in published:
            place = index.item((*steps, "ports"), position, len(ports), holding(published))
            message = (
                f"host ports {published} for one container port are not supported: name one port, "
                "or none to let Docker choose a free one"
            )
            yield Problem(place, message, code="port-range")


def _ports_on_host(
    service: Mapping[str, object], steps: Steps, index: SourceIndex
) -> Iterator[Problem]:
    if service.get("network_mode") == "host" and sequence(service.get("ports")):
        message = (
            "`ports` is ignored: with `network_mode: host` the container listens on the host itself"
        )
        yield Problem(index.place(*steps, "ports"), message, "warning", code="ports-on-host")


def _selinux_and_propagation(
    service: Mapping[str, object], steps: Steps, index: SourceIndex
) -> Iterator[Problem]:
    """docker.Container has SELinux labels in `volumes` and propagation in `mounts` only."""
    mounts = sequence(service.get("volumes"))
    for position, mount in enumerate(mounts):
        bind = mapping(mapping(mount).get("bind"))
        if bind.get("selinux") and bind.get("propagation"):
            target = text(mapping(mount).get("target")) or ""
            yield Problem(
                index.item((*steps, "volumes"), position, len(mounts), holding(target)),
                "`selinux` and `propagation` cannot be combined: label the folder on the host",
                code="selinux-and-propagation",
            )


def _unset(value: object, steps: Steps, index: SourceIndex) -> Iterator[Problem]:
    for name, given in mapping(value).items():
        if given is None:
            message = (
                f"{name} has no value, so the container does not get it, even if its image sets "
                "it: set it under causeway:variables or in .env; the shell's environment is not "
                "read"
            )
            yield Problem(
                index.place(*steps, name), message, "warning", code="variable-without-value"
            )


def _without_value(value: object, steps: Steps, index: SourceIndex) -> Iterator[Problem]:
    for name, given in mapping(value).items():
        if given is None:
            message = (
                f"{name} has no value and is left out: set it under causeway:variables "
                "or in .env; the shell's environment is not read"
            )
            yield Problem(
                index.place(*steps, name), message, "warning", code="variable-without-value"
            )
