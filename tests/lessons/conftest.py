"""One project copy and one engine for all lessons: each has a stack of its own anyway."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing

import pytest

from causeway.cli.lesson import LessonContext
from tests.end_to_end.project import Project
from tests.engines import Engine
from toolchain import base_images, places, progress


@pytest.fixture(scope="package")
def lesson_engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """An engine of the flavour that `--engine` names, for the lessons alone."""
    with Engine.start(request.config.getoption("--engine")) as running:
        yield running


@pytest.fixture(scope="package")
def project(lesson_engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Project:
    copied = Project.copy(tmp_path_factory.mktemp("lessons"), lesson_engine.host)
    wanted = [one for one in base_images.STAND_INS if one.official == "debian:12-slim"]
    with closing(lesson_engine.client()) as client:
        base_images.import_into(progress.Console(sys.stderr), places.find(), client, wanted)
    # The stand-in has the tools, so that the image's build needs no package mirror.
    (copied.folder / "causeway.local.yaml").write_text(
        "images:\n  debian:12-slim: causeway-base/debian-tools:12\n"
    )
    return copied


@pytest.fixture(scope="package")
def room(project: Project) -> LessonContext:
    # Test engines see the world through an interface of this name.
    return LessonContext(project.folder, project.variables, {"PARENT": "eth0"})
