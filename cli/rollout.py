"""`causeway rollout`: `pulumi up`, then what was exchanged and whether a URL answered all along."""

from __future__ import annotations

import argparse
import http.client
import subprocess
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field

from cli.console import Console
from cli.problem import UsageError
from cli.running import engine
from cli.scale import pulumi_of
from cli.settings import Settings
from cli.stacks import load_stack, which

NAME = "rollout"
SUMMARY = "deploy, and tell what was replaced and drained, and what a URL answered meanwhile"
PROBES_A_SECOND = 10
SHOWN = 5


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--probe",
        metavar="URL",
        help=f"asked {PROBES_A_SECOND} times a second during the update; any answer below 500 "
        "counts as good, and a failed request makes the exit code 1",
    )


@dataclass(slots=True)
class Probe:
    """Asks a URL again and again, each time on a new connection, until it is left."""

    url: str
    sent: int = 0
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
            except urllib.error.HTTPError as error:
                if error.code >= 500:
                    self._failed(str(error.code))
            except (OSError, http.client.HTTPException) as error:
                self._failed(str(error))

    def _failed(self, why: str) -> None:
        self.failures.append(f"{time.strftime('%H:%M:%S')} {why}")


def run(options: argparse.Namespace, console: Console) -> int:
    wanted = which(options)
    if not wanted.stack:
        raise UsageError("rollout deploys a Pulumi stack: name it with --stack, without --file")
    if options.probe and not options.probe.startswith(("http://", "https://")):
        raise UsageError(f"{options.probe!r} is not a URL such as http://localhost:8080/")
    load_stack(wanted)  # tells what is wrong before Pulumi starts
    if not options.probe:
        return _deployed(wanted, console)
    with Probe(options.probe) as probe:
        code = _deployed(wanted, console)
    console.print(f"probe: sent={probe.sent} failed={len(probe.failures)} {options.probe}")
    for failure in probe.failures[:SHOWN]:
        console.print(f"  {failure}")
    return code or int(bool(probe.failures))


def _deployed(wanted: Settings, console: Console) -> int:
    from live.replicas import exchanges, replicas

    project = wanted.name.removesuffix(f"-{wanted.stack}")
    api = engine(wanted)
    try:
        before, begun = replicas(api, project, wanted.stack), time.monotonic()
        command = [pulumi_of(wanted), "up", "--yes", "--stack", wanted.stack]
        done = subprocess.run(command, cwd=wanted.folder, check=False)
        taken = time.monotonic() - begun
        for exchange in exchanges(before, replicas(api, project, wanted.stack)):
            console.print(str(exchange))
    finally:
        api.close()
    if done.returncode:
        console.print("the roll-out stopped; what served before goes on, the next `up` resumes")
    console.print(f"took {taken:.1f} s")
    return done.returncode
