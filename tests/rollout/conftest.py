"""An engine with the stand-ins, and one project for all roll-outs on it."""

from __future__ import annotations

from collections.abc import Iterator

import docker
import pytest

from bench.rollout.__main__ import base_images
from tests.end_to_end.project import Project
from tests.engines import Engine


@pytest.fixture(scope="package")
def engine() -> Iterator[Engine]:
    with Engine.start() as running:
        yield running


@pytest.fixture(scope="package")
def api(engine: Engine) -> Iterator[docker.APIClient]:
    client = engine.api()
    yield client
    client.close()


@pytest.fixture(scope="package")
def project(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Project:
    copy = Project.copy(tmp_path_factory.mktemp("rollout"), engine.host)
    base_images(engine, copy)
    return copy
