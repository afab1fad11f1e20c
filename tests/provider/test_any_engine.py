"""What must hold on Debian's engine and on a current one alike; `--engine` runs all the rest so."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.engines import Engine
from tests.provider.conftest import Stack
from tests.provider.plugin import Plugin


@pytest.fixture
def stack(any_engine: Engine) -> Iterator[Stack]:
    """A stack whose tests remove what they deploy: its engine is one of two."""
    with Plugin(any_engine.host) as plugin, closing(any_engine.api()) as api:
        yield Stack(plugin, api, f"t{uuid.uuid4().hex[:8]}")


def test_a_container_outlives_each_of_its_networks_and_starts_again(stack: Stack) -> None:
    front, back = stack.network("front"), stack.network("back")
    places = [{"name": front.id, "aliases": ["web"]}, {"name": back.id}]
    web = stack.container("web", networksAdvanced=places)
    client = stack.container("client", networksAdvanced=places[1:])

    new_front = stack.plugin.create(*_again(front.urn), {"internal": True})
    new_back = stack.plugin.create(*_again(back.urn), {})
    places = [{"name": new_front.id, "aliases": ["web"]}, {"name": new_back.id}]
    moved = stack.plugin.apply(web, {**web.inputs, "networksAdvanced": places})
    client = stack.plugin.apply(client, {**client.inputs, "networksAdvanced": places})
    for network in (front, back):
        stack.plugin.delete(network)

    assert (moved.steps, moved.id) == (["update"], web.id)
    stack.api.restart(web.id, timeout=0)
    stack.api.restart(client.id, timeout=0)
    assert sorted(stack.networks_of(moved)) == sorted(
        [new_front.state["name"], new_back.state["name"]]
    )
    assert stack.looks_up(client, "web") != []
    read = stack.plugin.read(moved)
    assert read is not None
    assert read.inputs == moved.inputs

    for resource in (moved, client, new_front, new_back):
        stack.plugin.delete(resource)


def _again(urn: str) -> tuple[str, str]:
    """(token, name) of a resource, to create it a second time."""
    token, name = urn.split("::")[2:4]
    return token, name
