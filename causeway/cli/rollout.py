"""`causeway rollout`: runs `pulumi up`, then reports replaced containers and a URL's answers."""

from __future__ import annotations

import argparse
import http.client
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from causeway.engine.faults import FAILURES
from causeway.model.project import StackConfig
from causeway.model.values import Stack

from .console import Console
from .problem import UsageError
from .pulumi import call
from .running import engine
from .stacks import load_stack, which

if TYPE_CHECKING:
    from causeway.engine.client import Engine

PROBES_A_SECOND = 10
SHOWN = 5


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--probe",
        metavar="URL",
        help=f"URL to request {PROBES_A_SECOND} times a second during the update; any status below "
        "500 counts as success, and a failed request makes the exit code 1",
    )


@dataclass(slots=True)
class Probe:
    """Requests a URL repeatedly, each time on a new connection, until the context ends."""

    url: str
    sent: int = 0
    last: str = ""
    failures: list[str] = field(default_factory=list)
    _ended: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> Probe:
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        if self._thread is not None:
            self._thread.join(timeout=15)

    def _run(self) -> None:
        while not self._ended.wait(1 / PROBES_A_SECOND):
            self.sent += 1
            try:
                with urllib.request.urlopen(self.url, timeout=10) as answer:
                    answer.read()
                    self.last = str(answer.status)
            except urllib.error.HTTPError as error:
                self.last = str(error.code)
                if error.code >= 500:
                    self._failed(str(error.code))
            except (OSError, http.client.HTTPException) as error:
                self._failed(str(error))

    def _failed(self, why: str) -> None:
        self.last = why
        self.failures.append(f"{time.strftime('%H:%M:%S')} {why}")


def run(options: argparse.Namespace, console: Console) -> int:
    wanted = which(options)
    if not wanted.stack:
        raise UsageError("rollout deploys a Pulumi stack: name one with --stack and omit --file")
    if options.probe and not options.probe.startswith(("http://", "https://")):
        raise UsageError(f"{options.probe!r} is not a URL such as http://localhost:8080/")
    stack = load_stack(wanted).stack  # reports problems before Pulumi starts
    if not options.probe:
        return _deployed(wanted, stack, console)
    with Probe(options.probe) as probe:
        code = _deployed(wanted, stack, console)
    console.print(f"probe: sent={probe.sent} failed={len(probe.failures)} {options.probe}")
    for failure in probe.failures[:SHOWN]:
        console.print(f"  {failure}")
    if code and probe.sent:
        console.print(f"  last: {probe.last}")
    return code or int(bool(probe.failures))


def _deployed(wanted: StackConfig, stack: Stack, console: Console) -> int:
    from causeway.live.replicas import replicas, service_changes

    project = wanted.name.removesuffix(f"-{wanted.stack}")
    with engine(wanted) as api:
        before, begun = replicas(api, project, wanted.stack), time.monotonic()
        code = call(wanted, "up", "--yes")
        taken = time.monotonic() - begun
        try:
            for exchange in service_changes(before, replicas(api, project, wanted.stack)):
                console.print(str(exchange))
            if code:
                _tell_what_serves(api, wanted, project, stack, console)
        except FAILURES as error:
            console.error(
                f"unknown which containers serve now: the engine does not answer ({error})"
            )
            code = code or 1
    console.print(f"took {taken:.1f} s")
    return code


def _tell_what_serves(
    api: Engine, wanted: StackConfig, project: str, stack: Stack, console: Console
) -> None:
    """Inspects the containers instead of inferring their state from the order of an update."""
    from causeway.live.replicas import conditions

    console.print("the roll-out stopped; the next `pulumi up` resumes it. Containers now:")
    declared = [service.name for service in stack.services if service.replicas]
    for condition in conditions(api, project, wanted.stack, declared):
        console.print(f"  {condition}")
