"""`causeway down`: runs `pulumi destroy`; --volumes also removes the data, as with Compose."""

from __future__ import annotations

import argparse

from causeway.contract import CONTAINER_TYPE, VOLUME_TYPE
from causeway.engine.faults import EngineError

from .console import Console
from .problem import UsageError
from .pulumi import call
from .running import engine
from .stacks import which
from .state import state


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        *("-v", "--volumes"),
        action="store_true",
        help="also remove the stack's named and anonymous volumes, with their data",
    )
    parser.add_argument("-y", "--yes", action="store_true", help="do not ask for confirmation")


def run(options: argparse.Namespace, console: Console) -> int:
    from causeway.live.leftovers import Object, anonymous_volumes, has_volume, leftovers, remove

    wanted = which(options)
    if not wanted.stack:
        raise UsageError("down removes a Pulumi stack: name one with --stack and omit --file")
    known = state(wanted.folder, wanted.stack)
    with engine(wanted) as api:
        # The volumes in the state, and those that an earlier `destroy` kept.
        kept = [one.id for one in leftovers(api, known.identities, ()) if one.kind == "volume"]
        named = sorted({*kept, *(name for name in known.of(VOLUME_TYPE) if has_volume(api, name))})
        unnamed = anonymous_volumes(api, known.of(CONTAINER_TYPE))
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
