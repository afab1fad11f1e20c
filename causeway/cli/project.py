"""Which project and which of its stacks a command is about."""

from __future__ import annotations

import os
from pathlib import Path

from causeway.model.project import PROJECT_FILE, document

from .problem import UsageError
from .selected import selected


def project_folder(start: Path) -> Path | None:
    """The nearest folder, from `start` upwards, that has a Pulumi.yaml."""
    return next((each for each in (start, *start.parents) if (each / PROJECT_FILE).exists()), None)


def chosen_stack(folder: Path, wanted: str | None) -> str:
    """The short name of the stack: the given one, else the selected one, else the only one."""
    there = stacks_in(folder)
    known = ", ".join(there) or "none"
    if name := (wanted or os.environ.get("PULUMI_STACK") or "").rpartition("/")[2]:
        if name not in there:
            raise UsageError(f"no Pulumi.{name}.yaml in {folder} (stacks: {known})")
        return name
    if name := selected(folder, document(folder / PROJECT_FILE), os.environ):
        if name not in there:
            raise UsageError(
                f"stack {name} is selected, but there is no Pulumi.{name}.yaml in {folder} "
                f"(stacks: {known}): name another stack with --stack"
            )
        return name
    if len(there) == 1:
        return there[0]
    raise UsageError(f"no stack is selected: name one with --stack (stacks: {known})")


def stacks_in(folder: Path) -> list[str]:
    found = (path.name.split(".") for path in sorted(folder.glob("Pulumi.*.yaml")))
    return [parts[1] for parts in found if len(parts) == 3]
