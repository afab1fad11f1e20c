"""One row's way from the stack file to packets: declared, previewed, applied, proven.

A row's Compose text is loaded by the model, its resources are those that the components register,
and the plugin makes them on a real engine. No `pulumi` runs between, which other tests do.
"""

from __future__ import annotations

import itertools
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import docker

from causeway.model.errors import StackError
from causeway.model.load import load
from tests.components.recorder import declare
from tests.engines import Engine
from tests.provider.plugin import CONTAINER, NETWORK, Deployed, Plugin, Refused
from tests.tiny_image import TINY

# An interface of the engine's machine that nothing else uses, for macvlan.
PARENT = "row0"


class Unproven(Exception):
    """What a probe saw instead of what it should."""


class Unavailable(Exception):
    """What the preview says of something that a proof declares on the row's network."""


@dataclass
class Bench:
    """A running engine with its plugin; `made` is what the present row has made so far."""

    engine: Engine
    api: docker.APIClient
    plugin: Plugin
    folder: Path
    made: list[Deployed] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def host(self, *command: str) -> str:
        """A command in the network namespace of the engine's machine."""
        inside = ["ip", "netns", "exec", self.engine.netns, *command]
        return subprocess.run(inside, capture_output=True, text=True, check=False).stdout

    def container(self, **inputs: Any) -> Deployed:
        name = f"row-{next(self.numbers)}"
        made = self.plugin.create(
            CONTAINER, name, {"image": TINY, "destroyGraceSeconds": 0, **inputs}
        )
        self.made.append(made)
        return made

    def on(self, network: Deployed, *aliases: str, **inputs: Any) -> Deployed:
        place = {"name": network.id, "aliases": list(aliases)}
        return self.container(networksAdvanced=[place], **inputs)

    def run(self, container: Deployed, *command: str) -> str:
        started = self.api.exec_create(container.id, list(command))
        return bytes(self.api.exec_start(started["Id"])).decode()

    def address(self, container: Deployed) -> str:
        networks = self.api.inspect_container(container.id)["NetworkSettings"]["Networks"]
        return str(next(iter(networks.values()))["IPAddress"])

    def pings(self, container: Deployed, target: str) -> bool:
        return " 0% packet loss" in self.run(container, "ping", "-c", "2", "-W", "1", target)

    @contextmanager
    def row(self) -> Iterator[None]:
        """Removes whatever the row has made, last first."""
        try:
            yield
        finally:
            while self.made:
                self.plugin.delete(self.made.pop())


Proof = Callable[[Bench, Deployed], None]


@dataclass(frozen=True)
class Row:
    """`text` is what stands under `networks: lan:`, in flow style; `proven` says by what."""

    driver: str
    option: str
    text: str
    proven: str
    proof: Proof


def outcome(bench: Bench, row: Row) -> str:
    """What became of a row, in the words of the page."""
    file = bench.folder / "compose.yaml"
    file.write_text(
        f"services: {{a: {{image: '{TINY}', networks: [lan]}}}}\nnetworks: {{lan: {row.text}}}\n"
    )
    try:
        stack = load([file], name="shop-dev").stack
    except StackError as error:
        return f"rejected in the file: {error.problems[0].message}"
    # The component has the same name; the resource is its child.
    inputs = next(
        each.inputs
        for each in declare(stack).registrations
        if each.label == each.parent == "Network shop-dev-lan"
    )
    if refusals := bench.plugin.failures(NETWORK, inputs):
        return f"rejected at preview: {refusals[0].partition(': ')[2]}"
    with bench.row():
        try:
            bench.plugin.create(NETWORK, "lan", inputs, preview=True)
            network = bench.plugin.create(NETWORK, "lan", inputs)
            bench.made.append(network)
        except Refused as error:
            return f"previewed, but not made: {str(error).splitlines()[0]}"
        unchanged = bench.plugin.apply(network, inputs).steps == []
        if not unchanged:
            return "made, but never settled"
        try:
            row.proof(bench, network)
        except Unproven as why:
            return f"applied, not proven: {why}"
        except Unavailable as said:
            return f"rejected at preview: {said}"
    return "proven"


def expect(what: str, seen: bool) -> None:
    if not seen:
        raise Unproven(what)
