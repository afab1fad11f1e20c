"""Fixtures that all tests share.

A machine that cannot run a test engine fails the tests that need one; nothing is skipped.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import docker
import pytest

from tests.engines import Engine
from tests.tiny_image import import_tiny


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """One Docker engine for the whole run, which holds the image `causeway-test/tiny:1`."""
    with Engine.start() as running:
        client = running.api()
        import_tiny(client)
        client.close()
        yield running


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
