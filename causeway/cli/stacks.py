"""The stack that a command works on, and its matrix: from files, a Pulumi stack or the engine."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, field, replace
from pathlib import Path

from causeway.model.errors import line_of, render
from causeway.model.extension.assertions import Assertions, check_assertions
from causeway.model.load import load_selected
from causeway.model.loaded import Loaded
from causeway.model.project import StackConfig, read_project
from causeway.model.reach import EngineFacts, Matrix, reach
from causeway.model.reach.places import Positions
from causeway.model.values import Problem, Stack

from .console import Console
from .problem import UsageError
from .project import chosen_stack, project_folder
from .running import meant_by, read_live


@dataclass(frozen=True, slots=True)
class LoadedStack:
    """A stack and where it came from; places are shown relative to the folder `base`. A running
    stack has neither positions nor assertions."""

    stack: Stack
    matrix: Matrix
    settings: StackConfig
    base: str
    positions: Positions = field(default_factory=dict)
    assertions: Assertions = field(default_factory=Assertions)
    warnings: tuple[Problem, ...] = ()


def read(options: argparse.Namespace, facts: EngineFacts) -> LoadedStack:
    """Raises UsageError, or CausewayError with every problem found."""
    base = str(Path.cwd())
    wanted = which(options)
    beside = [_beside(name) for name in getattr(options, "beside", ())]
    if options.live:
        here = meant_by(wanted.engine.provider).host
        if elsewhere := [each for each in beside if meant_by(each.engine.provider).host != here]:
            raise UsageError(f"stack {elsewhere[0].stack} runs on another engine (docker:host)")
        running, told = read_live(wanted)
        stacks = [running, *(read_live(each)[0] for each in beside)]
        _refuse_namesakes(stacks)
        told = replace(
            told,
            version=facts.version or told.version,
            firewall=options.firewall_backend or told.firewall,
            userland_proxy=facts.userland_proxy,
        )
        return LoadedStack(running, reach(stacks, told), wanted, base)
    found = [load_stack(each) for each in (wanted, *beside)]
    stacks = [each.stack for each in found]
    _refuse_namesakes(stacks)
    positions = {each.stack.name: each.positions for each in found}
    known = replace(
        facts,
        version=facts.version or wanted.engine_version,
        firewall=options.firewall_backend or wanted.firewall_backend or facts.firewall,
    )
    matrix = reach(stacks, known, positions)
    return LoadedStack(
        stacks[0], matrix, wanted, base, positions, found[0].assertions, found[0].warnings
    )


def _beside(name: str) -> StackConfig:
    """The settings for a value of --beside: a Compose file, else a Pulumi stack of the project."""
    if Path(name).is_file():
        return _file_alone([name])
    folder = project_folder(Path.cwd())
    if folder is None:
        raise UsageError(f"no Pulumi.yaml in this folder or above it, and {name!r} is not a file")
    return read_project(folder, chosen_stack(folder, name))


def _refuse_namesakes(stacks: list[Stack]) -> None:
    names = [stack.name for stack in stacks]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise UsageError(f"two stacks are named {twice[0]!r}, so their services are ambiguous")


def which(options: argparse.Namespace) -> StackConfig:
    """The settings for --file and --stack. Files alone need no Pulumi project."""
    folder = project_folder(Path.cwd())
    if options.file and not options.stack:
        return _file_alone(options.file)
    if folder is None:
        raise UsageError(
            "no Pulumi.yaml in this folder or above it: name a Compose file with --file"
        )
    found = read_project(folder, chosen_stack(folder, options.stack))
    if not options.file:
        return found
    files = tuple(str(Path(file).absolute()) for file in options.file)
    return replace(found, files=files)


def _file_alone(files: list[str]) -> StackConfig:
    first = Path(files[0]).absolute()
    return StackConfig(_name(first.parent.name), tuple(files), Path.cwd())


def load_stack(wanted: StackConfig) -> Loaded:
    return load_selected(wanted)


def _name(folder: str) -> str:
    """A name that the loader accepts, derived from the folder's name."""
    kept = "".join(each for each in folder.lower() if each.isalnum() or each in "-_")
    return kept.lstrip("-_") or "stack"


def report_warnings(loaded: LoadedStack, console: Console) -> None:
    """Print what the preview warns of, which the files alone show."""
    for warning in loaded.warnings:
        console.warning(line_of(warning, loaded.base, named=False))


def report_assertions(loaded: LoadedStack, console: Console) -> int:
    """Print the assertions that do not hold; the exit code is 1 when one of them fails."""
    problems = check_assertions(loaded.assertions, loaded.stack, loaded.matrix)
    for problem in problems:
        text = render([problem], loaded.base)
        if problem.severity == "error":
            console.error(text)
        else:
            console.warning(text)
    return int(any(problem.severity == "error" for problem in problems))
