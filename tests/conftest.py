"""Fixtures that all tests share, and the marker `engine` of those that need more than Python.

A machine that cannot run a test engine fails the tests that need one; nothing is skipped.
"""

from __future__ import annotations

import re
import shutil
import signal
import tempfile
import uuid
from collections.abc import Generator, Iterator
from pathlib import Path

import docker
import pytest

from tests import guard
from tests.engines import FLAVOURS, Engine
from tests.tiny_image import import_tiny

# Fixtures that start an engine or a browser. A test that starts one in its body, or in a fixture of
# another name, bears the marker in its file; tests/guard.py fails one that lacks it.
STARTING = re.compile(r"(\w+_)?engine|chromium")
pytest_plugins = ["tests.tally"]
WATCH = pytest.StashKey[guard.Watch]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--engine",
        choices=sorted(FLAVOURS),
        default="debian",
        help="the engine of the tests that name none (default: debian)",
    )


def pytest_configure(config: pytest.Config) -> None:
    # A shell starts `make test &` with SIGINT ignored, and so would all that is started here be:
    # nothing could be interrupted, and Pulumi waits 5 s in each run for its language host.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    config.addinivalue_line("markers", "debian_engine: says what Debian's engine alone does")
    config.addinivalue_line(
        "markers",
        "engine: starts a Docker engine or a browser, or needs what `make tools` installs",
    )
    config.stash[WATCH] = guard.Watch(Path(tempfile.mkdtemp(prefix="causeway-guard-")))
    guard.install()


def pytest_unconfigure(config: pytest.Config) -> None:
    shutil.rmtree(config.stash[WATCH].folder, ignore_errors=True)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what starts an engine, before `-m` chooses; on another engine, leave out Debian's."""
    for item in items:
        if isinstance(item, pytest.Function) and any(map(STARTING.fullmatch, item.fixturenames)):
            item.add_marker(pytest.mark.engine)
    if config.getoption("--engine") == "debian":
        return
    others = [item for item in items if item.get_closest_marker("debian_engine")]
    config.hook.pytest_deselected(items=others)
    items[:] = [item for item in items if item not in others]


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, None, None]:
    if not item.get_closest_marker("engine"):
        item.config.stash[WATCH].begin()
    return (yield)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, None, None]:
    try:
        yield
    finally:
        told = item.config.stash[WATCH].end()
    if told:
        pytest.fail(f"a test without the marker `engine` started {', '.join(told)}", pytrace=False)


def started(flavour: str) -> Iterator[Engine]:
    """A running engine that holds the image `causeway-test/tiny:1`."""
    with Engine.start(flavour) as running:
        client = running.api()
        import_tiny(client)
        client.close()
        yield running


@pytest.fixture(scope="session")
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """One Docker engine for the whole run, of the flavour that `--engine` names."""
    yield from started(request.config.getoption("--engine"))


@pytest.fixture(scope="session")
def current_engine() -> Iterator[Engine]:
    """A second engine for the whole run: Docker as it is today."""
    yield from started("current")


@pytest.fixture(scope="session", params=["engine", "current_engine"])
def any_engine(request: pytest.FixtureRequest) -> Engine:
    """Each of both in turn."""
    running: Engine = request.getfixturevalue(request.param)
    return running


@pytest.fixture(scope="session")
def api(engine: Engine) -> Iterator[docker.APIClient]:
    client = engine.api()
    yield client
    client.close()


@pytest.fixture
def scratch(api: docker.APIClient) -> Iterator[str]:
    """A fresh prefix for names; what carries it is removed from the engine after the test."""
    prefix = f"t{uuid.uuid4().hex[:8]}"
    yield prefix
    for container in api.containers(all=True):
        if any(name.lstrip("/").startswith(prefix) for name in container["Names"]):
            api.remove_container(container["Id"], force=True, v=True)
    for network in api.networks():
        if network["Name"].startswith(prefix):
            api.remove_network(network["Id"])
    for volume in api.volumes()["Volumes"] or []:
        if volume["Name"].startswith(prefix):
            api.remove_volume(volume["Name"], force=True)
    for image in api.images():
        for tag in image["RepoTags"] or []:
            if tag.startswith(prefix):
                api.remove_image(tag, force=True)
