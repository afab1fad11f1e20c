"""What people do by hand to a deployed stack: seen by a refresh, and repaired by the next up.

All kinds are done to one site in turn: each test leaves it as declared, which the last line checks.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import docker
import pytest

from tests.engines import Engine, post
from tests.provider.plugin import CONTAINER, NETWORK, Deployed, Plugin, Refused
from tests.tiny_image import TINY

VOLUME = "docker:index/volume:Volume"
IMAGE = "docker:index/remoteImage:RemoteImage"


class Site:
    """Two networks, a volume, an image by its own tag, and a container that uses them all.

    `refresh` and `up` do for these resources what `pulumi up --refresh` does.
    """

    def __init__(self, plugin: Plugin, api: docker.APIClient) -> None:
        self.plugin, self.api = plugin, api
        self.prefix = f"t{uuid.uuid4().hex[:8]}"
        self.tag = f"{self.prefix}-image:1"
        api.tag(TINY, self.tag.split(":")[0], "1")
        self.declared: dict[str, dict[str, Any]] = {
            "image": {"name": self.tag, "keepLocally": True},
            "front": {"name": f"{self.prefix}-front", "ipamConfigs": [{"subnet": "10.75.0.0/24"}]},
            "back": {"name": f"{self.prefix}-back", "internal": True},
            "data": {"name": f"{self.prefix}-data"},
            "web": {},
        }
        self.tokens = {
            "image": IMAGE, "front": NETWORK, "back": NETWORK, "data": VOLUME, "web": CONTAINER,
        }  # fmt: skip
        self.resources: dict[str, Deployed] = {}
        for name in self.tokens:
            self.resources[name] = plugin.create(self.tokens[name], name, self.inputs(name))

    def inputs(self, name: str) -> dict[str, Any]:
        if name != "web":
            return self.declared[name]
        return {
            "image": TINY,
            "name": f"{self.prefix}-web",
            "networksAdvanced": [
                {"name": self.id("front"), "aliases": ["web"], "ipv4Address": "10.75.0.9"},
                {"name": self.id("back"), "aliases": ["inner"]},
            ],
            "volumes": [{"volumeName": f"{self.prefix}-data", "containerPath": "/data"}],
            "restart": "unless-stopped",
            "memory": 64,
            "memoryReservation": 32,
            "memorySwap": 128,
            "cpus": "0.5",
            "cpuShares": 512,
            "cpuSet": "0-1",
        }

    def id(self, name: str) -> str:
        return self.resources[name].id

    @property
    def web(self) -> str:
        return self.id("web")

    def refresh(self) -> dict[str, Deployed | None]:
        """Every resource as a refresh finds it, which must be the same twice."""
        read = {name: self.plugin.read(each) for name, each in self.resources.items()}
        again = {name: self.plugin.read(each) if each else None for name, each in read.items()}
        for name, each in read.items():
            following = again[name]
            if each is not None:
                assert following is not None
                assert (following.inputs, following.state) == (each.inputs, each.state)
        return read

    def differences(self, read: dict[str, Deployed | None]) -> dict[str, Any]:
        """Resource -> the inputs that differ from what is declared, "gone" for a missing one."""
        found: dict[str, Any] = {}
        for name, each in read.items():
            wanted = self.resources[name].inputs
            if each is None:
                found[name] = "gone"
            elif each.inputs != wanted:
                keys = each.inputs.keys() | wanted.keys()
                found[name] = sorted(k for k in keys if each.inputs.get(k) != wanted.get(k))
        return found

    def up(self, read: dict[str, Deployed | None], engine: Engine) -> dict[str, list[str]]:
        """Bring all to what is declared; the steps it took for each resource that needed some."""
        steps: dict[str, list[str]] = {}
        with Plugin(engine.host) as plugin:
            for name, each in read.items():
                inputs = self.inputs(name)
                if each is None:
                    done = plugin.create(self.tokens[name], name, inputs)
                else:
                    done = plugin.apply(each, inputs)
                if done.steps:
                    steps[name] = done.steps
                self.resources[name] = done
        return steps

    def close(self) -> None:
        for name in reversed(self.resources):
            self.plugin.delete(self.resources[name])
        self.api.remove_image(self.tag, force=True)


@pytest.fixture(scope="module")
def site(plugin: Plugin, api: docker.APIClient) -> Iterator[Site]:
    made = Site(plugin, api)
    yield made
    made.close()


Hand = Callable[[docker.APIClient, Site], Any]


def rejoin(api: docker.APIClient, site: Site, **settings: Any) -> None:
    """Leave the front network and come back onto it with other settings."""
    api.disconnect_container_from_network(site.web, f"{site.prefix}-front")
    api.connect_container_to_network(site.web, f"{site.prefix}-front", **settings)


def leave_all(api: docker.APIClient, site: Site) -> None:
    for name in ("front", "back"):
        api.disconnect_container_from_network(site.web, f"{site.prefix}-{name}")


def remove_volume(api: docker.APIClient, site: Site) -> None:
    api.remove_container(site.web, force=True)
    api.remove_volume(f"{site.prefix}-data")


def remove_network(api: docker.APIClient, site: Site) -> None:
    api.disconnect_container_from_network(site.web, f"{site.prefix}-front")
    api.remove_network(f"{site.prefix}-front")


def remake_network(api: docker.APIClient, site: Site) -> None:
    """As a tool does that copies labels: another network under the same name."""
    labels = api.inspect_network(f"{site.prefix}-front")["Labels"]
    remove_network(api, site)
    api.create_network(f"{site.prefix}-front", internal=True, labels=labels)


def remake_container(api: docker.APIClient, site: Site) -> None:
    """As a tool does that copies labels: another container under the same name."""
    labels = api.inspect_container(site.web)["Config"]["Labels"]
    api.remove_container(site.web, force=True)
    made = api.create_container(TINY, name=f"{site.prefix}-web", labels=labels)
    api.start(made["Id"])


def kill_process(api: docker.APIClient, site: Site) -> None:
    """The container's own process ends; the policy does not restart one that was stopped."""
    post(api, f"/containers/{site.web}/update", {"RestartPolicy": {"Name": "no"}})
    api.kill(site.web, signal="TERM")
    api.wait(site.web)


