"""What a current Docker engine, built from Go modules, does on this machine."""

from __future__ import annotations

import io
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from typing import Any

import docker
import pytest

from tests.engines import FLAVOURS, Engine
from tests.tiny_image import TINY


@pytest.fixture(scope="module")
def api(current_engine: Engine) -> Iterator[docker.APIClient]:
    with closing(current_engine.api()) as client:
        yield client


class Containers:
    """Starts containers that do nothing; the fixture `scratch` removes them."""

    def __init__(self, api: docker.APIClient, prefix: str) -> None:
        self.api = api
        self.prefix = prefix

    def network(self, name: str, **settings: Any) -> str:
        name = f"{self.prefix}-{name}"
        self.api.create_network(name, **settings)
        return name

    def on(self, network: str, name: str, **endpoints: dict[str, Any]) -> str:
        body = {
            "Image": TINY,
            "HostConfig": {"NetworkMode": network},
            "NetworkingConfig": {"EndpointsConfig": endpoints or {network: {}}},
        }
        name = f"{self.prefix}-{name}"
        self.api.start(self.api.create_container_from_config(body, name=name))
        return name

    def run(self, container: str, *command: str) -> str:
        started = self.api.exec_create(container, list(command))
        return str(self.api.exec_start(started["Id"]).decode())

    def reaches(self, container: str, other: str, ping: str = "ping") -> bool:
        return "1 packets received" in self.run(container, ping, "-c1", "-W2", other)


@pytest.fixture
def containers(api: docker.APIClient, scratch: str) -> Containers:
    return Containers(api, scratch)


def test_it_reports_the_release_that_its_module_leads_to(api: docker.APIClient) -> None:
    version = api.version()
    assert (version["Version"], version["ApiVersion"]) == ("29.8.1-dev", "1.56")
    assert api.api_version == "1.56"  # docker-py sets no limit of its own


def test_it_runs_the_programs_built_with_it(api: docker.APIClient) -> None:
    components = {each["Name"]: each["Version"] for each in api.version()["Components"]}
    assert components["runc"] == "1.5.2"
    proxy = dict(api.info()["FirewallBackend"]["Info"])["UserlandProxyPath"]
    assert proxy == f"{FLAVOURS['current']}/docker-proxy"


def test_images_are_stored_by_containerd(api: docker.APIClient) -> None:
    assert api.info()["Driver"] == "overlayfs"
    found = api.inspect_image(TINY)
    # So an image's id is the digest of its manifest, and a local image has a digest too.
    assert found["Id"] == found["Descriptor"]["digest"]
    assert found["RepoDigests"] == [f"causeway-test/tiny@{found['Id']}"]


def test_a_published_port_answers(
    current_engine: Engine, api: docker.APIClient, scratch: str
) -> None:
    container = api.create_container(
        TINY,
        ["nc", "-ll", "-p", "80", "-e", "echo", "hello"],
        name=f"{scratch}-listener",
        ports=[80],
        host_config=api.create_host_config(port_bindings={80: 18081}),
    )
    api.start(container)
    received, deadline = b"", time.monotonic() + 20
    while not received and time.monotonic() < deadline:
        with (
            suppress(ConnectionError),  # the listener may start later than its port
            socket.create_connection((current_engine.address, 18081), timeout=5) as connection,
        ):
            received = connection.recv(100)
    assert received == b"hello\n"


def test_containers_reach_each_other_by_name_on_a_network_and_not_across_two(
    containers: Containers,
) -> None:
    front, back = containers.network("front"), containers.network("back")
    one, two, far = (
        containers.on(front, "one"),
        containers.on(front, "two"),
        containers.on(back, "far"),
    )
    assert containers.reaches(one, two)
    networks = containers.api.inspect_container(one)["NetworkSettings"]["Networks"]
    assert not containers.reaches(far, networks[front]["IPAddress"])


def test_the_classic_builder_is_still_served(api: docker.APIClient, scratch: str) -> None:
    file = f"FROM {TINY}\nRUN echo hi > /said\n".encode()
    ids = set()
    for _ in range(2):
        lines = list(api.build(fileobj=io.BytesIO(file), tag=f"{scratch}:1", decode=True, rm=True))
        assert lines[-1] == {"stream": f"Successfully tagged {scratch}:1\n"}
        ids.add(api.inspect_image(f"{scratch}:1")["Id"])
    assert len(ids) == 1


def test_the_gateway_priority_decides_the_default_route(containers: Containers) -> None:
    first, second = containers.network("a"), containers.network("b")
    web = containers.on(first, "web", **{first: {}, second: {"GwPriority": 10}})
    found = containers.api.inspect_container(web)["NetworkSettings"]["Networks"]
    assert f"default via {found[second]['Gateway']} " in containers.run(web, "ip", "route")


def test_an_isolated_gateway_leaves_the_host_without_an_address(containers: Containers) -> None:
    options = {"com.docker.network.bridge.gateway_mode_ipv4": "isolated"}
    network = containers.network("closed", internal=True, options=options)
    one, two = containers.on(network, "one"), containers.on(network, "two")
    assert containers.reaches(one, two)
    assert "Gateway" not in containers.api.inspect_network(network)["IPAM"]["Config"][0]


def test_ipv6_gets_a_subnet_by_itself(containers: Containers) -> None:
    network = containers.network("six", enable_ipv6=True)
    one, two = containers.on(network, "one"), containers.on(network, "two")
    assert containers.reaches(one, two, "ping6")
    subnets = containers.api.inspect_network(network)["IPAM"]["Config"]
    assert subnets[1]["Subnet"].startswith("fd")


def test_macvlan_joins_containers_to_a_link(current_engine: Engine, containers: Containers) -> None:
    within = ["ip", "-n", current_engine.netns, "link"]
    subprocess.run([*within, "add", "mv0", "type", "veth", "peer", "name", "mv1"], check=True)
    for link in ("mv0", "mv1"):
        subprocess.run([*within, "set", link, "up"], check=True)
    pool = docker.types.IPAMPool(subnet="10.77.0.0/24")
    network = containers.network(
        "lan",
        driver="macvlan",
        options={"parent": "mv0"},
        ipam=docker.types.IPAMConfig(pool_configs=[pool]),
    )
    one, two = containers.on(network, "one"), containers.on(network, "two")
    assert containers.reaches(one, two)


def test_an_overlay_carries_containers_and_services_in_a_swarm(
    current_engine: Engine, containers: Containers
) -> None:
    api = containers.api
    address = current_engine.address
    api.init_swarm(advertise_addr=address, listen_addr=f"{address}:2377")
    service = f"{containers.prefix}-service"
    try:
        network = containers.network("over", driver="overlay", attachable=True)
        one = containers.on(network, "one")
        # This kernel has no IPVS: services answer with the addresses of their tasks.
        api.create_service(
            docker.types.TaskTemplate(docker.types.ContainerSpec(TINY), networks=[network]),
            name=service,
            endpoint_spec=docker.types.EndpointSpec(mode="dnsrr"),
            mode=docker.types.ServiceMode("replicated", replicas=2),
        )
        deadline = time.monotonic() + 60
        while (found := containers.run(one, "nslookup", service, "127.0.0.11")).count(
            f"Name:\t{service}"
        ) < 2:
            assert time.monotonic() < deadline, found
            time.sleep(0.2)
        assert containers.reaches(one, service)
    finally:
        api.leave_swarm(force=True)
