"""Ctrl-C during an update: it ends soon, in order, and the next one goes on."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import docker
import pytest

from tests.end_to_end.project import Project
from tests.engines import Engine
from tests.tiny_image import TINY, import_tiny

pytestmark = pytest.mark.engine

# More than the plugin gives its calls to end, less than any limit on a call.
SECONDS = 30
UNHEALTHY = f"""services:
  web:
    image: {TINY}
    command: [sleep, 1d]
    stop_signal: SIGKILL
    healthcheck: {{test: [CMD, "false"], interval: 1s, retries: 600, start_period: 600s}}
"""
HEALTHY = UNHEALTHY.replace('"false"', '"true"')


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[Engine, Project, docker.APIClient]]:
    """An engine that may be frozen."""
    with Engine.start() as engine:
        client = engine.api()
        import_tiny(client)
        project = Project.copy(tmp_path, engine.host)
        project.write_stack("slow", UNHEALTHY)
        yield engine, project, client
        client.close()


def ends_by_ctrl_c(project: Project, now: Callable[[], bool]) -> str:
    """What an update says that gets SIGINT once `now`; it must fail, and soon."""
    running = project.start("up", "--yes", "--stack", "slow")
    deadline = time.monotonic() + 60
    while not now():
        assert running.poll() is None, running.communicate()[0]
        assert time.monotonic() < deadline
        time.sleep(0.1)
    running.send_signal(signal.SIGINT)
    try:
        output, _ = running.communicate(timeout=SECONDS)
    finally:
        if running.poll() is None:
            running.kill()
            running.wait()
    assert running.returncode != 0
    assert "Traceback" not in output
    return output


def converges(project: Project, client: docker.APIClient) -> None:
    (project.folder / "stacks" / "slow" / "compose.yaml").write_text(HEALTHY)
    project.pulumi("up", "--stack", "slow").succeeded()
    assert [each["Status"].endswith("(healthy)") for each in client.containers(all=True)] == [True]
    project.pulumi("up", "--stack", "slow", "--expect-no-changes").succeeded()
    project.pulumi("destroy", "--stack", "slow").succeeded()
    assert client.containers(all=True) == []


def test_an_update_that_waits_for_health_can_be_ended(
    site: tuple[Engine, Project, docker.APIClient],
) -> None:
    _, project, client = site
    output = ends_by_ctrl_c(project, lambda: bool(client.containers()))
    assert "cancelled" in output.lower()
    converges(project, client)


def test_an_update_on_a_hanging_engine_can_be_ended(
    site: tuple[Engine, Project, docker.APIClient],
) -> None:
    engine, project, client = site

    def hangs() -> bool:
        if client.containers(all=True):
            engine.pause()
            return True
        return False

    output = ends_by_ctrl_c(project, hangs)
    assert "cancelled" in output.lower()
    engine.resume()
    converges(project, client)
