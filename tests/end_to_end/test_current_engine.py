"""The nginx/Flask stack on a current Docker engine: up, unchanged, destroyed."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from tests.end_to_end.project import Project, snapshot
from tests.end_to_end.test_web import UNCHANGED, fetch
from tests.engines import Engine
from toolchain import base_images, places, progress

BASES = ("python:3.9-slim", "nginx:1.27")


def test_the_web_stack_comes_up_stays_unchanged_and_leaves_nothing(
    current_engine: Engine, tmp_path: Path
) -> None:
    project = Project.copy(tmp_path, current_engine.host)
    wanted = [one for one in base_images.STAND_INS if one.official in BASES]
    with closing(current_engine.client()) as client:
        base_images.import_into(progress.Console(), places.find(), client, wanted)
    project.substitute({one.official: one.image for one in wanted})
    project.pulumi("stack", "init", "dev", "--no-select").succeeded()
    with closing(current_engine.api()) as api:
        before = snapshot(api)
        project.pulumi("up", "--stack", "dev").succeeded()
        assert fetch(current_engine, "dev") == "Hello from Flask!"
        project.pulumi("preview", "--stack", "dev", UNCHANGED).succeeded()
        project.pulumi("preview", "--refresh", "--stack", "dev", UNCHANGED).succeeded()
        project.pulumi("destroy", "--stack", "dev").succeeded()
        assert snapshot(api) == before
