"""An engine whose disk is full: the update says so, leaves nothing half made, and goes on later."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.project import Project
from tests.engines import Engine
from tests.tiny_image import TINY, import_tiny

pytestmark = pytest.mark.engine

DISK = "48m"
BLOCK = bytes(4096)
COMPOSE = f"""services:
  web:
    image: {TINY}
    command: [sleep, 1d]
    stop_signal: SIGKILL
    networks: [front]
    configs: [big]
networks: {{front: {{}}}}
configs: {{big: {{file: big.txt}}}}
"""


@pytest.fixture
def small(tmp_path: Path) -> Iterator[tuple[Engine, Project]]:
    """An engine on a disk of its own, in memory, and a project that fits on it."""
    with Engine.start() as engine:
        folder = engine.data / "docker"
        engine.halt()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "none", folder], check=True)
        engine.restart()
        client = engine.api()
        import_tiny(client)
        client.close()
        project = Project.copy(tmp_path, engine.host)
        project.write_stack("full", COMPOSE)
        (project.folder / "stacks" / "full" / "big.txt").write_text("x" * 3_000_000)
        yield engine, project


def fill(file: Path, *, left: int) -> None:
    """Take all of a disk but `left` bytes."""
    with file.open("wb", buffering=0) as filler, contextlib.suppress(OSError):
        while True:
            filler.write(BLOCK)
    with file.open("r+b") as filler:
        filler.truncate(file.stat().st_size - left)


@pytest.mark.parametrize("left", [0, 1_000_000], ids=["nothing-left", "too-little-for-a-file"])
def test_a_full_disk_is_named_and_the_next_update_converges(
    small: tuple[Engine, Project], left: int
) -> None:
    engine, project = small
    filler = engine.data / "docker" / "filler"
    fill(filler, left=left)
    project.pulumi("up", "--stack", "full").refused(
        "no space left on device",
        "what to do: the engine's disk is full: free some space (`docker system df`",
    )
    client = engine.api()
    assert client.containers(all=True) == []
    filler.unlink()
    project.pulumi("up", "--stack", "full").succeeded()
    assert [each["State"] for each in client.containers(all=True)] == ["running"]
    client.close()
    project.pulumi("up", "--stack", "full", "--expect-no-changes").succeeded()
    project.pulumi("destroy", "--stack", "full").succeeded()
