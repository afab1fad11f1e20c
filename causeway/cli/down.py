"""`causeway down`: `pulumi destroy`; with --volumes the data goes too, as with Compose."""

from __future__ import annotations

import argparse

from causeway.engine.faults import EngineError

from .console import Console
from .problem import UsageError
from .pulumi import call
from .running import engine
from .stacks import which
from .state import CONTAINER, VOLUME, state

NAME = "down"
SUMMARY = "remove the stack from the engine; volumes stay with their data unless --volumes is given"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        *("-v", "--volumes"),
        action="store_true",
        help="remove the stack's named and anonymous volumes too, with all data",
    )
    parser.add_argument("-y", "--yes", action="store_true", help="as for `pulumi destroy`")


def run(options: argparse.Namespace, console: Console) -> int:
    from causeway.live.leftovers import Object, anonymous_volumes, has_volume, leftovers, remove

    wanted = which(options)
    if not wanted.stack:
        raise UsageError("down removes a Pulumi stack: name it with --stack, without --file")
    known = state(wanted.folder, wanted.stack)
    with engine(wanted) as api:
        # Those that the state holds, and those that an earlier `destroy` kept.
        kept = [one.id for one in leftovers(api, known.identities, ()) if one.kind == "volume"]
        named = sorted({*kept, *(name for name in known.of(VOLUME) if has_volume(api, name))})
        unnamed = anonymous_volumes(api, known.of(CONTAINER))
        for name in named:
            what = "is removed at the end, with its data" if options.volumes else "stays"
            console.print(f"volume {name} {what}")
        console.out.flush()
        if code := call(wanted, "destroy", *(["--yes"] if options.yes else [])):
            return code
        if not options.volumes:
            return 0
        for name in (*named, *unnamed):
            try:
                remove(api, Object("volume", name, name, ""))
            except EngineError as error:
                raise UsageError(f"volume {name} cannot be removed: {error}") from None
            console.print(f"volume {name} is removed")
    return 0
