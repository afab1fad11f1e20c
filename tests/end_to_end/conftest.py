"""A project per test module, and an engine that holds the base images the web stack builds on."""

from __future__ import annotations

from collections.abc import Iterator

import docker
import pytest

from tests.end_to_end.project import Project, import_base_images
from tests.engines import Engine
from tests.tiny_image import import_tiny


@pytest.fixture(scope="package")
def engine() -> Iterator[Engine]:
    """An engine apart from the plugin tests' one: these tests compare all that it holds."""
    with Engine.start() as running:
        client = running.api()
        import_tiny(client)
        client.close()
        yield running


@pytest.fixture(scope="package")
def api(engine: Engine) -> Iterator[docker.APIClient]:
    client = engine.api()
    yield client
    client.close()


@pytest.fixture(scope="package")
def base_images(engine: Engine) -> dict[str, str]:
    """Official name -> stand-in, so that the tests need no registry, wherever they run."""
    return import_base_images(engine.host)


@pytest.fixture(scope="module")
def project(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Project:
    return Project.copy(tmp_path_factory.mktemp("copy"), engine.host)


@pytest.fixture(scope="module")
def web(project: Project, base_images: dict[str, str]) -> Project:
    """The project with its three stacks initialised; nothing is up yet."""
    project.substitute(base_images)
    for stack in ("dev", "staging", "prod"):
        project.pulumi("stack", "init", stack, "--no-select").succeeded()
    return project
