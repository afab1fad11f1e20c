"""Checks and applies Pulumi configuration of a stack: scale, images and variables.

The problems have no line: their path is the configuration key.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from .rule_context import known
from .source import SourceIndex
from .values import Place, Problem, Stack

VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
IMAGE = re.compile(r"[^\s:/@][^\s]*")


def _problem(code: str, key: str, message: str, cure: tuple[str, ...] = ()) -> Problem:
    return Problem(Place("", 0, f"causeway:{key}"), message, witness=cure, code=code)


def malformed(variables: Mapping[str, str], images: Mapping[str, str]) -> Iterator[Problem]:
    """Problems that can be found without a stack."""
    for name, value in variables.items():
        if not VARIABLE.fullmatch(name):
            yield _problem(
                "malformed-variable",
                f"variables.{name}",
                "is not a variable name (letters, digits, _)",
            )
        elif "\0" in value:
            yield _problem("malformed-variable", f"variables.{name}", "contains a NUL character")
    for wanted, used in images.items():
        for image in (wanted, used):
            if not IMAGE.fullmatch(image):
                yield _problem(
                    "malformed-image", f"images.{wanted}", f"{image!r} is not an image reference"
                )


def set_replicas(
    stack: Stack, scale: Mapping[str, int], index: SourceIndex
) -> tuple[Stack, list[Problem]]:
    """The stack with the configured replicas; a problem for each entry without a service."""
    names = [service.name for service in stack.services]
    problems = []
    for name, replicas in scale.items():
        if replicas < 0:
            problems.append(
                _problem("negative-scale", f"scale.{name}", f"{replicas} replicas are not possible")
            )
        if name in names:
            continue
        code, message = "unknown-service", f"unknown service {name!r} {known(names)}"
        cure: tuple[str, ...] = (
            f"`pulumi config rm --path 'causeway:scale.{name}'` removes the entry",
        )
        if index.has("services", name):
            code = "switched-off"
            message = (
                f"service {name!r} is disabled by its profiles: enable one of them under "
                "causeway:profiles"
            )
            cure = ()
        problems.append(_problem(code, f"scale.{name}", message, cure))
    services = tuple(
        replace(each, replicas=scale.get(each.name, each.replicas)) for each in stack.services
    )
    return replace(stack, services=services), problems
