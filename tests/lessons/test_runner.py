"""The runner tells what differs by its exit code, and cleans up whatever happens."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from causeway.cli.lesson import default_interface
from tests.end_to_end.project import Project, snapshot
from tests.engines import Engine


@pytest.fixture
def wrong(project: Project) -> Iterator[Project]:
    """The project with lesson 1 expecting something that is not so."""
    file = project.folder / "stacks/lessons/01-default-bridge/lesson.yaml"
    kept = file.read_text()
    file.write_text(kept.replace("1 received", "2 received"))
    yield project
    file.write_text(kept)


def lesson(project: Project, number: str) -> subprocess.Popen[str]:
    python = project.folder / ".venv" / "bin" / "python"
    return subprocess.Popen(
        [str(python), "-m", "causeway.cli.lesson", number],
        cwd=project.folder,
        env=project.variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


@pytest.fixture
def api(lesson_engine: Engine) -> Iterator[docker.APIClient]:
    client = lesson_engine.api()
    yield client
    client.close()


def test_a_difference_is_shown_and_ends_with_one(wrong: Project, api: docker.APIClient) -> None:
    process = lesson(wrong, "1")
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 1, output
    assert "DIFFERS: the output does not contain 2 received" in output
    assert "Steps that differ from what is expected: 1." in output
    assert snapshot(api)["containers"] == set()


def test_ctrl_c_removes_what_was_deployed(project: Project, api: docker.APIClient) -> None:
    process = lesson(project, "4")
    deadline = time.monotonic() + 120
    while not snapshot(api)["containers"] and time.monotonic() < deadline:
        time.sleep(0.2)
    os.killpg(process.pid, signal.SIGINT)
    output, _ = process.communicate(timeout=300)
    assert process.returncode in (2, 130), output
    assert "removing stack lesson-04" in output
    assert snapshot(api)["containers"] == set()
    assert not list(project.folder.glob("Pulumi.lesson-*.yaml"))


def test_a_lesson_that_needs_a_swarm_says_how_to_get_one(
    project: Project, api: docker.APIClient
) -> None:
    process = lesson(project, "21")
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 2, output
    assert "lesson 21 needs a swarm" in output
    assert "`docker swarm init`" in output
    assert snapshot(api)["containers"] == set()
    assert not list(project.folder.glob("Pulumi.lesson-*.yaml"))


def test_a_lesson_that_is_not_there_is_told(project: Project) -> None:
    process = lesson(project, "99")
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "there is no lesson 99 (known: 1 to 22)" in output


def test_the_default_interface_is_read_from_the_routes(tmp_path: Path) -> None:
    table = tmp_path / "route"
    table.write_text(
        "Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT\n"
        "eth1 000200C0 00000000 0001 0 0 0 00FFFFFF 0 0 0\n"
        "wlan0 00000000 010200C0 0003 0 0 0 00000000 0 0 0\n"
    )
    assert default_interface(table) == "wlan0"
