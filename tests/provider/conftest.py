"""The plugin as one process for each test module, and stacks that are removed after each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
import pytest

import causeway.engine.client
from tests.engines import Engine
from tests.provider.plugin import CONTAINER, NETWORK, Deployed, Plugin
from tests.provider.surroundings import Surroundings
from tests.provider.talker import Speaks, Talker, Talks
from tests.tiny_image import TINY


@pytest.fixture
def offline() -> Surroundings:
    """What a kind is given where no engine may be asked."""
    return Surroundings(None)


@pytest.fixture
def online(engine: Engine) -> Iterator[Surroundings]:
    """What a kind is given beside the engine of all tests."""
    surroundings = Surroundings(engine.host)
    yield surroundings
    surroundings.close()


@pytest.fixture
def talks(tmp_path: Path) -> Iterator[Talks]:
    """Make a server of the answers to come."""
    made: list[Talker] = []

    def make(*answers: bytes) -> Talker:
        made.append(Talker(tmp_path / f"engine{len(made)}.sock", answers))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def speaks(talks: Talks) -> Iterator[Speaks]:
    """Make a server of the answers to come, and a connection to it."""
    made: list[causeway.engine.client.Engine] = []

    def make(*answers: bytes) -> tuple[causeway.engine.client.Engine, Talker]:
        talker = talks(*answers)
        made.append(causeway.engine.client.Engine(talker.host, {}))
        return made[-1], talker

    yield make
    for each in made:
        each.close()


@pytest.fixture(scope="module")
def plugin(engine: Engine) -> Iterator[Plugin]:
    with Plugin(engine.host) as running:
        yield running


class Stack:
    """Creates resources whose names begin with `prefix`; the fixture `scratch` removes them."""

    def __init__(self, plugin: Plugin, api: docker.APIClient, prefix: str) -> None:
        self.plugin = plugin
        self.api = api
        self.prefix = prefix

    def network(self, name: str, /, **inputs: Any) -> Deployed:
        return self.plugin.create(NETWORK, f"{self.prefix}-{name}", inputs)

    def container(self, name: str, /, **inputs: Any) -> Deployed:
        """A container of the tiny image that does nothing, unless the inputs say otherwise."""
        return self.plugin.create(CONTAINER, f"{self.prefix}-{name}", {"image": TINY, **inputs})

    def inspect(self, container: Deployed) -> dict[str, Any]:
        found: dict[str, Any] = self.api.inspect_container(container.id)
        return found

    def networks_of(self, container: Deployed) -> dict[str, Any]:
        found: dict[str, Any] = self.inspect(container)["NetworkSettings"]["Networks"]
        return found

    def run(self, container: Deployed, *command: str) -> str:
        """The output of a command inside the container."""
        started = self.api.exec_create(container.id, list(command))
        output = self.api.exec_start(started["Id"])
        return bytes(output).decode()

    def looks_up(self, container: Deployed, name: str) -> list[str]:
        """The addresses that `name` has inside the container, by Docker's own DNS."""
        lines = self.run(container, "nslookup", name, "127.0.0.11").splitlines()
        answers = [line.split()[-1] for line in lines[2:] if line.startswith("Address")]
        return sorted(answers)


@pytest.fixture
def stack(plugin: Plugin, api: docker.APIClient, scratch: str) -> Stack:
    return Stack(plugin, api, scratch)
