"""What Compose files of today hold is deployed, reaches the engine and is stable in previews."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import docker
import pytest

from tests.end_to_end.project import Project
from tests.tiny_image import TINY

STACK = "today"
COMPOSE = f"""\
services:
  web:
    image: {TINY}
    stop_grace_period: 0s
    expose: ["9000"]
    pids_limit: 40
    oom_score_adj: 5
    device_cgroup_rules: ["c 1:3 mr"]
    volumes: ["./made/here:/here", "./labelled:/labelled:z", "data:/data"]
    configs: [settings]
    healthcheck: {{interval: 5s}}
    deploy: {{mode: global, restart_policy: {{condition: unless-stopped}}}}
  reader:
    image: {TINY}
    stop_grace_period: 0s
    volumes_from: ["web:ro"]
  on_host:
    image: {TINY}
    stop_grace_period: 0s
    network_mode: host
    ports: ["18098:80"]
volumes:
  data:
configs:
  settings: {{file: ./settings}}
"""


@pytest.fixture(scope="module")
def today(project: Project) -> Iterator[Project]:
    project.write_stack(STACK, COMPOSE)
    settings = project.folder / "stacks" / STACK / "settings" / "more"
    settings.mkdir(parents=True)
    (settings / "one").write_text("first\n")
    project.pulumi("up", "--stack", STACK).succeeded()
    yield project
    project.pulumi("destroy", "--stack", STACK).succeeded()


def container(api: docker.APIClient, service: str) -> dict[str, Any]:
    labels = [f"causeway.stack={STACK}", f"causeway.service={service}"]
    (found,) = api.containers(all=True, filters={"label": labels})
    inspected: dict[str, Any] = api.inspect_container(found["Id"])
    return inspected


def shown(api: docker.APIClient, service: str, *command: str) -> str:
    started = api.exec_create(container(api, service)["Id"], list(command))
    return bytes(api.exec_start(started["Id"])).decode()


def test_settings_reach_the_engine(today: Project, api: docker.APIClient) -> None:
    web, folder = container(api, "web"), today.folder / "stacks" / STACK
    host = web["HostConfig"]
    assert (host["PidsLimit"], host["OomScoreAdj"]) == (40, 5)
    assert host["DeviceCgroupRules"] == ["c 1:3 mr"]
    assert host["RestartPolicy"]["Name"] == "unless-stopped"
    assert sorted(host["Binds"]) == [
        f"{folder}/labelled:/labelled:rw,z",
        f"{folder}/made/here:/here:rw",
    ]
    assert web["Config"]["ExposedPorts"] == {"9000/tcp": {}}
    assert (folder / "made" / "here").is_dir()
    on_host = container(api, "on_host")
    assert on_host["HostConfig"]["NetworkMode"] == "host"
    assert on_host["Config"]["ExposedPorts"] == {"80/tcp": {}}


def test_volumes_and_folders_are_there(today: Project, api: docker.APIClient) -> None:
    assert shown(api, "web", "cat", "/settings/more/one") == "first\n"
    shown(api, "web", "touch", "/data/written")
    assert shown(api, "reader", "ls", "/data") == "written\n"


def test_nothing_is_left_to_do(today: Project) -> None:
    today.pulumi("preview", "--expect-no-changes", "--stack", STACK).succeeded()
    today.pulumi("preview", "--refresh", "--expect-no-changes", "--stack", STACK).succeeded()


def test_external_volume_that_is_missing_stops_the_preview(
    project: Project, api: docker.APIClient
) -> None:
    compose = (
        f"services:\n  box:\n    image: {TINY}\n    stop_grace_period: 0s\n"
        "    volumes: ['kept:/kept']\nvolumes:\n  kept: {external: true}\n"
    )
    project.write_stack("kept", compose)
    project.pulumi("preview", "--stack", "kept").refused(
        "stacks/kept/compose.yaml:7: volumes.kept: volume 'kept' does not exist on this engine",
        "an external volume must exist before the deployment",
    )
    assert [each["Name"] for each in api.volumes()["Volumes"] if each["Name"] == "kept"] == []
    api.create_volume("kept")
    try:
        project.pulumi("up", "--stack", "kept").succeeded()
        project.pulumi("destroy", "--stack", "kept").succeeded()
    finally:
        api.remove_volume("kept")
