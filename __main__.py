"""The Pulumi program: configuration -> model -> resources -> outputs."""

from pathlib import Path

import pulumi

from components.labels import Owner
from components.outputs import stack_outputs
from components.settings import configuration, read_settings
from components.stack import Stack, StackArgs
from model.errors import CausewayError, line_of
from model.load import load


def main() -> None:
    settings = read_settings(configuration(), pulumi.get_project(), pulumi.get_stack())
    stack = load(
        settings.files,
        name=settings.name,
        variables=settings.variables,
        profiles=settings.profiles,
        scale=settings.scale,
        images=settings.images,
    )
    for warning in stack.warnings:
        pulumi.log.warn(line_of(warning, str(Path.cwd())))
    for used in stack.substitutions:
        pulumi.log.info(
            f"{used.service}: {used.wanted} is replaced by {used.used} "
            f"({settings.origin(used.wanted)})"
        )
    resources = Stack(settings.name, StackArgs(stack, Owner(settings.project, settings.stack)))
    for name, value in stack_outputs(stack, resources).items():
        pulumi.export(name, value)


try:
    main()
except CausewayError as error:
    raise pulumi.RunError(str(error)) from None
