"""`causeway verify` on a running stack: what it prints and returns, and that it leaves nothing.

The app's image is a static busybox: what probes need is in their own image.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from xml.etree import ElementTree

import pytest

from causeway.contract import PROBE_LABEL
from causeway.live.probe import remove_stale_probes
from tests.end_to_end.project import Outcome
from tests.live.conftest import Field

STACK = "shop"
COMPOSE = """\
services:
  web:
    image: causeway-test/tiny:1
    command: ["nc", "-ll", "-p", "80", "-e", "cat"]
    init: true
    networks: [front]
    ports: ["18300:80"]
  api:
    image: causeway-test/tiny:1
    command: ["nc", "-ll", "-p", "{port}", "-e", "cat"]
    init: true
    networks: [front, back]
    expose: ["8000"]
  database:
    image: causeway-test/tiny:1
    command: ["nc", "-ll", "-p", "5432", "-e", "cat"]
    init: true
    networks: [back]
    expose: ["5432"]
networks:
  front: {{}}
  back: {{internal: true}}
"""
pytestmark = pytest.mark.parametrize("any_engine", ["engine"], indirect=True)


@pytest.fixture(scope="module")
def shop(field: Field) -> Iterator[Field]:
    field.project.write_stack(STACK, COMPOSE.format(port=8000))
    field.up(STACK)
    yield field
    field.project.pulumi("destroy", "--stack", STACK).succeeded()


def causeway(shop: Field, *arguments: str) -> Outcome:
    python = str(shop.project.folder / ".venv" / "bin" / "python")
    return shop.project.run(python, "-m", "causeway.cli", *arguments, "--stack", STACK)


def squeezed(done: Outcome) -> str:
    """The output with single spaces, as columns are as wide as what they hold."""
    return " ".join(done.output.split())


def probes_of(shop: Field) -> list[str]:
    found = shop.api.containers(all=True, filters={"label": PROBE_LABEL})
    return [name for each in found for name in each["Names"]]


def running_probes(shop: Field) -> list[str]:
    return [each["Id"] for each in shop.api.containers(filters={"label": PROBE_LABEL})]


def gone(shop: Field) -> bool:
    """Whether the engine has removed every probe; it needs a moment after their end."""
    deadline = time.monotonic() + 30
    while probes_of(shop) and time.monotonic() < deadline:
        time.sleep(0.2)
    return not probes_of(shop)


@pytest.fixture(scope="module")
def verified(shop: Field) -> Outcome:
    """One run with a report for people and one for a pipeline."""
    return causeway(shop, "verify", "--junit", "junit.xml").succeeded()


def test_all_agree_and_the_last_line_counts(verified: Outcome) -> None:
    assert verified.output.splitlines() == [
        "not probed: 4, external names are not resolved",
        "not probed: 4, no internet address to probe was given",
        "not probed: 8, no probe runs on the LAN",
        "not probed: 8, no probe runs outside the engine's host",
        "names: agreed=9 wrong=0 unprobed=0",
        "agreed=32 wrong=0 unprobed=24",
    ]


def test_junit_counts_what_is_not_probed_as_skipped(shop: Field, verified: Outcome) -> None:
    suite = ElementTree.parse(shop.project.folder / "junit.xml").getroot()
    counts = {name: suite.get(name) for name in ("tests", "failures", "skipped")}
    assert counts == {"tests": "65", "failures": "0", "skipped": "24"}


def test_no_probe_remains(shop: Field, verified: Outcome) -> None:
    assert gone(shop)


def test_tap_has_a_line_a_cell(shop: Field) -> None:
    lines = causeway(shop, "verify", "--tap").succeeded().output.splitlines()
    assert lines[:2] == ["TAP version 14", "1..65"]
    assert "ok 3 - api -> database:5432/tcp ALLOWED" in lines
    assert "ok 62 - database asks for web" in lines
    assert lines[-1] == "# agreed=32 wrong=0 unprobed=24"


def test_world_and_internet_are_tried_from_a_machine_outside(shop: Field) -> None:
    address, port = shop.internet
    world = ("--world-at", shop.engine.address, "--internet", f"{address}:{port}")
    told = json.loads(causeway(shop, "verify", "--json", *world).succeeded().output)
    assert told["summary"] == {"agreed": 38, "wrong": 0, "unprobed": 18}
    [cell] = [
        each
        for each in told["cells"]
        if (each["source"], each["destination"], each["port"]) == ("world", "web", 80)
    ]
    assert (cell["model"], cell["found"], cell["outcome"]) == ("ALLOWED", "ALLOWED", "agreed")
    assert cell["tried"] == [
        {"address": shop.engine.address, "port": 18300, "protocol": "tcp", "result": "open"}
    ]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_probe_remains_of_a_run_that_is_broken_off(shop: Field, number: int) -> None:
    python = str(shop.project.folder / ".venv" / "bin" / "python")
    process = subprocess.Popen(
        [python, "-m", "causeway.cli", "verify", "--stack", STACK],
        cwd=shop.project.folder,
        env=shop.project.variables,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 30
    while len(running_probes(shop)) < 4 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(running_probes(shop)) == 4
    os.kill(process.pid, number)
    process.wait(timeout=30)
    assert gone(shop)


def test_a_probe_that_never_started_is_removed_by_a_later_run(shop: Field) -> None:
    made = shop.api.create_container("causeway-test/tiny:1", labels={PROBE_LABEL: "left"})["Id"]
    assert remove_stale_probes(shop.client) == []  # another run may be about to start it
    assert remove_stale_probes(shop.client, older_than=0) == [made]
    assert probes_of(shop) == []


def test_a_stack_that_does_not_run_is_bad_input(shop: Field) -> None:
    python = str(shop.project.folder / ".venv" / "bin" / "python")
    other = shop.project.run(python, "-m", "causeway.cli", "verify", "--stack", "dev")
    assert other.code == 2
    assert "no container of stack dev runs on " in other.output


def test_a_container_moved_by_hand_is_found(shop: Field) -> None:
    [database] = shop.status(STACK).containers["database"]
    shop.api.connect_container_to_network(database.id, "causeway-shop_front")
    try:
        done = causeway(shop, "verify", "--wait", "0")
        assert done.code == 1
        assert "web -> database 5432/tcp dropped allowed" in squeezed(done)
        assert "database asks for web: expected no container; answered: 1" in done.output
        # What runs agrees with itself: it is the file that it differs from.
        assert causeway(shop, "verify", "--live", "--wait", "0").code == 0
    finally:
        shop.api.disconnect_container_from_network(database.id, "causeway-shop_front")


def test_an_update_verifies_and_fails_on_a_difference(shop: Field) -> None:
    file = shop.project.folder / f"Pulumi.{STACK}.yaml"
    file.write_text(file.read_text() + "  causeway:verify: true\n")
    done = shop.project.pulumi("up", "--skip-preview", "--stack", STACK).succeeded()
    text = "packets agree with the model of the stack: agreed=32 wrong=0 unprobed=24"
    assert text in done.output
    again = shop.project.pulumi("up", "--skip-preview", "--stack", STACK).succeeded()
    assert "packets agree" not in again.output  # nothing has changed

    compose = shop.project.folder / "stacks" / STACK / "compose.yaml"
    compose.write_text(COMPOSE.format(port=8001))
    failed = shop.project.pulumi("up", "--skip-preview", "--stack", STACK)
    failed.refused("packets differ from the model of the stack", "agreed=28 wrong=4 unprobed=24")
    assert "web -> api 8000/tcp allowed no listener" in squeezed(failed)
    compose.write_text(COMPOSE.format(port=8000))
    repaired = shop.project.pulumi("up", "--skip-preview", "--stack", STACK).succeeded()
    assert text in repaired.output
    assert gone(shop)