def empty_volume_name(api: docker.APIClient, site: Site) -> None:
    """The volume comes back by the same name, but as another one without labels."""
    remove_volume(api, site)


KINDS: tuple[tuple[str, Hand, dict[str, Any], dict[str, list[str]]], ...] = (
    (
        "disconnected from a network",
        lambda api, site: api.disconnect_container_from_network(site.web, f"{site.prefix}-back"),
        {"web": ["networksAdvanced"]},
        {"web": ["update"]},
    ),
    (
        "disconnected from all networks",
        leave_all,
        {"web": ["networksAdvanced"]},
        {"web": ["update"]},
    ),
    (
        "connected to another network",
        lambda api, site: api.connect_container_to_network(site.web, "bridge"),
        {"web": ["networksAdvanced"]},
        {"web": ["update"]},
    ),
    (
        "alias lost",
        lambda api, site: rejoin(api, site, ipv4_address="10.75.0.9"),
        {"web": ["networksAdvanced"]},
        {"web": ["update"]},
    ),
    (
        "alias added",
        lambda api, site: rejoin(api, site, ipv4_address="10.75.0.9", aliases=["web", "more"]),
        {"web": ["networksAdvanced"]},
        {"web": ["update"]},
    ),
    (
        "address changed",
        lambda api, site: rejoin(api, site, ipv4_address="10.75.0.8", aliases=["web"]),
        {"web": ["networksAdvanced"]},
        {"web": ["update"]},
    ),
    (
        "address left to the engine",
        lambda api, site: rejoin(api, site, aliases=["web"]),
        {"web": ["networksAdvanced"]},
        {"web": ["update"]},
    ),
    (
        "driver option of an endpoint added",
        lambda api, site: rejoin(
            api, site, ipv4_address="10.75.0.9", aliases=["web"], driver_opt={"a": "b"}
        ),
        {"web": ["networksAdvanced"]},
        {"web": ["update"]},
    ),
    (
        "stopped",
        lambda api, site: api.stop(site.web, timeout=0),
        {"web": ["mustRun"]},
        {"web": ["update"]},
    ),
    ("killed", lambda api, site: api.kill(site.web), {"web": ["mustRun"]}, {"web": ["update"]}),
    ("ended by itself", kill_process, {"web": ["mustRun", "restart"]}, {"web": ["update"]}),
    (
        "paused",
        lambda api, site: api.pause(site.web),
        {"web": ["mustRun"]},
        {"web": ["update"]},
    ),
    (
        "removed",
        lambda api, site: api.remove_container(site.web, force=True),
        {"web": "gone"},
        {"web": ["create"]},
    ),
    (
        "renamed",
        lambda api, site: api.rename(site.web, f"{site.prefix}-other"),
        {"web": ["name"]},
        {"web": ["update"]},
    ),
    (
        "restart policy changed",
        lambda api, site: api.update_container(site.web, restart_policy={"Name": "always"}),
        {"web": ["restart"]},
        {"web": ["update"]},
    ),
    (
        "restart policy and count changed",
        lambda api, site: api.update_container(
            site.web, restart_policy={"Name": "on-failure", "MaximumRetryCount": 4}
        ),
        {"web": ["maxRetryCount", "restart"]},
        {"web": ["update"]},
    ),
    (
        "memory limit changed",
        lambda api, site: api.update_container(site.web, mem_limit="80m"),
        {"web": ["memory"]},
        {"web": ["update"]},
    ),
    (
        "memory reservation changed",
        lambda api, site: api.update_container(site.web, mem_reservation="16m"),
        {"web": ["memoryReservation"]},
        {"web": ["update"]},
    ),
    (
        "swap limit changed",
        lambda api, site: api.update_container(site.web, memswap_limit="160m"),
        {"web": ["memorySwap"]},
        {"web": ["update"]},
    ),
    (
        "processors limit changed",
        lambda api, site: post(api, f"/containers/{site.web}/update", {"NanoCPUs": 250_000_000}),
        {"web": ["cpus"]},
        {"web": ["update"]},
    ),
    (
        "processor shares changed",
        lambda api, site: api.update_container(site.web, cpu_shares=256),
        {"web": ["cpuShares"]},
        {"web": ["update"]},
    ),
    (
        "processor set changed",
        lambda api, site: api.update_container(site.web, cpuset_cpus="0"),
        {"web": ["cpuSet"]},
        {"web": ["update"]},
    ),
    (
        "network removed",
        remove_network,
        {"front": "gone", "web": ["networksAdvanced"]},
        {"front": ["create"], "web": ["update"]},
    ),
    (
        "volume removed",
        remove_volume,
        {"data": "gone", "web": "gone"},
        {"data": ["create"], "web": ["create"]},
    ),
    (
        "image's tag removed",
        lambda api, site: api.remove_image(site.tag, noprune=True),
        {"image": "gone"},
        {"image": ["create"]},
    ),
)


