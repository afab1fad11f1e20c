"""Substitutes images through `causeway:images`: those that services name and those that
Dockerfiles build on. A base image can only be set through a build argument; Dockerfiles
are never rewritten. The caller reads the Dockerfile.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from causeway.model.values import Build, Service, Substitution

ARGUMENT = re.compile(r"ARG\s+(.*)", re.IGNORECASE)
FROM = re.compile(r"FROM\s+(?:--\S+\s+)*(\S+)", re.IGNORECASE)
REFERENCE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


@dataclass(frozen=True, slots=True)
class Bases:
    """The base images in the `FROM` lines of a Dockerfile: literal images, and build arguments
    with their defaults (None without a default)."""

    images: tuple[str, ...]
    arguments: tuple[tuple[str, str | None], ...]


def bases(dockerfile: str) -> Bases:
    """The base images of a Dockerfile's stages, in order, each once."""
    defaults: dict[str, str] = {}
    images: dict[str, None] = {}
    arguments: dict[str, str | None] = {}
    before_first_stage = True
    for line in _instructions(dockerfile):
        if before_first_stage and (argument := ARGUMENT.match(line)):
            for word in argument[1].split():
                name, assigned, default = word.partition("=")
                if assigned:
                    defaults[name] = default.strip("\"'")
        elif stage := FROM.match(line):
            before_first_stage = False
            whole = stage[1].strip("\"'")
            if reference := REFERENCE.fullmatch(whole):
                name = reference[1] or reference[2]
                arguments[name] = defaults.get(name)
            else:
                images[whole] = None
    return Bases(tuple(images), tuple(arguments.items()))


def _instructions(dockerfile: str) -> Iterator[str]:
    """Dockerfile lines without comments, with continued lines joined."""
    pending = ""
    for raw in dockerfile.splitlines():
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        if line.endswith("\\"):
            pending += line[:-1] + " "
            continue
        yield pending + line
        pending = ""
    if pending:
        yield pending


def substitute_image(
    service: Service, images: Mapping[str, str]
) -> tuple[Service, tuple[Substitution, ...]]:
    """The service with its image substituted; if it builds, `image` only names the result."""
    wanted = service.image
    if service.build is not None or wanted is None or wanted not in images:
        return service, ()
    used = images[wanted]
    return replace(service, image=used), (Substitution(service.name, wanted, used),)


def substitute_bases(
    build: Build, service: str, found: Bases, images: Mapping[str, str]
) -> tuple[Build, tuple[Substitution, ...], tuple[str, ...]]:
    """The build with arguments that substitute base images, the substitutions, and the base
    images that should be substituted but are literal in a FROM line."""
    arguments = dict(build.args)
    made = []
    for name, default in found.arguments:
        wanted = arguments.get(name, default)
        if wanted is not None and wanted in images:
            arguments[name] = images[wanted]
            made.append(Substitution(service, wanted, images[wanted]))
    fixed = tuple(image for image in found.images if image in images)
    return replace(build, args=tuple(sorted(arguments.items()))), tuple(made), fixed
