"""The subjects: the same N services on two networks, deployed in four different ways.

Every service joins both networks, runs `sleep` from a 2 MB image and is stopped with SIGKILL, so
that the deployment is measured and not the application.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import docker

from bench import clock
from tests.end_to_end.project import Project
from tests.tiny_image import TINY

THREADS = 8
# Without its preview, a refresh reads each object once instead of twice.
REFRESH = ("refresh", "--skip-preview", "--expect-no-changes")
OFTEN = 5
NETWORKS = ("front", "back")
COMMAND = ["sleep", "1d"]
OTHER_COMMAND = ["sleep", "2d"]


def compose_file(services: int, *, first: Sequence[str] = COMMAND) -> str:
    """A Compose file; `first` is the command of the first service."""
    lines = ["services:"]
    for number in range(services):
        lines += [
            f"  s{number:03}:",
            f"    image: {TINY}",
            f"    command: [{', '.join(COMMAND if number else first)}]",
            "    stop_signal: SIGKILL",
            f"    networks: [{', '.join(NETWORKS)}]",
        ]
    return "\n".join([*lines, "networks:", *(f"  {name}: {{}}" for name in NETWORKS), ""])


@dataclass(frozen=True, slots=True)
class Step:
    """One measured step; its numbers count for `subject`.

    Short steps that change nothing are repeated several `times`, to even out the machine's noise.
    """

    action: str
    subject: str
    work: Callable[[], object]
    times: int = 1


class Subject(Protocol):
    """`steps` are in the order in which they must run; the last one leaves the engine empty."""

    name: str

    def prepare(self, services: int) -> None: ...

    def steps(self) -> list[Step]: ...


@dataclass(slots=True)
class Causeway:
    """`pulumi up` and the other commands, with this project."""

    project: Project
    client: docker.APIClient
    name: str = "causeway"
    services: int = 0

    def prepare(self, services: int) -> None:
        self.services = services
        if not (self.project.folder / "Pulumi.bench.yaml").exists():
            self.project.write_stack("bench", "")
        self.file.write_text(compose_file(services))

    @property
    def file(self) -> Path:
        return self.project.folder / "stacks" / "bench" / "compose.yaml"

    def steps(self) -> list[Step]:
        return [
            Step("up", self.name, lambda: self.run("up")),
            Step("noop_up", self.name, lambda: self.run("up", "--expect-no-changes")),
            Step("preview", self.name, self.preview, OFTEN),
            Step("refresh", self.name, lambda: self.run(*REFRESH), OFTEN),
            Step("refresh", "inspects", self._inspect, OFTEN),
            Step("change", self.name, self._change),
            Step("destroy", self.name, self.destroy),
        ]

    def preview(self) -> None:
        self.run("preview", "--expect-no-changes")

    def destroy(self) -> None:
        self.run("destroy")

    def _inspect(self) -> None:
        """The fewest requests that a refresh needs, one after another on one connection."""
        for container in self.client.containers(all=True, quiet=True):
            self.client.inspect_container(container["Id"])
        for network in self.client.networks(filters={"label": "causeway.stack"}):
            self.client.inspect_network(network["Id"])
        self.client.inspect_image(TINY)

    def _change(self) -> None:
        self.file.write_text(compose_file(self.services, first=OTHER_COMMAND))
        self.run("up")

    def command(self, *arguments: str) -> list[str]:
        # Without --skip-preview, up and destroy do what users see: a preview, then the work.
        confirmed = [] if arguments[0] == "preview" else ["--yes"]
        pulumi = str(self.project.folder / ".venv" / "bin" / "pulumi")
        return [pulumi, *arguments, *confirmed, "--stack", "bench", "--non-interactive"]

    def run(self, *arguments: str) -> None:
        clock.run(self.command(*arguments), self.project.folder, self.project.variables)


@dataclass(slots=True)
class EmptyProgram:
    """The cost of Pulumi as it comes, without any resources and without our shortcuts."""

    project: Project
    name: str = "empty"

    def prepare(self, services: int) -> None:
        folder = self.folder
        if folder.exists():
            return
        (folder / ".pulumi-state").mkdir(parents=True)
        (folder / "Pulumi.yaml").write_text(
            "name: empty\nruntime: python\nbackend: {url: 'file://./.pulumi-state'}\n"
        )
        (folder / "__main__.py").write_text("import pulumi\n")
        self._run("stack", "init", "bench")
        self._run("up", "--yes")

    @property
    def folder(self) -> Path:
        return self.project.folder.parent / "empty"

    def steps(self) -> list[Step]:
        return [
            Step("preview", self.name, lambda: self._run("preview", "--expect-no-changes"), OFTEN),
            Step("refresh", self.name, lambda: self._run(*REFRESH, "--yes"), OFTEN),
        ]

    def _run(self, *arguments: str) -> None:
        pulumi = str(self.project.folder / ".venv" / "bin" / "pulumi")
        variables = self.project.variables | {"CAUSEWAY_SHORTCUTS": "off"}
        clock.run([pulumi, *arguments, "--non-interactive"], self.folder, variables)


@dataclass(slots=True)
class Compose:
    """docker-compose, from the same wheel that loads our Compose files."""

    project: Project
    name: str = "compose"
    services: int = 0

    def prepare(self, services: int) -> None:
        self.services = services
        self.file.parent.mkdir(exist_ok=True)
        self.file.write_text(compose_file(services))

    @property
    def file(self) -> Path:
        return self.project.folder.parent / "compose" / "compose.yaml"

    def steps(self) -> list[Step]:
        return [
            Step("up", self.name, self._up),
            Step("noop_up", self.name, self._up),
            Step("change", self.name, self._change),
            Step("destroy", self.name, self.destroy),
        ]

    def _up(self) -> None:
        self._run("up", "--detach")

    def _change(self) -> None:
        self.file.write_text(compose_file(self.services, first=OTHER_COMMAND))
        self._up()

    def destroy(self) -> None:
        # It fails on a network whose endpoints a busy engine still holds: retry, as a user would.
        for attempts_left in reversed(range(10)):
            try:
                return self._run("down")
            except clock.Failed as error:
                if "has active endpoints" not in str(error) or not attempts_left:
                    raise

    def command(self, *arguments: str) -> list[str]:
        program = str(Path(sys.prefix) / "bin" / "docker-compose")
        return [program, "--file", str(self.file), "--progress", "quiet", *arguments]

    def _run(self, *arguments: str) -> None:
        clock.run(self.command(*arguments), self.file.parent, self.project.variables)


@dataclass(slots=True)
class RawApi:
    """The fewest API calls with the same result, eight at a time: the lower limit for any tool."""

    client: docker.APIClient
    name: str = "api"
    services: int = 0
    networks: list[str] = field(default_factory=list)

    def prepare(self, services: int) -> None:
        self.services = services

    def steps(self) -> list[Step]:
        return [
            Step("up", self.name, self._create_all),
            Step("change", self.name, self._change),
            Step("destroy", self.name, self._remove_all),
        ]

    def _create_all(self) -> None:
        self.networks = _each(
            lambda name: self.client.create_network(f"bench-{name}")["Id"], NETWORKS
        )
        _each(self._create, range(self.services))

    def _create(self, number: int, command: Sequence[str] = COMMAND) -> None:
        first, second = self.networks
        container = self.client.create_container(
            TINY,
            list(command),
            name=f"bench-{number:03}",
            stop_signal="SIGKILL",
            host_config=self.client.create_host_config(network_mode=first),
            networking_config={"EndpointsConfig": {first: {"Aliases": [f"s{number:03}"]}}},
        )["Id"]
        self.client.connect_container_to_network(container, second, aliases=[f"s{number:03}"])
        self.client.start(container)

    def _change(self) -> None:
        # Docker 20.10 may keep an endpoint forever if a running container is removed by force and
        # another one is started directly afterwards.
        self.client.stop("bench-000")
        self._remove(0)
        self._create(0, OTHER_COMMAND)

    def _remove(self, number: int) -> None:
        with suppress(docker.errors.NotFound):
            self.client.remove_container(f"bench-{number:03}", force=True)

    def _remove_all(self) -> None:
        _each(self._remove, range(self.services))
        _each(self._remove_network, NETWORKS)

    def _remove_network(self, name: str) -> None:
        # A busy engine keeps endpoints for a moment after their containers are removed.
        for attempts_left in reversed(range(100)):
            try:
                self.client.remove_network(f"bench-{name}")
            except docker.errors.NotFound:
                return
            except docker.errors.APIError as error:
                if "has active endpoints" not in str(error) or not attempts_left:
                    raise
                time.sleep(0.1)
            else:
                return


def _each(work: Callable[[Any], Any], items: Iterable[Any]) -> list[Any]:
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(work, items))
