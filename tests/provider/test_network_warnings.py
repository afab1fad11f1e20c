"""What a preview tells of networks and ports on this engine, without refusing it."""

from __future__ import annotations

from typing import Any

import docker
import pytest

from tests.engines import Engine
from tests.provider.conftest import Stack
from tests.provider.plugin import CONTAINER, NETWORK, Plugin
from tests.tiny_image import TINY


def told(plugin: Plugin, inputs: dict[str, Any]) -> list[str]:
    """What a check of a new container logs."""
    before = len(plugin.messages)
    assert plugin.failures(CONTAINER, {"image": TINY, **inputs}) == []
    return plugin.messages[before:]


@pytest.mark.debian_engine
def test_a_loopback_port_is_warned_of_on_an_old_engine(plugin: Plugin) -> None:
    ports = [{"internal": 80, "external": 18080, "ip": "127.0.0.1"}]
    assert told(plugin, {"ports": ports}) == [
        "port 18080 is published on loopback, but before Docker 28 machines on the same network "
        "segment can reach it: block it with a firewall, or upgrade the engine"
    ]


def test_a_port_on_all_addresses_is_not(plugin: Plugin) -> None:
    assert told(plugin, {"ports": [{"internal": 80, "external": 18080, "ip": "0.0.0.0"}]}) == []


def test_a_container_to_share_with_that_is_not_there_is_warned_of(
    plugin: Plugin, api: docker.APIClient, scratch: str
) -> None:
    mode = {"networkMode": f"container:{scratch}-partner"}
    assert told(plugin, mode) == [
        f"container '{scratch}-partner' does not exist on this engine yet: it must exist before a "
        "container can share its network namespace"
    ]
    api.create_container(TINY, name=f"{scratch}-partner")
    assert told(plugin, mode) == []


@pytest.fixture
def shared(api: docker.APIClient, scratch: str) -> str:
    """A network that somebody else made, with a container that is `db` there."""
    name = f"{scratch}-shared"
    api.create_network(name)
    settings = api.create_endpoint_config(aliases=["db"])
    made = api.create_container(
        TINY, name=f"{scratch}-other", networking_config={"EndpointsConfig": {name: settings}},
        host_config=api.create_host_config(network_mode=name),
    )  # fmt: skip
    api.start(made)
    return name


def test_a_name_that_another_container_has_is_warned_of(shared: str, engine: Engine) -> None:
    with Plugin(engine.host) as another:
        messages = told(another, {"networksAdvanced": [{"name": shared, "aliases": ["db", "web"]}]})
    assert messages == [
        f"'db' is also the name of {shared.removesuffix('-shared')}-other on the shared network: "
        "the name resolves to either container"
    ]


def test_a_name_on_a_network_of_another_stack_is_warned_of(scratch: str, engine: Engine) -> None:
    with Plugin(engine.host, project=f"{scratch}-one") as one:
        network = one.create(NETWORK, f"{scratch}-lan", {})
        place = {"name": network.id, "aliases": ["db"]}
        there = one.create(CONTAINER, f"{scratch}-db", {"image": TINY, "networksAdvanced": [place]})
    with Plugin(engine.host, project=f"{scratch}-two", identity="another-state") as two:
        messages = told(two, {"networksAdvanced": [place]})
    with Plugin(engine.host, project=f"{scratch}-one") as one:
        own = told(one, {"networksAdvanced": [place]})
        one.delete(there)
        one.delete(network)
    assert [each.partition(" is also")[0] for each in messages] == ["'db'"]
    assert own == []


def test_an_engine_of_this_machine_shows_its_routes_and_interfaces(
    stack: Stack, engine: Engine
) -> None:
    with Plugin(engine.host) as plugin:
        parent = plugin.failures(NETWORK, {"driver": "macvlan", "options": {"parent": "eth7"}})
        whole = plugin.failures(NETWORK, {"ipamConfigs": [{"subnet": "10.199.0.0/16"}]})
    assert parent[0].startswith("options.parent: the Docker host has no interface 'eth7' (known: ")
    assert "which the Docker host reaches through eth0 (a VPN?)" in whole[0]


def test_a_network_of_another_owner_is_in_the_way_at_preview(
    api: docker.APIClient, scratch: str, engine: Engine
) -> None:
    name = f"{scratch}-theirs"
    pool = docker.types.IPAMPool(subnet="10.68.0.0/24")
    api.create_network(name, ipam=docker.types.IPAMConfig(pool_configs=[pool]))
    with Plugin(engine.host) as plugin:
        said = plugin.failures(
            NETWORK, {"name": name, "ipamConfigs": [{"subnet": "10.68.0.128/25"}]}
        )
    assert said[0] == (
        f"ipamConfigs[0].subnet: 10.68.0.128/25 overlaps 10.68.0.0/24 of network '{name}' on the "
        "engine"
    )
    assert said[1].startswith(
        f"name: the engine has a network '{name}' that is not this stack's (not created by Causeway"
    )
    assert len(said) == 2
