"""Files changed inside a running container, and the wait before it is stopped."""

from __future__ import annotations

import time
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from causeway.provider.container import reload as container_reload
from causeway.provider.container.container import ContainerKind
from causeway.provider.resource.cache import EngineCache
from tests.provider.conftest import Stack
from tests.provider.plugin import CONTAINER, Deployed, Refused
from tests.provider.surroundings import Surroundings
from tests.tiny_image import TINY

# Writes what it finds in /etc/app at each SIGHUP to /log.
PROGRAM = """
trap 'cat /etc/app >> /log' HUP
trap 'exit 0' TERM
cat /etc/app >> /log
while :; do sleep 1000 & wait $!; done
"""
CHECKED = {"causeway.reload-check": "grep -q good /etc/app"}


def inputs(content: str, **labels: str) -> dict[str, Any]:
    named = {"causeway.reload": "signal:HUP"} | {
        key.replace("_", "."): value for key, value in labels.items()
    }
    return {
        "image": TINY,
        "command": ["sh", "-c", PROGRAM],
        "labels": [{"label": key, "value": value} for key, value in named.items()],
        "uploads": [{"file": "/etc/app", "content": content}],
    }


def started(stack: Stack, **given: Any) -> Deployed:
    return stack.plugin.create(CONTAINER, f"{stack.prefix}-app", given)


def eventually(stack: Stack, container: Deployed, expected: str) -> str:
    deadline = time.monotonic() + 60
    while (seen := stack.run(container, "cat", "/log")) != expected:
        if time.monotonic() > deadline:
            break
        time.sleep(0.1)
    return seen


def test_a_changed_file_is_put_into_the_running_container_which_is_told(stack: Stack) -> None:
    first = started(stack, **inputs("one\n"))
    eventually(stack, first, "one\n")
    second = stack.plugin.apply(first, inputs("two\n"))
    assert second.steps == ["update"]
    assert second.id == first.id
    assert eventually(stack, second, "one\ntwo\n") == "one\ntwo\n"


def test_a_command_can_do_the_reload(stack: Stack) -> None:
    by_command = inputs("one\n") | {
        "labels": [{"label": "causeway.reload", "value": "exec:cp /etc/app /seen"}]
    }
    first = started(stack, **by_command)
    second = stack.plugin.apply(
        first, by_command | {"uploads": [{"file": "/etc/app", "content": "two\n"}]}
    )
    assert (second.steps, stack.run(second, "cat", "/seen")) == (["update"], "two\n")


def test_without_the_label_a_changed_file_needs_a_new_container(stack: Stack) -> None:
    first = started(stack, **inputs("one\n") | {"labels": []})
    second = stack.plugin.apply(first, inputs("two\n") | {"labels": []})
    assert second.steps == ["create", "delete"]


def test_another_set_of_files_needs_a_new_container(stack: Stack) -> None:
    first = started(stack, **inputs("one\n"))
    more = inputs("one\n")
    more["uploads"] = [*more["uploads"], {"file": "/etc/other", "content": "x"}]
    assert stack.plugin.apply(first, more).steps == ["create", "delete"]


def test_a_refused_file_leaves_the_old_one_in_force_and_says_why(stack: Stack) -> None:
    first = started(stack, **inputs("good 1\n", **CHECKED))
    eventually(stack, first, "good 1\n")
    bad = inputs("bad\n", **CHECKED)
    bad["labels"][1]["value"] = "sh -c 'echo no good here; exit 3'"
    with pytest.raises(
        Refused,
        match=r"(?s)rejected the changed files; the old files.*with code 3:\n    no good here",
    ):
        stack.plugin.apply(first, bad)
    assert stack.run(first, "cat", "/etc/app") == "good 1\n"
    assert stack.run(first, "cat", "/log") == "good 1\n"


def test_a_file_that_the_check_accepts_is_taken_in(stack: Stack) -> None:
    first = started(stack, **inputs("good 1\n", **CHECKED))
    second = stack.plugin.apply(first, inputs("good 2\n", **CHECKED))
    assert eventually(stack, second, "good 1\ngood 2\n") == "good 1\ngood 2\n"


def test_the_files_of_a_stopped_container_are_there_when_it_runs_again(stack: Stack) -> None:
    first = started(stack, **inputs("one\n"))
    stack.api.stop(first.id, timeout=1)
    second = stack.plugin.apply(first, inputs("two\n"))
    assert second.steps == ["update"]
    assert eventually(stack, second, "one\ntwo\n") == "one\ntwo\n"


def test_a_reload_leaves_nothing_for_a_refresh_to_correct(stack: Stack) -> None:
    first = started(stack, **inputs("one\n"))
    second = stack.plugin.apply(first, inputs("two\n"))
    read = stack.plugin.read(second)
    assert read is not None
    assert (read.inputs, read.state) == (second.inputs, second.state)


def test_other_seconds_to_drain_need_no_new_container(stack: Stack) -> None:
    first = started(stack, **inputs("one\n", causeway_drain="1"))
    second = stack.plugin.apply(first, inputs("one\n", causeway_drain="0.1"))
    assert second.steps == ["update"]


def test_a_drained_container_is_gone_afterwards(stack: Stack) -> None:
    container = started(stack, **inputs("one\n", causeway_drain="1"))
    stack.plugin.delete(container)
    assert stack.plugin.read(container) is None


def test_a_container_that_does_not_run_is_not_drained(stack: Stack) -> None:
    """The drain would take longer than any call to the plugin may."""
    container = started(stack, **inputs("one\n", causeway_drain="3600"))
    stack.api.kill(container.id)
    stack.plugin.delete(container)
    assert stack.plugin.read(container) is None


@pytest.mark.parametrize(("running", "waited"), [(True, 2.0), (False, 0.0)])
def test_a_container_is_drained_before_it_is_stopped_if_it_runs(
    offline: Surroundings, monkeypatch: pytest.MonkeyPatch, running: bool, waited: float
) -> None:
    now = 100.0
    stopped: list[float] = []

    def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds

    def call(method: str, path: str, **_: Any) -> None:
        if path == "/containers/web/stop":
            stopped.append(now)

    clock = SimpleNamespace(monotonic=lambda: now, sleep=sleep)
    monkeypatch.setattr(container_reload, "time", clock)
    found = {"State": {"Running": running}}
    api = SimpleNamespace(api_version=(1, 47), call=call, find=lambda path: found)
    engine = cast(Any, api)
    cache = EngineCache(lambda: engine)
    context = replace(offline.context(), engine_of=lambda: engine, cache=cache)
    ContainerKind().delete(context, "web", inputs("one\n", causeway_drain="2"), {})
    assert stopped == [pytest.approx(100.0 + waited)]


@pytest.mark.parametrize(
    ("label", "value", "message"),
    [
        ("causeway.reload", "HUP", "'HUP' is neither `signal:NAME` nor `exec:COMMAND`"),
        ("causeway.reload", "exec:", "'exec:' is neither `signal:NAME` nor `exec:COMMAND`"),
        ("causeway.reload-check", "sh -c 'x", '"sh -c \'x" has an unclosed quotation mark'),
        ("causeway.drain", "5s", "'5s' is not a number of seconds"),
        ("causeway.order", "x", "'x' is neither `start-first` nor `stop-first`"),
    ],
)
def test_a_label_that_cannot_be_followed_is_refused(
    stack: Stack, label: str, value: str, message: str
) -> None:
    wrong = {"image": TINY, "labels": [{"label": label, "value": value}]}
    assert stack.plugin.failures(CONTAINER, wrong) == [f"labels[0].value: {message}"]
