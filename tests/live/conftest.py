"""The isolation stack on both engines, measured once each; beside it machines outside the host."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import docker
import pytest

from causeway.engine.client import Engine as Client
from causeway.live.attempts import Outside
from causeway.live.image import AT_HAND
from causeway.live.measure import Probes
from causeway.live.probe import ProbeProcess, start_command
from causeway.live.status import Status, engine_facts, status
from causeway.live.verify import Finding, Report, verify
from causeway.model.load import load
from causeway.model.reach import LAN, WORLD, EngineFacts, Matrix, Node, reach
from tests.end_to_end.project import ROOT, Project
from tests.engine_host import run
from tests.engines import Engine
from tests.tally import TALLY, total
from toolchain import base_images, places

STACK = "isolation"
SERVE = Path(__file__).with_name("serve.py")
FILES = {"debian": ["compose.yaml"], "current": ["compose.yaml", "gateways.yaml"]}
# What `make verify-all` does on top of `make test`.
ALL = os.environ.get("CAUSEWAY_LIVE") == "all"
collect_ignore = [] if ALL else ["test_without_proxy.py"]


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


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Machines on one wire with the engine's host, and what starts a Python on each.

    The host is HOST there. `world` sets no routes and takes connections; `lan` sends to the host
    whatever it has no other way for.
    """

    world: list[str]
    lan: list[str]
    internet: tuple[str, int]


WIRE, HOST_THERE = "cw-wire", "203.0.113.1"
WORLD_THERE, LAN_THERE, ECHO_PORT = "203.0.113.2", "203.0.113.3", 7


@contextmanager
def neighbours(engine: Engine) -> Iterator[Neighbours]:
    """They end with their processes, and the wire with them."""
    children = [subprocess.Popen(["unshare", "--net", "sleep", "infinity"]) for _ in range(2)]
    try:
        own = os.stat("/proc/self/ns/net").st_ino
        for each in children:
            while os.stat(f"/proc/{each.pid}/ns/net").st_ino == own:
                time.sleep(0.01)
        world, lan = (["nsenter", f"--net=/proc/{each.pid}/ns/net"] for each in children)
        on_host = ["nsenter", f"--net=/run/netns/{engine.netns}"]
        veth = ["ip", "link", "add", WIRE, "type", "veth", "peer", "name", "eth0"]
        run(*on_host, *veth, "netns", str(children[0].pid))
        # A second machine on the same wire: a child of the first one's interface.
        child = ["type", "macvlan", "mode", "bridge"]
        second = ["name", "eth0", "netns", str(children[1].pid)]
        run(*world, "ip", "link", "set", "eth0", "up")
        run(*world, "ip", "link", "add", "link", "eth0", *second, *child)
        for within, device, address in (
            (on_host, WIRE, HOST_THERE),
            (world, "eth0", WORLD_THERE),
            (lan, "eth0", LAN_THERE),
        ):
            run(*within, "ip", "address", "add", f"{address}/28", "dev", device)
            run(*within, "ip", "link", "set", device, "up")
            run(*within, "ip", "link", "set", "lo", "up")
        run(*lan, "ip", "route", "add", "default", "via", HOST_THERE)
        # No router: what is not for it gets no answer (a new namespace takes over this setting).
        run(*world, "sh", "-c", "echo 0 > /proc/sys/net/ipv4/ip_forward")
        ports = [str(ECHO_PORT), str(ECHO_PORT)]
        children.append(subprocess.Popen([*world, sys.executable, str(SERVE), *ports]))
        yield Neighbours([*world, sys.executable], [*lan, sys.executable], (WORLD_THERE, ECHO_PORT))
    finally:
        for each in children:
            each.kill()
            each.wait()


