"""Swarm services with secrets and configs on a real, single-node swarm; no IPVS needed (dnsrr)."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from typing import Any

import docker
import pytest

from tests.engines import Engine
from tests.provider.plugin import SERVICE, Plugin, Refused
from tests.tiny_image import TINY

SECRET = "docker:index/secret:Secret"
CONFIG = "docker:index/serviceConfig:ServiceConfig"
NETWORK = "docker:index/network:Network"
QUICK = {"delay": "200ms", "timeout": "60s"}


@pytest.fixture(scope="module")
def swarm(engine: Engine, api: docker.APIClient) -> Iterator[None]:
    api.init_swarm(advertise_addr=engine.address)
    yield
    api.leave_swarm(force=True)


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def service(**container: Any) -> dict[str, Any]:
    spec = {"image": TINY, "commands": ["sleep", "1000"], "stopGracePeriod": "1s", **container}
    return {
        "taskSpec": {"containerSpec": spec},
        "endpointSpec": {"mode": "dnsrr"},
        "convergeConfig": QUICK,
    }


def container_of(api: docker.APIClient, identity: str) -> str:
    """The id of a running container of a service."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        label = {"label": f"com.docker.swarm.service.id={identity}"}
        if found := api.containers(filters=label):
            return str(found[0]["Id"])
        time.sleep(0.1)
    raise AssertionError("no container runs")


def run(api: docker.APIClient, container: str, *command: str) -> str:
    return bytes(api.exec_start(api.exec_create(container, list(command))["Id"])).decode()


def test_a_service_reads_its_secret_and_config_and_is_changed_in_place(
    swarm: None, plugin: Plugin, api: docker.APIClient
) -> None:
    network = plugin.create(NETWORK, "overlay", {"driver": "overlay", "attachable": True})
    secret = plugin.create(SECRET, "password", {"data": encoded("sesame"), "name": "password-1"})
    config = plugin.create(CONFIG, "motd", {"dataRaw": "welcome", "name": "motd-1"})
    inputs = service(
        secrets=[{"secretId": secret.id, "secretName": "password-1", "fileName": "password"}],
        configs=[{"configId": config.id, "configName": "motd-1", "fileName": "/motd"}],
        env={"COLOUR": "green"},
        labels=[{"label": "tier", "value": "app"}],
    )
    inputs["taskSpec"]["networksAdvanceds"] = [{"id": network.id, "aliases": ["app"]}]
    made = plugin.create(SERVICE, "app", inputs)
    container = container_of(api, made.id)
    assert run(api, container, "cat", "/run/secrets/password", "/motd") == "sesamewelcome"
    assert run(api, container, "sh", "-c", "echo $COLOUR") == "green\n"

    assert plugin.read_existing(made).inputs == made.inputs
    assert plugin.apply(made, inputs).steps == []

    more = {**inputs, "mode": {"replicated": {"replicas": 2}}}
    scaled = plugin.apply(made, more)
    assert (scaled.steps, scaled.id) == (["update"], made.id)
    assert api.inspect_service(made.id)["Spec"]["Mode"]["Replicated"]["Replicas"] == 2

    api.update_service(
        made.id,
        api.inspect_service(made.id)["Version"]["Index"],
        mode={"Replicated": {"Replicas": 1}},
        fetch_current_spec=True,
        name=made.state["name"],
    )
    drifted = plugin.read_existing(scaled)
    assert drifted.inputs["mode"] == {"replicated": {"replicas": 1}}
    assert plugin.apply(drifted, more).steps == ["update"]

    with pytest.raises(Refused, match="in use by the following service"):
        plugin.delete(secret)
    plugin.delete(scaled)
    for left in (secret, config, network):
        plugin.delete(left)
        assert plugin.read(left) is None


