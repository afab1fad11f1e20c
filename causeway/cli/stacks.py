"""The stack that a command is about, and its matrix: from files, a Pulumi stack, or what runs."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, field, replace
from pathlib import Path

from causeway.model.errors import render
from causeway.model.extension.assertions import Assertions, check_assertions
from causeway.model.load import load_selected
from causeway.model.loaded import Loaded
from causeway.model.reach import EngineFacts, Matrix, reach
from causeway.model.reach.places import Positions
from causeway.model.values import Stack

from .console import Console
from .problem import UsageError
from .running import meant_by, read_live
from .settings import Settings, chosen_stack, project_folder, settings


@dataclass(frozen=True, slots=True)
class Subject:
    """A stack and what it was made of; `base` is the folder that places are shown below. What runs
    has neither positions nor assertions."""

    stack: Stack
    matrix: Matrix
    settings: Settings
    base: str
    positions: Positions = field(default_factory=dict)
    assertions: Assertions = field(default_factory=Assertions)


def read(options: argparse.Namespace, facts: EngineFacts) -> Subject:
    """Raises UsageError and CausewayError, with every problem found."""
    base = str(Path.cwd())
    wanted = which(options)
    beside = [_beside(name) for name in getattr(options, "beside", ())]
    if options.live:
        here = meant_by(wanted.provider).host
        if elsewhere := [each for each in beside if meant_by(each.provider).host != here]:
            raise UsageError(f"stack {elsewhere[0].stack} runs on another engine (docker:host)")
        running, told = read_live(wanted)
        stacks = [running, *(read_live(each)[0] for each in beside)]
        _refuse_namesakes(stacks)
        version = facts.version or told.version
        told = replace(told, version=version, userland_proxy=facts.userland_proxy)
        return Subject(running, reach(stacks, told), wanted, base)
    found = [load_stack(each) for each in (wanted, *beside)]
    stacks = [each.stack for each in found]
    _refuse_namesakes(stacks)
    positions = {each.stack.name: each.positions for each in found}
    known = replace(facts, version=facts.version or wanted.engine_version)
    matrix = reach(stacks, known, positions)
    return Subject(stacks[0], matrix, wanted, base, positions, found[0].assertions)


def _beside(name: str) -> Settings:
    """What --beside names: a Compose file, or else a Pulumi stack of the project."""
    if Path(name).is_file():
        return _file_alone([name])
    folder = project_folder(Path.cwd())
    if folder is None:
        raise UsageError(f"no Pulumi.yaml here or above, and {name!r} is no Compose file")
    return settings(folder, chosen_stack(folder, name))


def _refuse_namesakes(stacks: list[Stack]) -> None:
    names = [stack.name for stack in stacks]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise UsageError(f"two stacks are called {twice[0]!r}: their services cannot be told apart")


def which(options: argparse.Namespace) -> Settings:
    """What --file and --stack say. Files alone need no Pulumi project."""
    folder = project_folder(Path.cwd())
    if options.file and not options.stack:
        return _file_alone(options.file)
    if folder is None:
        raise UsageError("no Pulumi.yaml here or above: name a Compose file with --file")
    found = settings(folder, chosen_stack(folder, options.stack))
    if not options.file:
        return found
    files = tuple(str(Path(file).absolute()) for file in options.file)
    return replace(found, files=files)


def _file_alone(files: list[str]) -> Settings:
    first = Path(files[0]).absolute()
    return Settings(_name(first.parent.name), Path.cwd(), tuple(files))


def load_stack(wanted: Settings) -> Loaded:
    return load_selected([wanted.folder / file for file in wanted.files], wanted)


def _name(folder: str) -> str:
    """A name that the loader accepts, made of the folder's."""
    kept = "".join(each for each in folder.lower() if each.isalnum() or each in "-_")
    return kept.lstrip("-_") or "stack"


def judged(loaded: Subject, console: Console) -> int:
    """Prints the assertions that do not hold; the exit code is 1 when one is broken."""
    problems = check_assertions(loaded.assertions, loaded.stack, loaded.matrix)
    for problem in problems:
        text = render([problem], loaded.base)
        if problem.severity == "error":
            console.error(text)
        else:
            console.warning(text)
    return int(any(problem.severity == "error" for problem in problems))
