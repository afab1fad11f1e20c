"""Rules about files that a stack needs on this machine. Checks that they exist; reads nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePath

from causeway.model.files import MOST_FILES, REMOTE
from causeway.model.rule_context import RuleContext
from causeway.model.source import holding
from causeway.model.values import Place, Problem, Stack


def missing_files(stack: Stack, around: RuleContext) -> Iterator[Problem]:
    for source in stack.file_sources:
        if source.file is None:
            continue
        place = around.index.place(f"{source.kind}s", source.key, "file")
        if source.kind == "config" and (inside := around.files_in(source.file)) is not None:
            yield from _unfit_folder(source.file, inside, place, around)
        elif why := around.unfit_content(source.file):
            yield Problem(place, f"{source.file} {why}", code="unreadable-file")
        elif not around.is_file(source.file):
            yield Problem(place, f"file not found: {source.file}", code="missing-file")


def _unfit_folder(
    folder: str, inside: Sequence[str], place: Place, around: RuleContext
) -> Iterator[Problem]:
    """A folder as a config: its files are copied into the container, one by one."""
    if not inside or len(inside) > MOST_FILES:
        what = f"has more than {MOST_FILES} files: mount it" if inside else "has no file"
        yield Problem(place, f"the folder {folder} {what}", code="unreadable-file")
        return
    for file in inside:
        if why := around.unfit_content(file):
            yield Problem(place, f"{file} {why}", code="unreadable-file")


def missing_content(stack: Stack, around: RuleContext) -> Iterator[Problem]:
    for source in stack.file_sources:
        if source.file is None and source.content is None:
            steps = (f"{source.kind}s", source.key, "environment")
            if around.index.has(*steps):
                message = "its variable is set neither under causeway:variables nor in .env"
                yield Problem(around.index.place(*steps), message, code="missing-content")


def missing_build_files(stack: Stack, around: RuleContext) -> Iterator[Problem]:
    for service in stack.services:
        build = service.build
        if build is None:
            continue
        steps = ("services", service.name, "build")
        # `build: ./web` in short, `build.context` in full.
        place = around.index.place(*steps, "context")
        if not around.index.has(*steps, "context"):
            place = around.index.place(*steps)
        if REMOTE.match(build.context):
            message = (
                f"{build.context} is not on this machine: clone it and give the path of the folder"
            )
            yield Problem(place, message, code="missing-build-context")
        elif not around.exists(build.context):
            yield Problem(
                place, f"build context not found: {build.context}", code="missing-build-context"
            )
        elif around.is_file(build.context):
            yield Problem(
                place,
                f"build context {build.context} is a file, not a folder",
                code="missing-build-context",
            )
        elif build.dockerfile_inline is None:
            dockerfile = str(PurePath(build.context, build.dockerfile))
            if around.index.has(*steps, "dockerfile"):
                place = around.index.place(*steps, "dockerfile")
            if why := around.unfit(dockerfile):
                yield Problem(place, f"{dockerfile} {why}", code="unreadable-file")
            elif not around.is_file(dockerfile):
                yield Problem(
                    place, f"Dockerfile not found: {dockerfile}", code="missing-dockerfile"
                )


def missing_bind_sources(stack: Stack, around: RuleContext) -> Iterator[Problem]:
    """Only a warning: the engine may run on another machine, where the source exists."""
    for service in stack.services:
        for position, mount in enumerate(service.mounts):
            if mount.type == "bind" and mount.source and not around.exists(mount.source):
                place = around.index.item(
                    ("services", service.name, "volumes"),
                    position,
                    len(service.mounts),
                    holding(mount.target),
                )
                message = f"{mount.source} does not exist, and Docker does not create it"
                if mount.create_source or mount.selinux:
                    message = f"{mount.source} does not exist: the engine creates an empty folder"
                yield Problem(place, message, "warning", code="missing-bind-source")
