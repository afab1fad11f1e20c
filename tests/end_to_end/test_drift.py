"""25 kinds of drift at once: seen by `preview --refresh`, repaired by one `up --refresh`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import docker
import pytest

from tests.end_to_end.project import Project
from tests.engines import post
from tests.tiny_image import TINY

STACK = "drift"
SERVICE = f"""
    image: {TINY}
    stop_grace_period: 1s
    restart: unless-stopped
    cpus: 0.5
    cpu_shares: 512
    cpuset: 0-1
    mem_limit: 64m
    mem_reservation: 32m
    memswap_limit: 128m
    networks: {{front: {{aliases: [ALIAS]}}, back: {{}}}}
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a hand works: one container, and the names of the networks it is on."""

    api: docker.APIClient
    id: str
    front: str
    back: str
    service: str

    def rejoin(self, **settings: Any) -> None:
        self.api.disconnect_container_from_network(self.id, self.front)
        self.api.connect_container_to_network(self.id, self.front, **settings)

    def update(self, **limits: Any) -> None:
        self.api.update_container(self.id, **limits)

    def leave(self, *networks: str) -> None:
        for network in networks:
            self.api.disconnect_container_from_network(self.id, network)


# What `remake` makes: nothing proves that it is ours, so it is told of and left alone.
STRANGER: dict[str, Any] = {"name": "made-by-another-tool"}


def remake(at: Place) -> None:
    """As a tool does that copies labels: another container with the same labels."""
    labels = at.api.inspect_container(at.id)["Config"]["Labels"]
    at.api.remove_container(at.id, force=True)
    STRANGER.update(at.api.create_container(TINY, labels=labels, name=STRANGER["name"]))
    STRANGER["id"] = STRANGER["Id"]
    at.api.start(STRANGER["id"])


def end_by_itself(at: Place) -> None:
    at.update(restart_policy={"Name": "no"})
    at.api.kill(at.id, signal="TERM")
    at.api.wait(at.id)


def remove_network(at: Place) -> None:
    """The network that only this service is on."""
    names = at.api.inspect_container(at.id)["NetworkSettings"]["Networks"]
    [own] = set(names) - {at.front, at.back}
    at.leave(own)
    at.api.remove_network(own)


def remove_volume(at: Place) -> None:
    [mount] = at.api.inspect_container(at.id)["Mounts"]
    at.api.remove_container(at.id, force=True)
    at.api.remove_volume(mount["Name"])


def with_alias(at: Place, *more: str) -> dict[str, Any]:
    return {"aliases": ["ALIAS", at.service, *more]}


HANDS: dict[str, Callable[[Place], Any]] = {
    "disconnected": lambda at: at.leave(at.back),
    "all-disconnected": lambda at: at.leave(at.front, at.back),
    "connected": lambda at: at.api.connect_container_to_network(at.id, "bridge"),
    "alias-lost": lambda at: at.rejoin(aliases=[at.service]),
    "alias-added": lambda at: at.rejoin(**with_alias(at, "more")),
    "address-fixed": lambda at: at.rejoin(**with_alias(at), ipv4_address="10.77.0.99"),
    "option-added": lambda at: at.rejoin(**with_alias(at), driver_opt={"a": "b"}),
    "link-local-added": lambda at: at.rejoin(**with_alias(at), link_local_ips=["169.254.34.68"]),
    "stopped": lambda at: at.api.stop(at.id, timeout=0),
    "killed": lambda at: at.api.kill(at.id),
    "ended": end_by_itself,
    "paused": lambda at: at.api.pause(at.id),
    "removed": lambda at: at.api.remove_container(at.id, force=True),
    "remade": remake,
    "policy-always": lambda at: at.update(restart_policy={"Name": "always"}),
    "policy-no": lambda at: at.update(restart_policy={"Name": "no"}),
    "policy-counted": lambda at: at.update(
        restart_policy={"Name": "on-failure", "MaximumRetryCount": 4}
    ),
    "memory": lambda at: at.update(mem_limit="80m"),
    "reservation": lambda at: at.update(mem_reservation="16m"),
    "swap": lambda at: at.update(memswap_limit="160m"),
    "processors": lambda at: post(at.api, f"/containers/{at.id}/update", {"NanoCPUs": 250_000_000}),
    "shares": lambda at: at.update(cpu_shares=256),
    "processor-set": lambda at: at.update(cpuset_cpus="0"),
    "network-removed": remove_network,
    "volume-removed": remove_volume,
}


def compose() -> str:
    lines = ["services:"]
    for name in HANDS:
        body = SERVICE
        if name == "network-removed":
            body = body.replace("back: {}", "back: {}, own: {}")
        if name == "volume-removed":
            body += "    volumes: ['data:/data']\n"
        lines.append(f"  {name}:{body}")
    networks = "networks: {front: {ipam: {config: [{subnet: 10.77.0.0/24}]}}, back: {}, own: {}}"
    return "\n".join([*lines, networks, "volumes: {data: {}}", ""])


@pytest.fixture(scope="module")
def site(project: Project) -> Project:
    project.write_stack(STACK, compose())
    project.pulumi("up", "--stack", STACK).succeeded()
    return project


def places(api: docker.APIClient) -> dict[str, Place]:
    found = {}
    for each in api.containers(all=True, filters={"label": f"causeway.stack={STACK}"}):
        if each["Id"] == STRANGER.get("id"):
            continue
        networks = each["NetworkSettings"]["Networks"]
        front, back = (
            next(name for name in networks if name.endswith(end)) for end in ("front", "back")
        )
        service = each["Labels"]["causeway.service"]
        found[service] = Place(api, each["Id"], front, back, service)
    return found


def test_there_are_25_kinds() -> None:
    assert len(HANDS) == 25


def test_all_kinds_are_seen_by_preview_and_repaired_by_up(
    site: Project, api: docker.APIClient
) -> None:
    site.pulumi("preview", "--refresh", "--stack", STACK, "--expect-no-changes").succeeded()
    before = places(api)
    for name, hand in HANDS.items():
        hand(before[name])

    shown = site.pulumi("preview", "--refresh", "--stack", STACK).succeeded().output
    lines = [line for line in shown.splitlines() if "docker:index:" in line]
    unseen = [name for name in HANDS if not any(f"-{name}-1 " in f"{line} " for line in lines)]
    assert unseen == [], shown

    said = site.pulumi("up", "--refresh", "--stack", STACK).succeeded().output
    assert f"container {STRANGER['name']}, created by stack {STACK}" in said
    site.pulumi("preview", "--refresh", "--stack", STACK, "--expect-no-changes").succeeded()
    after = places(api)
    assert sorted(after) == sorted(HANDS)
    remade = {name for name in HANDS if after[name].id != before[name].id}
    assert remade == {"removed", "remade", "volume-removed"}
    states = {each["State"] for each in api.containers(filters={"label": "causeway.stack=drift"})}
    assert states == {"running"}
    causeway = str(site.folder / ".venv" / "bin" / "causeway")
    site.run(causeway, "leftovers", "--stack", STACK, "--remove", STRANGER["name"]).succeeded()
    assert api.containers(all=True, filters={"id": STRANGER["id"]}) == []


def test_destroy_leaves_nothing(site: Project, api: docker.APIClient) -> None:
    site.pulumi("destroy", "--stack", STACK).succeeded()
    assert places(api) == {}
    assert [each["Name"] for each in api.networks() if "drift" in each["Name"]] == []