@dataclass(frozen=True, slots=True)
class Field:
    """An engine with a project that is deployed on it, and probes outside its host."""

    engine: Engine
    api: docker.APIClient
    client: Client
    project: Project
    image: str
    outside: dict[Node, tuple[Outside, Callable[[], ProbeProcess]]]
    internet: tuple[str, int]

    @property
    def flavour(self) -> str:
        return self.engine.name.split("-")[2]

    def facts(self) -> EngineFacts:
        """As the engine tells, and what only its machine knows: the policy of its firewall."""
        command = ["nsenter", f"--net=/run/netns/{self.engine.netns}", "iptables", "-S", "FORWARD"]
        dropped = "-P FORWARD DROP" in run(*command)
        proxy = self.engine.settings.get("userland-proxy") is not False
        asked = engine_facts(self.client, userland_proxy=proxy)
        return replace(asked, forward_policy_drop=dropped)

    def up(self, stack: str) -> str:
        return self.project.pulumi("up", "--skip-preview", "--stack", stack).succeeded().output

    def status(self, stack: str) -> Status:
        return status(self.client, "causeway", stack)

    def probes(self, stack: str) -> Probes:
        return Probes(self.client, self.image, [self.status(stack)], self.outside, self.internet)


@contextmanager
def laid_out(engine: Engine, folder: Path) -> Iterator[Field]:
    """A copy of the project in `folder` for this engine, and its neighbours."""
    api, client = engine.api(), engine.client()
    image = import_python(api)
    project = Project.copy(folder, engine.host)
    with neighbours(engine) as there:
        outside = {
            WORLD: (Outside(WORLD, HOST_THERE, True), lambda: start_command(there.world, "world")),
            LAN: (Outside(LAN, HOST_THERE, True), lambda: start_command(there.lan, "lan")),
        }
        yield Field(engine, api, client, project, image, outside, there.internet)
    api.close()
    client.close()


@pytest.fixture(scope="package")
def field(any_engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Field]:
    with laid_out(any_engine, tmp_path_factory.mktemp("live")) as made:
        yield made


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


@pytest.fixture(scope="package")
def isolation(field: Field) -> Iterator[Measured]:
    """Gone after this folder's tests: it takes ports of the engine that all tests share."""
    yield measured(field, f"isolation on {field.flavour}")
    field.project.pulumi("destroy", "--yes", "--stack", STACK).succeeded()


def measured(
    field: Field,
    title: str,
    stack_name: str = STACK,
    once_up: Callable[[], object] = tuple,
    left_out: Collection[str] = (),
) -> Measured:
    """The isolation stack or another, deployed with the real `pulumi up`, and every cell tried
    after `once_up`, but those in `left_out` (`host -> web:80/tcp`)."""
    names = FILES[field.flavour] if stack_name == STACK else ["compose.yaml"]
    files = [Path("tests/live") / stack_name / each for each in names]
    target = field.project.folder
    for each in (*files, Path("tests/live/serve.py")):
        (target / each).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / each, target / each)
    named = "".join(f"\n    - {each}" for each in files)
    (target / f"Pulumi.{stack_name}.yaml").write_text(f"config:\n  causeway:files:{named}\n")
    field.project.pulumi("stack", "init", stack_name, "--no-select").succeeded()
    field.up(stack_name)
    once_up()
    stack = load([target / each for each in files], name=f"causeway-{stack_name}").stack
    matrix = reach([stack], field.facts())
    with field.probes(stack_name) as probes:
        cells = [
            cell
            for cell in matrix.cells()
            if f"{cell.source} -> {cell.destination}:{cell.endpoint}" not in left_out
        ]
        report = verify(probes, cells)
    TALLY[title] = Counter(dict(report.counts))
    return Measured(field, matrix, report)


def differing(report: Report) -> str:
    """The wrong cells, a line each."""
    return "\n".join(
        f"{each.cell.source} -> {each.cell.destination}:{each.cell.endpoint} "
        f"model {each.cell.verdict.value}, {each.text}"
        for each in report.wrong
    )


def pytest_unconfigure(config: pytest.Config) -> None:
    """The last line of `make verify-all`, below how many tests have passed."""
    if ALL and TALLY:
        config.get_terminal_writer().line(total())