def test_there_are_at_least_25_kinds() -> None:
    assert len({name for name, *_ in KINDS}) >= 25


@pytest.mark.parametrize(
    ("hand", "seen", "steps"),
    [pytest.param(*kind[1:], id=kind[0]) for kind in KINDS],
)
def test_drift_is_seen_and_repaired(
    site: Site,
    api: docker.APIClient,
    engine: Engine,
    hand: Hand,
    seen: dict[str, Any],
    steps: dict[str, list[str]],
) -> None:
    hand(api, site)
    read = site.refresh()
    assert site.differences(read) == seen
    if seen.get("image") == "gone":
        api.tag(TINY, site.tag.split(":")[0], "1")  # no registry here to pull it from
    assert site.up(read, engine) == steps
    assert site.differences(site.refresh()) == {}
    assert api.inspect_container(site.web)["State"]["Status"] == "running"


def test_a_container_that_somebody_made_under_its_name_is_named_and_left_alone(
    site: Site, api: docker.APIClient, engine: Engine
) -> None:
    """Its labels are ours, but nothing proves that it is."""
    remake_container(api, site)
    theirs = api.inspect_container(f"{site.prefix}-web")["Id"]
    read = site.refresh()
    assert site.differences(read) == {"web": "gone"}
    with pytest.raises(Refused, match=r"(?s)is in the way \(the name .* is fixed.*leftovers"):
        site.up(read, engine)
    assert api.inspect_container(theirs)["State"]["Running"]
    api.remove_container(theirs, force=True)
    assert site.up(read, engine) == {"web": ["create"]}


def test_a_network_that_somebody_made_under_its_name_is_named_and_left_alone(
    site: Site, api: docker.APIClient, engine: Engine
) -> None:
    remake_network(api, site)
    theirs = api.inspect_network(f"{site.prefix}-front")
    read = site.refresh()
    assert site.differences(read) == {"front": "gone", "web": ["networksAdvanced"]}
    with pytest.raises(
        Refused, match="exists already and is not this resource's: created by stack"
    ):
        site.up(read, engine)
    assert api.inspect_network(theirs["Id"]) == theirs
    api.remove_network(theirs["Id"])
    assert site.up(read, engine) == {"front": ["create"], "web": ["update"]}


def test_without_drift_a_refresh_shows_none(site: Site) -> None:
    assert site.differences(site.refresh()) == {}


def test_an_engine_that_refuses_is_an_error_and_not_a_loss(engine: Engine) -> None:
    """The answer must never be that the resource is gone."""
    with Engine.start() as own:
        client = own.api()
        network = {"name": "n"}
        with Plugin(own.host) as plugin:
            kept = plugin.create(NETWORK, "n", network)
            own.kill()
            with pytest.raises(Refused, match="no Docker engine answers"):
                plugin.read(kept)
        with Plugin(own.host) as plugin, pytest.raises(Refused, match="no Docker engine answers"):
            plugin.read(kept)
        client.close()
