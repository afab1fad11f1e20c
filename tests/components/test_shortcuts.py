"""What the program leaves out of Pulumi's SDK, and that nothing registered changes by it."""

from __future__ import annotations

import gc
import subprocess
import sys
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi.runtime import resource
from pulumi.runtime.mocks import MockEngine
from pulumi.runtime.proto import engine_pb2

from components import shortcuts
from components.labels import Owner
from components.stack import Stack, StackArgs
from tests.components import recorder
from tests.components.values import network, on, service, stack

ROOT = Path(__file__).parents[2]
UNSEEN = {"CAUSEWAY_DEBUG_LINES": "unseen"}
OFF = {"CAUSEWAY_SHORTCUTS": "off"}


class Heard:
    """What the SDK sends while a program runs: log lines by severity, and registrations."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.lines: list[tuple[int, str]] = []
        self.requests: list[Any] = []
        register = recorder._Monitor.RegisterResource

        def record(monitor: Any, request: Any) -> Any:
            self.requests.append(request)
            return register(monitor, request)

        monkeypatch.setattr(
            MockEngine, "Log", lambda _, line: self.lines.append((line.severity, line.message))
        )
        monkeypatch.setattr(recorder._Monitor, "RegisterResource", record)
        # So that both are as before when the test ends.
        monkeypatch.setattr(pulumi.log, "debug", pulumi.log.debug)
        monkeypatch.setattr(resource, "_get_stack_trace", resource._get_stack_trace)
        monkeypatch.setattr(gc, "freeze", lambda: None)
        monkeypatch.setattr(gc, "set_threshold", lambda *_: None)

    def run(self, environment: dict[str, str]) -> None:
        """Deploy two services on a network, with a warning before them."""
        shortcuts.take(environment)
        services = (service("web", attachments=on("front")), service("api"))
        value = stack(*services, networks=(network("front"),))

        def program() -> None:
            pulumi.log.warn("a warning")
            Stack(value.name, StackArgs(value, Owner("shop", "dev"), ()))

        recorder.record(program)

    def debug_lines(self) -> int:
        return sum(severity == engine_pb2.DEBUG for severity, _ in self.lines)

    def registered(self) -> list[bytes]:
        """Everything about each resource but the place in the program that registers it."""
        found = []
        for request in self.requests:
            request.ClearField("stackTrace")
            request.ClearField("sourcePosition")
            found.append(request.SerializeToString(deterministic=True))
        return sorted(found)


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Heard:
    return Heard(monkeypatch)


def test_unseen_debug_lines_are_not_sent_and_warnings_are(heard: Heard) -> None:
    heard.run(UNSEEN)
    assert heard.lines == [(engine_pb2.WARNING, "a warning")]


@pytest.mark.parametrize("environment", [{}, OFF, UNSEEN | OFF])
def test_debug_lines_are_sent_where_they_may_be_seen(
    heard: Heard, environment: dict[str, str]
) -> None:
    heard.run(environment)
    assert heard.debug_lines() > 2 * len(heard.requests)


def test_no_stack_trace_is_taken(heard: Heard) -> None:
    heard.run({})
    assert heard.requests
    assert not any(each.HasField("sourcePosition") for each in heard.requests)
    assert not any(each.stackTrace.frames for each in heard.requests)


def test_stack_traces_are_taken_with_the_shortcuts_off(heard: Heard) -> None:
    heard.run(OFF)
    assert all(each.stackTrace.frames for each in heard.requests)


def test_what_is_registered_stays_byte_for_byte(heard: Heard) -> None:
    heard.run(OFF)
    slow = heard.registered()
    heard.requests.clear()
    heard.run(UNSEEN)
    assert heard.registered() == slow


@pytest.mark.parametrize(
    ("words", "environment", "collector"),
    [
        ("components.shortcuts import take", {}, "50000 True True"),
        ("components.shortcuts import take", OFF, "700 False True"),
        ("causeway.provider.__main__ import collect_rarely as take", {}, "50000 True True"),
        ("causeway.provider.__main__ import collect_rarely as take", OFF, "700 False True"),
    ],
)
def test_the_collector_runs_rarely_and_leaves_the_imports_alone(
    words: str, environment: dict[str, str], collector: str
) -> None:
    shown = "gc.get_threshold()[0], gc.get_freeze_count() > 10000, gc.isenabled()"
    program = f"import gc, os\nfrom {words}\ntake(os.environ)\nprint({shown})"
    told = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert told.stdout.strip() == collector, told.stderr


@pytest.mark.parametrize(("environment", "enabled"), [({}, "False"), (OFF, "True")])
def test_the_collector_pauses_during_the_imports(environment: dict[str, str], enabled: str) -> None:
    program = "import gc, os\nfrom components.shortcuts import pause_collector as pause\n"
    told = subprocess.run(
        [sys.executable, "-c", f"{program}pause(os.environ)\nprint(gc.isenabled())"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert told.stdout.strip() == enabled, told.stderr
