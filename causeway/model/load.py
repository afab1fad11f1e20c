"""Turns Compose files into one checked stack: load, locate, convert, substitute, check.

`files` and `reading` decide first what may be read. All problems are raised
together; warnings are returned with the stack. No file is read twice.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import MappingProxyType

from causeway.model.compose.bindings import bind_ports
from causeway.model.compose.coverage import uncovered, unknown_written
from causeway.model.compose.declarations import file_source, network, volume
from causeway.model.compose.home import expand_home
from causeway.model.compose.service import service
from causeway.model.compose.substitution import bases, substitute_bases, substitute_image
from causeway.model.compose.unsupported_values import unsupported_values
from causeway.model.extension.assertions import parse
from causeway.model.extension.attachments import read_attachments
from causeway.model.extension.balance import apply_extensions
from causeway.model.extension.top_level import misspelt_sections, unknown_keys
from causeway.model.rules.check import check
from causeway.model.rules.pool import AddressPool, assign_subnets
from causeway.model.rules.proxies import Read, configurations, stale

from . import nodes, overrides, source
from .compose import file_references, loader, messages
from .document import mapping, text
from .errors import StackError
from .files import cached_reader, files_in, why_unreadable, why_unreadable_content
from .loaded import Loaded
from .project import StackConfig
from .rule_context import RuleContext
from .rules import links
from .source import SourceIndex
from .values import Build, FileSource, Place, Problem, Stack

NOTHING: Mapping[str, str] = MappingProxyType({})
NO_SCALE: Mapping[str, int] = MappingProxyType({})


def load_selected(wanted: StackConfig) -> Loaded:
    """`load` with the files and settings of a configuration."""
    return load(
        wanted.paths,
        name=wanted.name,
        variables=wanted.variables,
        profiles=wanted.profiles,
        scale=wanted.scale,
        images=wanted.images,
        address_pool=wanted.address_pool,
    )


def load(
    files: Sequence[str | Path],
    *,
    name: str,
    variables: Mapping[str, str] = NOTHING,
    profiles: Sequence[str] = (),
    scale: Mapping[str, int] = NO_SCALE,
    images: Mapping[str, str] = NOTHING,
    address_pool: AddressPool | None = None,
) -> Loaded:
    """The stack that the files declare; later files are merged over earlier ones.

    Raises StackError with every problem found, LoaderError if the loader cannot run.
    """
    base = str(Path.cwd())
    paths = [str(Path(file).absolute()) for file in files]
    hopeless = [*_unreadable(paths), *overrides.malformed(variables, images)]
    if hopeless:
        raise StackError(hopeless, base)
    folder = str(Path(paths[0]).parent)

    def ask(text: str, environment_files: Sequence[str]) -> str:
        return loader.run(
            ["-"],
            name=name,
            variables=variables,
            environment_files=[*reversed(environment_files)],
            folder=folder,
            stdin=text,
        ).output

    read = cached_reader()
    compose = cache(lambda path: nodes.composed(read(path) or b""))
    if unreadable := file_references.unreadable(paths, folder, ask, compose):
        raise StackError(unreadable, base)
    index = source.index(paths, compose)

    def run(*options: str) -> loader.Answer:
        return loader.run(
            paths,
            name=name,
            variables=variables,
            profiles=profiles,
            options=options,
            folder=folder,
        )

    if index.too_large:
        message = f"is nested too deeply or expands to more than {nodes.MOST_VALUES} values"
        raise StackError(
            [
                Problem(Place(path, 0, ""), message, code="file-too-large")
                for path in index.too_large
            ],
            base,
        )
    answer = run()
    said = messages.read(
        answer.messages, answer.accepted, index, lambda file: source.index([file], compose)
    )
    if said.checked:
        # Some references are invalid. Our rules report all of them, the loader only the first.
        answer = run("--no-consistency")
    if not answer.accepted:
        unknown = list(unknown_written(index))
        # The loader reports only the first unknown key; we report all, with the closest name.
        errors = [error for error in said.errors if not unknown or error.code != "unknown-key"]
        raise StackError([*said.warnings, *unknown, *errors], base)
    document = mapping(nodes.canonical(answer.output))
    if messages.names_home(said.warnings):
        document = expand_home(document, str(Path.home()))
    stack = _stack(name, paths, document, index, _answers(document, name, variables, folder))
    stack, misread = apply_extensions(document, stack, index)
    stack, uninvited = read_attachments(document, stack, index)
    stack = bind_ports(stack)
    stack, unscaled = overrides.set_replicas(stack, scale, index)
    stack, unreached = _substituted(stack, index, images, read)
    around = RuleContext(
        index, os.path.isfile, os.path.exists, why_unreadable, why_unreadable_content, files_in
    )
    stack, without_subnet = assign_subnets(stack, address_pool, around)
    stack = links.as_aliases(stack)
    extension = document.get("x-causeway")
    found = [
        *said.warnings,
        *unscaled,
        *unreached,
        *uncovered(document, index),
        *unsupported_values(document, index),
        *unknown_keys(extension, index),
        *misspelt_sections(index),
        *misread,
        *stale(stack, {each.name: configurations(each, read) for each in stack.services}),
        *uninvited,
        *without_subnet,
        *check(stack, around),
    ]
    if not _errors(found):
        # A balancer without an image has been given one.
        found += [error for error in said.errors if error.code != "without-image"]
    if _errors(found):
        raise StackError(found, base)
    return Loaded(stack, index, parse(extension, stack, index), tuple(sorted(set(found))))


def _errors(problems: Sequence[Problem]) -> list[Problem]:
    return [problem for problem in problems if problem.severity == "error"]


def _unreadable(paths: Sequence[str]) -> list[Problem]:
    """Files that cannot be loaded at all, found before the loader runs."""
    found = []
    if not paths:
        found.append(
            Problem(Place("", 0, "causeway:files"), "names no Compose file", code="no-file-named")
        )
    for path in paths:
        try:
            os.stat(path)
        except OSError as error:
            found.append(
                Problem(
                    Place(path, 0, ""), f"cannot be read: {error.strerror}", code="unreadable-file"
                )
            )
            continue
        if Path(path).is_dir():
            found.append(
                Problem(
                    Place(path, 0, ""), "is a folder, not a Compose file", code="unreadable-file"
                )
            )
        elif why := why_unreadable(path):
            found.append(Problem(Place(path, 0, ""), why, code="unreadable-file"))
    return found


def _stack(
    name: str,
    paths: Sequence[str],
    document: Mapping[str, object],
    index: SourceIndex,
    answers: Mapping[str, str],
) -> Stack:
    def section(key: str) -> list[tuple[str, object]]:
        return sorted(mapping(document.get(key)).items())

    sources: list[FileSource] = []
    for key, value in section("secrets"):
        place = index.place("secrets", key)
        sources.append(file_source("secret", key, value, place, answers))
    for key, value in section("configs"):
        place = index.place("configs", key)
        sources.append(file_source("config", key, value, place, answers))
    return Stack(
        name=name,
        files=tuple(paths),
        services=tuple(
            service(key, value, index.place("services", key)) for key, value in section("services")
        ),
        networks=tuple(
            network(key, value, index.place("networks", key)) for key, value in section("networks")
        ),
        volumes=tuple(
            volume(key, value, index.place("volumes", key)) for key, value in section("volumes")
        ),
        file_sources=tuple(sources),
    )


def _answers(
    document: Mapping[str, object], name: str, variables: Mapping[str, str], folder: str
) -> Mapping[str, str]:
    """Values of the variables that secrets and configs take their content from, including `.env`.

    The loader resolves them, since only it knows the syntax of `.env`; unknown ones are omitted.
    """
    wanted = sorted(
        variable
        for key in ("secrets", "configs")
        for value in mapping(document.get(key)).values()
        if (variable := text(mapping(value).get("environment"))) is not None
    )
    if not wanted:
        return {}
    lines = [
        f'  "{variable}": ["${{{variable}-}}", "${{{variable}+known}}"]' for variable in wanted
    ]
    asked = "\n".join(["services: {}", "x-answers:", *lines])
    answer = loader.run(["-"], name=name, variables=variables, folder=folder, stdin=asked)
    answers = mapping(mapping(nodes.canonical(answer.output)).get("x-answers"))
    found = {}
    for variable, value in answers.items():
        if isinstance(value, list) and value[1] == "known":
            found[variable] = str(value[0])
    return found


def _substituted(
    stack: Stack, index: SourceIndex, images: Mapping[str, str], read: Read
) -> tuple[Stack, list[Problem]]:
    """The stack with images substituted; warns about base images that no build argument sets."""
    if not images:
        return stack, []
    services, made, problems = [], list(stack.substitutions), []
    for each in stack.services:
        replaced, substitutions = substitute_image(each, images)
        made += substitutions
        dockerfile = None if replaced.build is None else _dockerfile(replaced.build, read)
        if replaced.build is not None and dockerfile is not None:
            build, substitutions, fixed = substitute_bases(
                replaced.build, each.name, bases(dockerfile), images
            )
            replaced = replace(replaced, build=build)
            made += substitutions
            place = index.place("services", each.name, "build")
            problems += [
                Problem(
                    place,
                    f"causeway:images cannot replace base image {image!r}, which the Dockerfile "
                    f"names in FROM: write `ARG BASE={image}` and `FROM ${{BASE}}`",
                    "warning",
                    code="fixed-base-image",
                )
                for image in fixed
            ]
        services.append(replaced)
    return replace(stack, services=tuple(services), substitutions=tuple(made)), problems


def _dockerfile(build: Build, read: Read) -> str | None:
    """The text of a build's Dockerfile; None if it cannot or may not be read."""
    if build.dockerfile_inline is not None:
        return build.dockerfile_inline
    found = read(str(Path(build.context, build.dockerfile)))
    return None if found is None else found.decode(errors="replace")
