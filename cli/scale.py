"""`causeway scale SERVICE=NUMBER`: other numbers of replicas, written down and deployed."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from cli.console import Console
from cli.problem import UsageError
from cli.settings import Settings
from cli.stacks import load_stack, which

NAME = "scale"
SUMMARY = "set the number of replicas of services, and deploy; a balancer in front runs on"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("numbers", nargs="+", metavar="SERVICE=NUMBER")
    parser.add_argument("--preview", action="store_true", help="show what would change, and stop")


def run(options: argparse.Namespace, console: Console) -> int:
    wanted = which(options)
    if not wanted.stack:
        raise UsageError("scale changes a Pulumi stack: name it with --stack, without --file")
    numbers = _numbers(options.numbers)
    load_stack(replace(wanted, scale={**wanted.scale, **numbers}))  # refuses what cannot be
    pulumi = pulumi_of(wanted)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(wanted.folder, f"Pulumi.{wanted.stack}.yaml")
        if options.preview:
            file = Path(shutil.copy(file, folder))
        for name, number in numbers.items():
            setting = ("--path", f"causeway:scale.{name}", str(number))
            if code := _call(pulumi, wanted, file, "config", "set", *setting):
                return code
        if options.preview:
            return _call(pulumi, wanted, file, "preview")
        console.print(f"{file.name}: {', '.join(options.numbers)}")
        return _call(pulumi, wanted, file, "up", "--yes")


def _numbers(given: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for each in given:
        name, equals, number = each.partition("=")
        if not (name and equals and number.isascii() and number.isdigit()):
            raise UsageError(f"{each!r} is not of the form SERVICE=NUMBER, such as flask_app=4")
        found[name] = int(number)
    return found


def pulumi_of(wanted: Settings) -> str:
    """The project's own Pulumi, else the one on the PATH."""
    own = Path(wanted.folder, ".venv", "bin", "pulumi")
    found = str(own) if own.exists() else shutil.which("pulumi")
    if found is None:
        raise UsageError("there is no pulumi here: run `make setup`")
    return found


def _call(pulumi: str, wanted: Settings, file: Path, *arguments: str) -> int:
    command = [pulumi, *arguments, "--stack", wanted.stack, "--config-file", str(file)]
    return subprocess.run(command, cwd=wanted.folder, check=False).returncode
