"""The state belongs to an engine: on another one nothing is made, and nothing is forgotten."""

from __future__ import annotations

import docker

from tests.engines import Engine
from tests.harm.checkout import Checkout, empty, untouched
from tests.tiny_image import TINY, import_tiny

ONE = {"one": {"network_mode": "none"}}


def test_destroy_on_another_engine_is_refused_and_the_state_stays(
    ours: Checkout, api: docker.APIClient, other_engine: Engine
) -> None:
    ours.write(ONE)
    ours.up().succeeded()
    same, before = untouched(api), ours.ids()
    ours.pulumi("destroy", DOCKER_HOST=other_engine.host).refused("this is another engine")
    assert same()
    assert ours.ids() == before
    ours.pulumi("destroy").succeeded()
    assert api.containers(all=True) == []


def test_up_refresh_and_preview_on_another_engine_make_and_forget_nothing(
    ours: Checkout, api: docker.APIClient, other_engine: Engine
) -> None:
    ours.write(ONE)
    ours.up().succeeded()
    same, before = untouched(api), ours.ids()
    elsewhere = {"DOCKER_HOST": other_engine.host}
    ours.preview(**elsewhere).refused("this is another engine", "CAUSEWAY_ENGINE_MOVED=")
    ours.up(**elsewhere).refused("this is another engine")
    ours.pulumi("refresh", **elsewhere).refused("this is another engine")
    assert same()
    assert ours.ids() == before
    with other_engine.api() as there:
        assert there.containers(all=True) == []


def test_the_word_moves_the_stack_on_purpose_and_leaves_the_old_engine_alone(
    ours: Checkout, api: docker.APIClient, other_engine: Engine
) -> None:
    ours.write(ONE)
    ours.up().succeeded()
    same = untouched(api)
    with other_engine.api() as there:
        moved = {"DOCKER_HOST": other_engine.host, "CAUSEWAY_ENGINE_MOVED": there.info()["ID"]}
        ours.up("--refresh", **moved).succeeded()
        assert same()
        assert [each["Id"] for each in there.containers(all=True)] == ours.ids()
        ours.preview("--expect-no-changes", DOCKER_HOST=other_engine.host).succeeded()
        ours.preview().refused("this is another engine")
        empty(there)


def test_a_wrong_word_moves_nothing(
    ours: Checkout, api: docker.APIClient, other_engine: Engine
) -> None:
    ours.write(ONE)
    ours.up().succeeded()
    same, before = untouched(api), ours.ids()
    wrong = {"DOCKER_HOST": other_engine.host, "CAUSEWAY_ENGINE_MOVED": "AAAA:BBBB"}
    ours.pulumi("destroy", **wrong).refused("this is another engine")
    assert same()
    assert ours.ids() == before


def test_after_a_killed_update_another_engine_is_still_refused(
    ours: Checkout, api: docker.APIClient, other_engine: Engine
) -> None:
    ours.write(ONE)
    ours.up().succeeded()
    ours.write({**ONE, "two": {"network_mode": "none"}})
    ours.kill(lambda: len(api.containers(all=True)) > 1)
    same, before = untouched(api), ours.ids()
    for command in ("up", "destroy"):
        ours.pulumi(command, DOCKER_HOST=other_engine.host).refused("this is another engine")
    assert same()
    assert ours.ids() == before
    ours.up().succeeded()
    assert ours.ids() == sorted(each["Id"] for each in api.containers(all=True))


SERVICE = f"""
import pulumi_docker as docker
docker.Service("job", docker.ServiceArgs(
    task_spec=docker.ServiceTaskSpecArgs(
        container_spec=docker.ServiceTaskSpecContainerSpecArgs(
            image="{TINY}", stop_grace_period="1s")),
    endpoint_spec=docker.ServiceEndpointSpecArgs(mode="dnsrr")))
"""


def test_services_of_another_swarm_are_not_forgotten(ours: Checkout) -> None:
    """The engine left its swarm, where the services may run on, and manages another one."""
    with Engine.start() as own, own.api() as api:
        import_tiny(api)
        ours.project.variables["DOCKER_HOST"] = own.host
        api.init_swarm(advertise_addr=own.address)
        ours.write({"unused": {}})
        (ours.project.folder / "__main__.py").write_text(SERVICE)
        ours.up().succeeded()
        before = ours.ids("Service")
        assert [each["ID"] for each in api.services()] == before
        api.leave_swarm(force=True)
        api.init_swarm(advertise_addr=own.address)
        for command in ("refresh", "destroy"):
            ours.pulumi(command).refused("this is another swarm", "CAUSEWAY_ENGINE_MOVED=")
        assert ours.ids("Service") == before
        swarm = api.info()["Swarm"]["Cluster"]["ID"]
        ours.up("--refresh", CAUSEWAY_ENGINE_MOVED=swarm).succeeded()
        assert [each["ID"] for each in api.services()] == ours.ids("Service") != before
        ours.pulumi("destroy").succeeded()
        assert api.services() == []
