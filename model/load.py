"""Compose files in, one checked `Stack` out: load, place, convert, substitute, check.

The only module besides `loader` and `source` that reads files. All problems are raised
together; warnings travel in the stack.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from model import loader, source
from model.declarations import file_source, network, volume
from model.document import mapping, text
from model.errors import StackError
from model.messages import problems_of
from model.service import service
from model.source import SourceIndex
from model.substitution import bases, substitute_bases, substitute_image
from model.values import Build, FileSource, Place, Problem, Stack

NOTHING: Mapping[str, str] = MappingProxyType({})
NO_SCALE: Mapping[str, int] = MappingProxyType({})
LARGEST_FILE = 4 << 20  # bytes; real stack files stay below 200 kB


def load(
    files: Sequence[str | Path],
    *,
    name: str,
    variables: Mapping[str, str] = NOTHING,
    profiles: Sequence[str] = (),
    scale: Mapping[str, int] = NO_SCALE,
    images: Mapping[str, str] = NOTHING,
) -> Stack:
    """The stack that the files declare, later files merged over earlier ones.

    Raises StackError with every problem found, LoaderError when the loader cannot run.
    """
    paths = [str(Path(file).absolute()) for file in files]
    base = str(Path.cwd())
    unreadable = [*_unreadable(paths)]
    if unreadable:
        raise StackError(unreadable, base)
    folder = str(Path(paths[0]).parent)
    answer = loader.run(paths, name=name, variables=variables, profiles=profiles, folder=folder)
    index = source.index(paths)
    found = problems_of(answer.messages, answer.accepted, index)
    if not answer.accepted:
        raise StackError(found, base)
    document = mapping(source.canonical(answer.output))
    stack = _stack(name, paths, document, index, _answers(document, name, variables, folder))
    stack = _scaled(stack, scale)
    stack, unreached = _substituted(stack, index, images)
    found += unreached
    errors = [problem for problem in found if problem.severity == "error"]
    if errors:
        raise StackError(found, base)
    return replace(stack, warnings=tuple(sorted(set(found))))


def _unreadable(paths: Sequence[str]) -> list[Problem]:
    """Files that cannot be loaded at all, before the loader is asked."""
    found = []
    if not paths:
        found.append(Problem(Place("", 0, "causeway:files"), "names no Compose file"))
    for path in paths:
        try:
            size = Path(path).stat().st_size
        except OSError as error:
            found.append(Problem(Place(path, 0, ""), f"cannot be read: {error.strerror}"))
            continue
        if Path(path).is_dir():
            found.append(Problem(Place(path, 0, ""), "is a folder, not a Compose file"))
        elif size > LARGEST_FILE:
            message = (
                f"is {size / (1 << 20):.1f} MiB large; a stack file may have "
                f"{LARGEST_FILE >> 20} MiB at most"
            )
            found.append(Problem(Place(path, 0, ""), message))
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
    extension = document.get("x-causeway")
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
        extension="" if extension is None else json.dumps(extension, sort_keys=True),
    )


def _answers(
    document: Mapping[str, object], name: str, variables: Mapping[str, str], folder: str
) -> Mapping[str, str]:
    """The variables that secrets and configs take their content from, `.env` included.

    The loader is asked, since it alone knows how `.env` reads; an unknown one is left out.
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
    answers = mapping(mapping(source.canonical(answer.output)).get("x-answers"))
    found = {}
    for variable, value in answers.items():
        if isinstance(value, list) and value[1] == "known":
            found[variable] = str(value[0])
    return found


def _scaled(stack: Stack, scale: Mapping[str, int]) -> Stack:
    services = tuple(
        replace(each, replicas=scale.get(each.name, each.replicas)) for each in stack.services
    )
    return replace(stack, services=services)


def _substituted(
    stack: Stack, index: SourceIndex, images: Mapping[str, str]
) -> tuple[Stack, list[Problem]]:
    """The stack with images replaced; warns of base images that no argument reaches."""
    if not images:
        return stack, []
    services, made, problems = [], list(stack.substitutions), []
    for each in stack.services:
        replaced, substitutions = substitute_image(each, images)
        made += substitutions
        if replaced.build is not None and (dockerfile := _dockerfile(replaced.build)) is not None:
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
                )
                for image in fixed
            ]
        services.append(replaced)
    return replace(stack, services=tuple(services), substitutions=tuple(made)), problems


def _dockerfile(build: Build) -> str | None:
    """The text of a build's Dockerfile, None when it is not to be read here."""
    if build.dockerfile_inline is not None:
        return build.dockerfile_inline
    try:
        return Path(build.context, build.dockerfile).read_text(errors="replace")
    except OSError:
        return None
