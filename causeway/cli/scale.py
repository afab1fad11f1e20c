"""`causeway scale SERVICE=NUMBER`: writes new replica counts to the configuration and deploys."""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from causeway.model.errors import StackError
from causeway.model.project import StackConfig

from .console import Console
from .problem import UsageError
from .pulumi import call
from .stacks import load_stack, which


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("numbers", nargs="+", metavar="SERVICE=NUMBER")
    parser.add_argument(
        "--preview", action="store_true", help="show what would change, and change nothing"
    )


def run(options: argparse.Namespace, console: Console) -> int:
    wanted = which(options)
    if not wanted.stack:
        raise UsageError("scale changes a Pulumi stack: name one with --stack and omit --file")
    numbers = _numbers(options.numbers)
    _require_possible(wanted, numbers)
    file = Path(wanted.folder, f"Pulumi.{wanted.stack}.yaml")
    if options.preview:
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(shutil.copy(file, folder))
            return _written(wanted, copy, numbers) or _call(wanted, copy, "preview")
    before = file.read_bytes()
    if code := _written(wanted, file, numbers):
        _put_back(file, before, console)
        return code
    after = file.read_bytes()
    console.print(f"{file.name}: {', '.join(options.numbers)}")
    console.flush()
    code = _call(wanted, file, "up", "--yes")
    if not code:
        return 0
    if file.read_bytes() != after:
        console.error(f"{file.name} was changed during the update, so it keeps the new numbers")
        return code
    _put_back(file, before, console)
    console.error(
        "the update failed and may be incomplete: `causeway scale "
        f"{' '.join(options.numbers)} --stack {wanted.stack}` tries again, `pulumi up --stack "
        f"{wanted.stack}` restores the old numbers"
    )
    return code


def _require_possible(wanted: StackConfig, numbers: Mapping[str, int]) -> None:
    """Raises StackError for numbers that the stack cannot have."""
    try:
        load_stack(replace(wanted, scale={**wanted.scale, **numbers}))
    except StackError as error:
        # The configuration does not hold these numbers yet, so nothing is to be removed from it.
        given = {f"causeway:scale.{name}" for name in numbers}
        problems = [
            replace(each, witness=()) if each.place.path in given else each
            for each in error.problems
        ]
        raise StackError(problems, error.base) from None


def _written(wanted: StackConfig, file: Path, numbers: Mapping[str, int]) -> int:
    for name, number in numbers.items():
        setting = ("--path", f"causeway:scale.{name}", str(number))
        if code := _call(wanted, file, "config", "set", *setting):
            return code
    return 0


def _put_back(file: Path, text: bytes, console: Console) -> None:
    """Restore the old text in one step, so that the file is complete at every moment."""
    if file.read_bytes() == text:
        return
    unfinished = file.with_name(f".{file.name}.unfinished")
    shutil.copy(file, unfinished)  # keeps the file mode
    unfinished.write_bytes(text)
    os.replace(unfinished, file)
    console.error(f"{file.name} is restored")


def _numbers(given: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for each in given:
        name, equals, number = each.partition("=")
        if not (name and equals and number.isascii() and number.isdigit()):
            raise UsageError(f"{each!r} is not of the form SERVICE=NUMBER, such as flask_app=4")
        found[name] = int(number)
    return found


def _call(wanted: StackConfig, file: Path, *arguments: str) -> int:
    return call(wanted, *arguments, config=file)
