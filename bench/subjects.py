"""What is measured: the same N services on two networks, deployed by four different hands.

Every service joins both networks, runs `sleep` from an image of 2 MB and is killed to stop it, so
that what is measured is the deploying and not the application.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import docker

from bench import clock
from tests.end_to_end.project import Project
from tests.tiny_image import TINY

THREADS = 8
NETWORKS = ("front", "back")
COMMAND = ["sleep", "1d"]


def compose_file(services: int) -> str:
    lines = ["services:"]
    for number in range(services):
        lines += [
            f"  s{number:03}:",
            f"    image: {TINY}",
            f"    command: [{', '.join(COMMAND)}]",
            "    stop_signal: SIGKILL",
            f"    networks: [{', '.join(NETWORKS)}]",
        ]
    return "\n".join([*lines, "networks:", *(f"  {name}: {{}}" for name in NETWORKS), ""])


class Subject(Protocol):
    """`actions` in the order they must run in; the last one leaves the engine empty again."""

    name: str

    def prepare(self, services: int) -> None: ...

    def actions(self) -> dict[str, Callable[[], None]]: ...


@dataclass(slots=True)
class Causeway:
    """`pulumi up`, and what follows it, through this project."""

    project: Project
    name: str = "causeway"

    def prepare(self, services: int) -> None:
        if not (self.project.folder / "Pulumi.bench.yaml").exists():
            self.project.write_stack("bench", "")
        file = self.project.folder / "stacks" / "bench" / "compose.yaml"
        file.write_text(compose_file(services))

    def actions(self) -> dict[str, Callable[[], None]]:
        return {
            "up": lambda: self.run("up"),
            "noop_up": lambda: self.run("up", "--expect-no-changes"),
            "preview": lambda: self.run("preview", "--expect-no-changes"),
            "destroy": lambda: self.run("destroy"),
        }

    def command(self, *arguments: str) -> list[str]:
        # Without --skip-preview, up and destroy do what people see: preview, then the work.
        confirmed = [] if arguments[0] == "preview" else ["--yes"]
        pulumi = str(self.project.folder / ".venv" / "bin" / "pulumi")
        return [pulumi, *arguments, *confirmed, "--stack", "bench", "--non-interactive"]

    def run(self, *arguments: str) -> None:
        clock.run(self.command(*arguments), self.project.folder, self.project.variables)


@dataclass(slots=True)
class EmptyProgram:
    """What Pulumi costs before anything is declared."""

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

    def actions(self) -> dict[str, Callable[[], None]]:
        return {"preview": lambda: self._run("preview", "--expect-no-changes")}

    def _run(self, *arguments: str) -> None:
        pulumi = str(self.project.folder / ".venv" / "bin" / "pulumi")
        clock.run([pulumi, *arguments, "--non-interactive"], self.folder, self.project.variables)


@dataclass(slots=True)
class Compose:
    """docker-compose from the same wheel that loads our stack files."""

    project: Project
    name: str = "compose"

    def prepare(self, services: int) -> None:
        self.file.parent.mkdir(exist_ok=True)
        self.file.write_text(compose_file(services))

    @property
    def file(self) -> Path:
        return self.project.folder.parent / "compose" / "compose.yaml"

    def actions(self) -> dict[str, Callable[[], None]]:
        return {
            "up": lambda: self._run("up", "--detach"),
            "noop_up": lambda: self._run("up", "--detach"),
            "destroy": self._remove,
        }

    def _remove(self) -> None:
        # It gives up on a network whose endpoints a busy engine still holds: repeated, as by hand.
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
    """The fewest calls that lead to the same end, eight at a time: the floor for any tool."""

    client: docker.APIClient
    name: str = "api"
    services: int = 0

    def prepare(self, services: int) -> None:
        self.services = services

    def actions(self) -> dict[str, Callable[[], None]]:
        return {"up": self._create, "destroy": self._remove}

    def _create(self) -> None:
        networks = _each(lambda name: self.client.create_network(f"bench-{name}")["Id"], NETWORKS)

        def create(number: int) -> None:
            container = self.client.create_container(
                TINY,
                COMMAND,
                name=f"bench-{number:03}",
                stop_signal="SIGKILL",
                host_config=self.client.create_host_config(network_mode=networks[0]),
                networking_config={
                    "EndpointsConfig": {networks[0]: {"Aliases": [f"s{number:03}"]}}
                },
            )["Id"]
            self.client.connect_container_to_network(
                container, networks[1], aliases=[f"s{number:03}"]
            )
            self.client.start(container)

        _each(create, range(self.services))

    def _remove(self) -> None:
        _each(
            lambda number: self.client.remove_container(f"bench-{number:03}", force=True),
            range(self.services),
        )
        _each(self._remove_network, NETWORKS)

    def _remove_network(self, name: str) -> None:
        # A busy engine holds the endpoints of containers a moment longer than these.
        for attempts_left in reversed(range(100)):
            try:
                self.client.remove_network(f"bench-{name}")
            except docker.errors.APIError as error:
                if "has active endpoints" not in str(error) or not attempts_left:
                    raise
                time.sleep(0.1)
            else:
                return


def _each(work: Callable[[Any], Any], items: Iterable[Any]) -> list[Any]:
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(work, items))
