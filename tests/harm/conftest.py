"""What a person could lose: each test sets something up, does something, and looks what is left.

One engine for all; checkouts are copies of the project with a state of their own. After each test
the engine is emptied.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import docker
import pytest

from tests.end_to_end.project import Project
from tests.engines import Engine
from tests.harm.checkout import Checkout, empty
from tests.tiny_image import import_tiny

Clone = Callable[..., Checkout]


@pytest.fixture(scope="package")
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """An engine apart, because each test here ends with an empty one."""
    with Engine.start(request.config.getoption("--engine")) as running:
        client = running.api()
        import_tiny(client)
        client.close()
        yield running


@pytest.fixture(scope="package")
def other_engine() -> Iterator[Engine]:
    """A second machine."""
    with Engine.start() as running:
        client = running.api()
        import_tiny(client)
        client.close()
        yield running


@pytest.fixture
def api(engine: Engine) -> Iterator[docker.APIClient]:
    client = engine.api()
    yield client
    empty(client)
    client.close()


@pytest.fixture
def clone(engine: Engine, api: docker.APIClient, tmp_path: Path) -> Clone:
    """Make another checkout of the project; all of a test use one stack name unless told."""
    stack = f"h{uuid.uuid4().hex[:6]}"

    def make(name: str = stack, **variables: str) -> Checkout:
        folder = tmp_path / f"checkout-{uuid.uuid4().hex[:4]}"
        folder.mkdir()
        project = Project.copy(folder, engine.host)
        project.variables.update(variables)
        return Checkout(project, name, api)

    return make


@pytest.fixture
def ours(clone: Clone) -> Checkout:
    """The checkout that a test begins with."""
    return clone()
