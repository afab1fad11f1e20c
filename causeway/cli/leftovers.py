"""`causeway leftovers`: lists and removes what a killed update left on the engine."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from causeway.engine.faults import EngineError

from .console import Console
from .problem import UsageError
from .running import engine
from .stacks import which
from .state import state

if TYPE_CHECKING:
    from causeway.engine.client import Engine
    from causeway.live.leftovers import Object


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--remove",
        nargs="*",
        metavar="NAME",
        help="remove these; without a name, ask for each one (removing a volume deletes its data)",
    )


def run(options: argparse.Namespace, console: Console) -> int:
    from causeway.live.leftovers import leftovers

    wanted = which(options)
    if not wanted.stack:
        raise UsageError("leftovers belong to a Pulumi stack: name one with --stack")
    known = state(wanted.folder, wanted.stack)
    with engine(wanted) as api:
        found = leftovers(api, known.identities, known.resources)
        if not found and not options.remove:
            console.print(f"Stack {wanted.stack} has no leftovers.")
            return 0
        for one in found:
            console.print(f"{one.kind} {one.name}  ({one.told})")
        if options.remove is None:
            console.print("Nothing is removed; `causeway leftovers --remove` asks for each.")
            return 1
        chosen = _named(found, options.remove) if options.remove else _asked(found)
        for one in chosen:
            _remove(api, one, console)
    return 0 if len(chosen) == len(found) else 1


def _named(found: list[Object], names: list[str]) -> list[Object]:
    known = {one.name: one for one in found}
    if unknown := sorted(set(names) - known.keys()):
        raise UsageError(f"not among the leftovers: {', '.join(unknown)}; nothing is removed")
    return [known[name] for name in dict.fromkeys(names)]


def _asked(found: list[Object]) -> list[Object]:
    if not sys.stdin.isatty():
        raise UsageError("this is not a terminal: name what to remove with --remove NAME")
    return [one for one in found if _agrees(one)]


def _agrees(one: Object) -> bool:
    data = " and its data" if one.kind == "volume" else ""
    return input(f"Remove {one.kind} {one.name}{data}? [y/N] ").strip().lower() in ("y", "yes")


def _remove(api: Engine, one: Object, console: Console) -> None:
    from causeway.live.leftovers import remove

    try:
        remove(api, one)
    except EngineError as error:
        raise UsageError(f"{one.kind} {one.name} cannot be removed: {error}") from None
    console.print(f"{one.kind} {one.name} is removed.")
