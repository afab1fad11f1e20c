"""A plugin of the engine, installed from Debian's registry; its program is never started."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from causeway.engine import logins
from causeway.engine.client import connect
from tests.engines import Engine
from tests.provider.debian_registry import debian_registry
from tests.provider.plugin import Plugin, Refused

PLUGIN = "docker:index/plugin:Plugin"
SETTINGS = {
    "description": "does nothing",
    "documentation": "",
    "interface": {"types": ["docker.volumedriver/1.0"], "socket": "none.sock"},
    "entrypoint": ["/none"],
    "network": {"type": "host"},
    "linux": {"capabilities": ["CAP_SYS_ADMIN"]},
    "env": [{"name": "DEBUG", "description": "", "settable": ["value"], "value": "0"}],
}


@pytest.fixture(scope="module")
def published(
    engine: Engine, api: docker.APIClient, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Plugin]]:
    """The name of a plugin in a registry, and a provider that is logged in there."""
    folder = Path(tmp_path_factory.mktemp("plugin"))
    (folder / "content" / "rootfs").mkdir(parents=True)
    (folder / "content" / "config.json").write_text(json.dumps(SETTINGS))
    with debian_registry(engine, folder) as registry:
        name = f"{registry.address}/team/idle:1"
        api.create_plugin(name, str(folder / "content"))
        # The SDK's own push of plugins asks for a path that engines do not serve.
        connected = connect({"host": engine.host})
        auth = logins.header({**registry.auth, "serveraddress": registry.address})
        connected.follow("POST", f"/plugins/{name}/push", auth=auth)
        connected.close()
        api.remove_plugin(name, force=True)
        with Plugin(engine.host, config={"registryAuth": [registry.auth]}) as provider:
            yield name, provider


def test_a_plugin_is_installed_set_and_removed(
    published: tuple[str, Plugin], api: docker.APIClient
) -> None:
    name, provider = published
    inputs = {
        "name": name,
        "alias": "idle:latest",
        "enabled": False,
        "grantAllPermissions": True,
        "envs": ["DEBUG=1"],
    }
    made = provider.create(PLUGIN, "idle", inputs)
    assert api.inspect_plugin("idle")["Settings"]["Env"] == ["DEBUG=1"]
    assert provider.read_existing(made).inputs == inputs
    assert provider.invoke("getPlugin", {"alias": "idle"})["id"] == made.id

    changed = provider.apply(made, {**inputs, "envs": ["DEBUG=2"]})
    assert (changed.steps, changed.id) == (["update"], made.id)
    assert api.inspect_plugin("idle")["Settings"]["Env"] == ["DEBUG=2"]

    provider.delete(changed)
    assert provider.read(changed) is None
    with pytest.raises(Refused, match="plugin 'idle' is not on this engine"):
        provider.invoke("getPlugin", {"alias": "idle"})


def test_permissions_that_are_not_granted_are_named(
    published: tuple[str, Plugin], api: docker.APIClient
) -> None:
    name, provider = published
    granted = [{"name": "network", "values": ["host"]}]
    inputs = {"name": name, "enabled": False, "grantPermissions": granted}
    with pytest.raises(Refused, match=r"not granted:\n  capabilities: CAP_SYS_ADMIN\n"):
        provider.create(PLUGIN, "idle", inputs)
    assert api.plugins() == []


def test_a_plugin_that_does_not_start_is_not_left_behind(
    published: tuple[str, Plugin], api: docker.APIClient
) -> None:
    name, provider = published
    with pytest.raises(Refused, match="/none"):
        provider.create(PLUGIN, "idle", {"name": name, "grantAllPermissions": True})
    assert api.plugins() == []
