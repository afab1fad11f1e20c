"""The isolation stack on both engines, measured once each; beside it machines outside the host."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import docker
import pytest

from live.attempts import Outside
from live.image import AT_HAND
from live.measure import Probes
from live.status import Status, engine_facts, status
from live.vantage import Vantage, beside
from live.verify import Finding, Report, verify
from model.load import load
from model.reach import LAN, WORLD, EngineFacts, Matrix, Node, reach
from tests.end_to_end.project import ROOT, Project
from tests.engine_host import addresses, run
from tests.engines import Engine
from toolchain import base_images, places

STACK = "isolation"
FILES = {"debian": ["compose.yaml"], "current": ["compose.yaml", "gateways.yaml"]}
TALLY: dict[str, str] = {}


def import_python(api: docker.APIClient) -> str:
    """The stand-in for an image with Python: what services and probes of these tests run in."""
    stand_in = next(one for one in base_images.STAND_INS if one.image == AT_HAND[0])
    if not api.images(name=stand_in.image):
        repository, tag = stand_in.image.split(":")
        archive = base_images.archive(places.find(), stand_in)
        assert archive.exists(), f"{archive} is missing: run `make tools`"
        api.import_image_from_file(
            str(archive), repository=repository, tag=tag, changes=list(stand_in.changes)
        )
    return stand_in.image


@contextmanager
def machine(engine: Engine, name: str, network: str, *routes: str) -> Iterator[list[str]]:
    """A machine on a wire of its own with the engine's host: `network`.1 is the host, .2 the
    machine. Yields what starts a Python there. It ends with its process, and its wire with it."""
    process = subprocess.Popen(["unshare", "--net", "sleep", "infinity"])
    within = ["nsenter", f"--net=/proc/{process.pid}/ns/net"]
    try:
        own = os.stat("/proc/self/ns/net").st_ino
        while os.stat(f"/proc/{process.pid}/ns/net").st_ino == own:
            time.sleep(0.01)
        on_host = ["ip", "-n", engine.netns]
        link = ["link", "add", f"cw-{name}", "type", "veth", "peer", "name", "eth0"]
        run(*on_host, *link, "netns", str(process.pid))
        run(*on_host, "address", "add", f"{network}.1/30", "dev", f"cw-{name}")
        run(*on_host, "link", "set", f"cw-{name}", "up")
        run(*within, "ip", "link", "set", "lo", "up")
        run(*within, "ip", "address", "add", f"{network}.2/30", "dev", "eth0")
        run(*within, "ip", "link", "set", "eth0", "up")
        for route in routes:
            run(*within, "ip", "route", "add", *route.split())
        yield [*within, sys.executable]
    finally:
        process.kill()
        process.wait()


@contextmanager
def listener(address: str) -> Iterator[int]:
    """Something outside the engine's host that takes connections; its port."""
    with socket.create_server((address, 0)) as server:
        held = []

        def accept() -> None:
            while True:
                try:
                    held.append(server.accept()[0])
                except OSError:
                    return

        threading.Thread(target=accept, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        for each in held:
            each.close()


@dataclass(frozen=True, slots=True)
class Field:
    """An engine with a project that is deployed on it, and vantages outside its host."""

    engine: Engine
    api: docker.APIClient
    project: Project
    image: str
    outside: dict[Node, tuple[Outside, Callable[[], Vantage]]]
    internet: tuple[str, int]

    @property
    def flavour(self) -> str:
        return self.engine.name.split("-")[2]

    def facts(self) -> EngineFacts:
        """As the engine tells, and what only its machine knows: the policy of its firewall."""
        command = ["nsenter", f"--net=/run/netns/{self.engine.netns}", "iptables", "-S", "FORWARD"]
        dropped = "-P FORWARD DROP" in run(*command)
        return replace(engine_facts(self.api), forward_policy_drop=dropped)

    def up(self, stack: str) -> str:
        return self.project.pulumi("up", "--skip-preview", "--stack", stack).succeeded().output

    def status(self, stack: str) -> Status:
        return status(self.api, "causeway", stack)

    def probes(self, stack: str) -> Probes:
        return Probes(self.api, self.image, [self.status(stack)], self.outside, self.internet)


@pytest.fixture(scope="session")
def field(any_engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Field]:
    api = any_engine.api()
    image = import_python(api)
    project = Project.copy(tmp_path_factory.mktemp("live"), any_engine.host)
    gateway = addresses(any_engine.slot)[0]
    with (
        machine(any_engine, "world", "203.0.113") as world,
        machine(any_engine, "lan", "198.51.100", "default via 198.51.100.1") as lan,
        listener(gateway) as port,
    ):
        outside = {
            WORLD: (Outside(WORLD, "203.0.113.1", True), lambda: beside(world, "world")),
            LAN: (Outside(LAN, "198.51.100.1", True), lambda: beside(lan, "lan")),
        }
        yield Field(any_engine, api, project, image, outside, (gateway, port))
    api.close()


@dataclass(frozen=True, slots=True)
class Measured:
    """A deployed stack: what the model says, and what packets found."""

    field: Field
    matrix: Matrix
    report: Report

    def finding(self, source: str, destination: str, endpoint: str = "any") -> Finding:
        for each in self.report.findings:
            cell = each.cell
            if (cell.source.name, cell.destination.name) == (source, destination) and (
                str(cell.endpoint) == endpoint
            ):
                return each
        raise AssertionError(f"no cell {source} -> {destination}:{endpoint}")


@pytest.fixture(scope="session")
def isolation(field: Field) -> Measured:
    """Deployed with the real `pulumi up`, and every cell tried."""
    files = [Path("tests/live/isolation") / each for each in FILES[field.flavour]]
    target = field.project.folder
    for each in (*files, Path("tests/live/serve.py")):
        (target / each).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / each, target / each)
    named = "".join(f"\n    - {each}" for each in files)
    (target / f"Pulumi.{STACK}.yaml").write_text(f"config:\n  causeway:files:{named}\n")
    field.project.pulumi("stack", "init", STACK, "--no-select").succeeded()
    field.up(STACK)
    stack = load([target / each for each in files], name=f"causeway-{STACK}")
    matrix = reach([stack], field.facts())
    with field.probes(STACK) as probes:
        report = verify(probes, matrix.cells())
    TALLY[f"isolation on {field.flavour}"] = report.summary
    return Measured(field, matrix, report)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    total: Counter[str] = Counter()
    for name, summary in TALLY.items():
        terminalreporter.write_line(f"{name}: {summary}")
        for each in summary.split():
            outcome, _, number = each.partition("=")
            total[outcome] += int(number)
    if total:
        counts = " ".join(f"{outcome}={number}" for outcome, number in total.items())
        terminalreporter.write_line(f"cells tried on running engines: {counts}")
