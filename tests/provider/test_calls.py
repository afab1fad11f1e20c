"""How often a read asks the engine: what a refresh of many resources costs."""

from __future__ import annotations

from typing import Any

import pytest

from causeway.engine.wire import Answer, Wire
from causeway.provider.container.container import ContainerKind
from causeway.provider.image.remote_image import RemoteImageKind
from causeway.provider.network.network import NetworkKind
from causeway.provider.volume import VolumeKind
from tests.provider.conftest import Stack
from tests.provider.surroundings import Surroundings
from tests.tiny_image import TINY


@pytest.fixture
def asked(online: Surroundings, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths that are asked for from now on, in the order of asking."""
    online.context().api.call("GET", "/version")
    paths: list[str] = []
    send = Wire.send

    def noted(self: Wire, method: str, target: str, *rest: Any) -> Answer:
        paths.append(f"{method} {target.split('/v1.', 1)[1].partition('/')[2]}")
        return send(self, method, target, *rest)

    monkeypatch.setattr(Wire, "send", noted)
    return paths


def test_a_container_is_read_with_one_call_whatever_it_is_on(
    stack: Stack, online: Surroundings, asked: list[str]
) -> None:
    places = [{"name": stack.network(name).id} for name in ("front", "back")]
    made = stack.container("web", networksAdvanced=places)
    read = ContainerKind().read(online.context(), made.id, made.inputs, made.state)
    assert read is not None
    assert asked == [f"GET containers/{made.id}/json"]


def test_networks_volumes_and_images_are_read_with_one_call_each(
    stack: Stack, online: Surroundings, asked: list[str], scratch: str
) -> None:
    network = stack.network("net")
    volume = stack.plugin.create(
        "docker:index/volume:Volume", f"{scratch}-data", {"name": f"{scratch}-data"}
    )
    assert NetworkKind().read(online.context(), network.id, network.inputs, network.state)
    assert VolumeKind().read(online.context(), volume.id, volume.inputs, volume.state)
    assert RemoteImageKind().read(online.context(), TINY, {"name": TINY}, {})
    stack.plugin.delete(volume)
    assert asked == [
        f"GET networks/{network.id}",
        f"GET volumes/{volume.id}",
        f"GET images/{TINY}/json",
    ]