def test_a_virtual_address_is_refused_exactly_where_nobody_would_answer_at_it(
    swarm: None, plugin: Plugin, api: docker.APIClient
) -> None:
    """Depends on the kernel, on one side of the comparison as on the other."""
    network = api.create_network("virtual", driver="overlay", attachable=True)["Id"]
    inputs = {**service(), "name": "virtual", "endpointSpec": {"mode": "vip"}}
    inputs["taskSpec"]["networksAdvanceds"] = [{"id": network}]
    task = docker.types.TaskTemplate(docker.types.ContainerSpec(TINY, command=["sleep", "1000"]))
    task["Networks"] = [{"Target": network}]
    made = api.create_service(
        task, name="virtual", endpoint_spec=docker.types.EndpointSpec(mode="vip")
    )["ID"]
    try:
        container = container_of(api, made)
        answers = " 0% packet loss" in run(api, container, "ping", "-c1", "-W2", "virtual")
        said = plugin.failures(SERVICE, inputs)
        assert (said == []) == answers, said
        assert all("CONFIG_IP_VS" in each and "`dnsrr`" in each for each in said)
    finally:
        api.remove_service(made)
        while api.containers(all=True, filters={"label": f"com.docker.swarm.service.id={made}"}):
            time.sleep(0.1)
        api.remove_network(network)


def test_a_service_that_never_runs_is_told_with_its_tasks_errors(
    swarm: None, plugin: Plugin, api: docker.APIClient
) -> None:
    inputs = {
        **service(commands=["/no/such/program"]),
        "convergeConfig": {**QUICK, "timeout": "5s"},
    }
    said = r"(?s)not converged in 5 s: 0 of 1 tasks are running.*no such file"
    with pytest.raises(Refused, match=said):
        plugin.create(SERVICE, "broken", inputs)
    assert api.services() == []


def test_a_changed_secret_is_replaced_and_its_fixed_name_told(swarm: None, plugin: Plugin) -> None:
    secret = plugin.create(SECRET, "token", {"data": encoded("one"), "name": "token"})
    new = plugin.apply(secret, {"data": encoded("two"), "name": "token"})
    assert new.steps == ["delete", "create"]
    assert any("its name stays: the old one is deleted first" in line for line in plugin.messages)
    named = plugin.create(SECRET, "auto", {"data": encoded("one")})
    assert named.state["name"].startswith("auto-")
    plugin.delete(new)
    plugin.delete(named)


def test_a_config_can_be_imported(swarm: None, plugin: Plugin, api: docker.APIClient) -> None:
    made = api.create_config("by-hand", b"text", {"a": "b"})
    found = plugin.read_import(CONFIG, "imported", made["ID"])
    assert found.inputs == {
        "name": "by-hand",
        "data": encoded("text"),
        "labels": [{"label": "a", "value": "b"}],
    }
    assert plugin.apply(found, found.inputs).steps == []
    plugin.delete(found)


def test_bad_inputs_are_all_told(plugin: Plugin) -> None:
    assert plugin.failures(SECRET, {"data": "%"}) == ["data: is not base64"]
    assert plugin.failures(CONFIG, {"data": "eA==", "dataRaw": "x"}) == [
        "data: a config needs exactly one of data and dataRaw"
    ]
    assert plugin.failures(
        SERVICE,
        {
            "taskSpec": {"containerSpec": {"stopGracePeriod": "soon"}},
            "endpointSpec": {"mode": "dnsrr", "ports": [{"targetPort": 80}]},
        },
    ) == [
        "taskSpec.containerSpec.image: required: an image",
        "endpointSpec.ports[0]: mode dnsrr allows only ports with publishMode host",
        "taskSpec: invalid value: 'soon' is not a duration such as 30s or 1m30s",
    ]


def test_without_a_swarm_the_way_out_is_told(plugin: Plugin, api: docker.APIClient) -> None:
    if api.info()["Swarm"]["LocalNodeState"] != "inactive":
        api.leave_swarm(force=True)
    with pytest.raises(Refused, match="docker swarm init"):
        plugin.create(SERVICE, "nowhere", service())
