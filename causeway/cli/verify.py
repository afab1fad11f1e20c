"""`causeway verify`: probes every cell of the model on the running stack."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from causeway.model.project import StackConfig
from causeway.model.reach import WORLD, EngineFacts, reach
from causeway.model.reach.record import restore
from causeway.model.values import Stack

from . import reports, table
from .console import Console
from .problem import UsageError
from .running import engine, running
from .stacks import load_stack, which
from .wording import WORDS

if TYPE_CHECKING:
    from causeway.engine.client import Engine
    from causeway.live.names import NameFinding
    from causeway.live.replicas import ServiceStatus
    from causeway.live.verify import Report


def configure(parser: argparse.ArgumentParser) -> None:
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print every cell with its probes")
    form.add_argument("--tap", action="store_true", help="print TAP 14, one line per cell")
    parser.add_argument("--junit", metavar="FILE", help="also write a JUnit report")
    parser.add_argument("--image", metavar="IMAGE", help="image for the probes; needs python3")
    parser.add_argument(
        "--wait",
        type=float,
        default=10.0,
        metavar="SECONDS",
        help="how long to retry what differs, for example while an app starts (default: 10)",
    )
    parser.add_argument(
        *("--limit",),
        type=float,
        default=300.0,
        metavar="SECONDS",
        help="time limit for the whole run (default: 300)",
    )
    parser.add_argument(
        "--world-at",
        metavar="ADDRESS",
        help="probe `world` from this machine, which is not the engine's; ADDRESS is the engine's",
    )
    parser.add_argument(
        "--internet", metavar="ADDRESS:PORT", help="TCP endpoint on the internet to probe"
    )
    # Used by an update: reads the stack that is being deployed as JSON from standard input.
    parser.add_argument("--deploying", action="store_true", help=argparse.SUPPRESS)


def run(options: argparse.Namespace, console: Console) -> int:
    # Like Ctrl-C: stops the probes first.
    signal.signal(signal.SIGTERM, _interrupted)
    update = _update() if options.deploying else None
    wanted = update.settings if update else which(options)
    with engine(wanted) as api:
        report, names, stack = _verified(options, wanted, api, update)
        # Checked last: a container that has just started may still exit. With --live, nothing
        # says which services should run.
        dead = [] if options.live else _dead(wanted, api, stack, update)
    if options.junit:
        Path(options.junit).write_text(
            reports.as_junit(report, wanted.name, names), encoding="utf-8"
        )
    if options.json:
        console.print(reports.as_json(report, wanted.name, names))
    elif options.tap:
        console.print(reports.as_tap(report, names))
    else:
        _print(report, names, console)
    for each in dead:
        console.error(f"a declared service has no running container: {each}")
    return int(report.is_wrong or any(each.is_wrong for each in names) or bool(dead))


def _dead(
    wanted: StackConfig, api: Engine, stack: Stack, update: Update | None
) -> list[ServiceStatus]:
    from causeway.live.replicas import conditions

    project = wanted.name.removesuffix(f"-{wanted.stack}")
    declared = {service.name for service in stack.services if service.replicas}
    only = update.containers if update else ()
    found = conditions(api, project, wanted.stack, declared, only)
    return [each for each in found if each.service in declared and each.is_dead]


def _interrupted(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


@dataclass(frozen=True, slots=True)
class Update:
    """What `pulumi up` deploys: the stack from its record, and the containers that it created."""

    settings: StackConfig
    stack: Stack
    containers: frozenset[str]


def _update() -> Update:
    told = json.load(sys.stdin)
    stack = restore(told["record"])
    if stack is None:
        raise UsageError("--deploying: the record of the stack cannot be read")
    settings = StackConfig(
        stack.name, (), Path.cwd(), stack=told["stack"], probe_image=told.get("image") or ""
    )
    return Update(settings, stack, frozenset(told["containers"]))


def _verified(
    options: argparse.Namespace, wanted: StackConfig, api: Engine, update: Update | None
) -> tuple[Report, tuple[NameFinding, ...], Stack]:
    from causeway.live.attempts import Outside
    from causeway.live.image import probe_image
    from causeway.live.measure import Probes
    from causeway.live.names import ask_names
    from causeway.live.probe import ProbeError, start_command
    from causeway.live.status import engine_facts
    from causeway.live.verify import verify

    status = running(api, wanted, update.containers if update else ())
    declared = update.stack if update else None
    stack = declared or (status.running if options.live else load_stack(wanted).stack)
    matrix = reach([stack], _told(options, engine_facts(api)))
    outside = {}
    if options.world_at:
        here = Outside(WORLD, options.world_at)
        outside[WORLD] = (here, lambda: start_command([sys.executable], "world"))
    try:
        image = probe_image(api, options.image or wanted.probe_image)
        with Probes(
            api, image, [status], outside, _target(options.internet), limit=options.limit
        ) as probes:
            report = verify(probes, matrix.cells(), options.wait)
            # A running stack does not say which names it should have, and during an update a name
            # also resolves to containers that are about to be replaced.
            with_names = not (options.live or options.deploying)
            return report, ask_names(probes, stack) if with_names else (), stack
    except ProbeError as error:
        raise UsageError(str(error)) from None


def _told(options: argparse.Namespace, asked: EngineFacts) -> EngineFacts:
    """What the engine reports, unless the command line says otherwise."""
    return EngineFacts(
        version=options.engine_version or asked.version,
        firewall=options.firewall_backend or asked.firewall,
        userland_proxy=not options.no_userland_proxy,
        ip_forward=asked.ip_forward,
        icc=asked.icc,
    )


def _target(text: str | None) -> tuple[str, int] | None:
    if text is None:
        return None
    address, _, port = text.rpartition(":")
    if not address or not port.isdigit():
        raise UsageError(f"--internet {text}: expected ADDRESS:PORT")
    return address, int(port)


def _print(report: Report, names: Sequence[NameFinding], console: Console) -> None:
    wrong = report.wrong
    if wrong:
        rows = []
        for each in wrong:
            cell, found = each.cell, each.seen.verdict
            said = WORDS[cell.verdict]
            port = "any" if cell.port is None else str(cell.endpoint)
            rows.append(
                [
                    *(cell.source.name, "->", cell.destination.name, port, said),
                    WORDS[found] if found else "",
                    each.tried,
                ]
            )
        heading = ["source", "", "destination", "port", "model", "packets", "tried"]
        console.print(table.aligned(heading, rows, console.styled))
        console.print()
    for why, number in sorted(Counter(each.text for each in report.unprobed).items()):
        console.print(console.styled(f"not probed: {number}, {why}", "dim"))
    for finding in names:
        if finding.is_wrong:
            console.print(f"{finding.name.source} asks for {finding.name.name}: {finding.text}")
    if names:
        from causeway.live.names import counted

        style = "red" if any(each.is_wrong for each in names) else "green"
        console.print(console.styled(counted(names), style))
    style = "red" if wrong else "green"
    console.print(console.styled(report.summary, style))
