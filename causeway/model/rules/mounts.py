"""Rules about mount targets inside a container."""

from __future__ import annotations

from collections.abc import Iterator

from causeway.model.rule_context import RuleContext
from causeway.model.source import holding
from causeway.model.values import Place, Problem, Service, Stack


def _targets(service: Service) -> list[tuple[str, int, int, str]]:
    """All targets with their key, their position in its list, and the length of that list."""
    secrets = [mount.target for mount in service.files if mount.kind == "secret"]
    configs = [mount.target for mount in service.files if mount.kind == "config"]
    lists = (
        ("volumes", [mount.target for mount in service.mounts]),
        ("secrets", secrets),
        ("configs", configs),
        ("tmpfs", [target for target, _ in service.tmpfs]),
    )
    return [
        (key, position, len(targets), target)
        for key, targets in lists
        for position, target in enumerate(targets)
    ]


def _place(service: Service, entry: tuple[str, int, int, str], around: RuleContext) -> Place:
    key, position, count, target = entry
    # `tmpfs` is sorted and so no longer in the order written: only its text identifies an entry.
    known = count if key != "tmpfs" else -1
    steps = ("services", service.name, key)
    return around.index.item(steps, position, known, holding(target))


def relative_targets(stack: Stack, around: RuleContext) -> Iterator[Problem]:
    """The loader parses `v:/data` as a Windows path; nothing can be mounted there."""
    for service in stack.services:
        for entry in _targets(service):
            if not entry[3].startswith("/"):
                message = f"{entry[3]!r} is not an absolute path in the container"
                if ":" in entry[3]:
                    message += "; a volume name needs at least two characters"
                yield Problem(_place(service, entry, around), message, code="relative-target")


def taken_targets(stack: Stack, around: RuleContext) -> Iterator[Problem]:
    for service in stack.services:
        seen: set[str] = set()
        for entry in _targets(service):
            target = entry[3].rstrip("/")
            if target in seen:
                message = f"{entry[3]} is already used by another mount of the service"
                yield Problem(_place(service, entry, around), message, code="target-taken")
            seen.add(target)
