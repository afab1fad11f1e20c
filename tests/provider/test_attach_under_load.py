"""A second network attached to and detached from a container that serves requests meanwhile."""

from __future__ import annotations

import http.client
import statistics
import threading
import time
from dataclasses import dataclass, field

import pytest

from tests.engines import Engine
from tests.provider.conftest import Stack
from tests.provider.plugin import Deployed, Plugin

ROUNDS = 6  # of attaching and detaching
BETWEEN = 10  # requests from one change to the next
PER_SECOND = 50
PORT = 18090
SERVE = "mkdir -p /srv; echo hello > /srv/index.html; exec httpd -f -p 80 -h /srv"


@dataclass
class Load:
    """Requests at a steady rate from outside; a new connection for each, as a browser's first."""

    address: str
    sent: int = 0
    failed: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    _end: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Load:
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def wait_for_more(self, requests: int) -> None:
        wanted = self.sent + requests
        deadline = time.monotonic() + 60
        while self.sent < wanted:
            assert time.monotonic() < deadline, "no requests are sent any more"
            time.sleep(0.01)

    def _run(self) -> None:
        due = time.monotonic()
        while not self._end.is_set():
            began = time.monotonic()
            self.sent += 1
            try:
                self._ask()
            except (OSError, http.client.HTTPException) as error:
                self.failed.append(f"{began:.2f}: {error!r}")
            self.seconds.append(time.monotonic() - began)
            due += 1 / PER_SECOND
            time.sleep(max(0.0, due - time.monotonic()))

    def _ask(self) -> None:
        connection = http.client.HTTPConnection(self.address, PORT, timeout=5)
        try:
            connection.request("GET", "/")
            answer = connection.getresponse()
            body = answer.read()
            if (answer.status, body) != (200, b"hello\n"):
                raise OSError(f"{answer.status} {body!r}")
        finally:
            connection.close()


def serving(stack: Stack, engine: Engine, network: Deployed) -> Deployed:
    web = stack.container(
        "web",
        command=["sh", "-c", SERVE],
        networksAdvanced=[{"name": network.id, "aliases": ["web"]}],
        ports=[{"internal": 80, "external": PORT}],
        stopTimeout=1,
    )
    deadline = time.monotonic() + 60
    while True:
        try:
            Load(engine.address)._ask()
            return web
        except OSError:
            assert time.monotonic() < deadline, "the server does not answer"
            time.sleep(0.05)


def attached_and_detached(
    stack: Stack, web: Deployed, back: Deployed, load: Load
) -> tuple[Deployed, list[float]]:
    """The container after all changes, and the seconds that each took."""
    narrow = web.inputs["networksAdvanced"]
    seconds, current = [], web
    with load:
        for _ in range(ROUNDS):
            for entries in ([*narrow, {"name": back.id, "aliases": ["inner"]}], narrow):
                began = time.monotonic()
                current = stack.plugin.apply(current, {**web.inputs, "networksAdvanced": entries})
                seconds.append(time.monotonic() - began)
                assert current.steps == ["update"]
                load.wait_for_more(BETWEEN)
    return current, seconds


def test_attaching_and_detaching_a_network_loses_no_request(
    stack: Stack, engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    web = serving(stack, engine, stack.network("front"))
    load = Load(engine.address)
    current, seconds = attached_and_detached(stack, web, stack.network("later"), load)
    began = time.monotonic()
    again = stack.plugin.apply(current, {**web.inputs, "envs": ["A=1"]})
    recreation = time.monotonic() - began
    assert load.failed == []
    assert len(seconds) == 2 * ROUNDS
    assert current.id == web.id
    assert again.id != web.id
    with capsys.disabled():
        print(
            f"\n  {len(seconds)} changes in place, {statistics.median(seconds):.2f} s each; "
            f"{load.sent} requests, 0 failed, the slowest {max(load.seconds):.2f} s; "
            f"a recreation takes {recreation:.2f} s"
        )


def test_a_network_that_takes_the_published_ports_over_is_announced(
    stack: Stack, engine: Engine, plugin: Plugin
) -> None:
    # Docker gives the default route to the network whose name sorts first.
    front, back = stack.network("front"), stack.network("earlier")
    web = serving(stack, engine, front)
    wider = [*web.inputs["networksAdvanced"], {"name": back.id}]
    stack.plugin.apply(web, {**web.inputs, "networksAdvanced": wider})
    assert plugin.messages[-1].startswith(
        f"the published ports move from network {front.state['name']} to {back.state['name']}"
    )
    Load(engine.address)._ask()
