"""Containers on a real engine: created, changed in place, replaced, failed, imported, removed."""

from __future__ import annotations

import base64
import re
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import docker
import pytest

from causeway.engine.client import Engine as Client
from causeway.provider.container.container import ContainerKind
from causeway.provider.inputs.plain import UNKNOWN
from causeway.provider.resource import cache as cache_module
from causeway.provider.resource.cache import EngineCache
from tests.engines import Engine
from tests.provider.conftest import Stack
from tests.provider.plugin import CONTAINER, Deployed, Plugin, Refused
from tests.provider.surroundings import Surroundings
from tests.tiny_image import TINY


def test_a_container_without_a_name_gets_a_name_of_its_own(stack: Stack) -> None:
    web = stack.container("web")
    assert re.fullmatch(rf"{stack.prefix}-web-[0-9a-f]{{7}}", web.state["name"])
    assert stack.inspect(web)["State"]["Running"] is True


def test_the_state_is_what_the_sdk_declares(stack: Stack) -> None:
    network = stack.network("front")
    web = stack.container("web", hostname="web", networksAdvanced=[{"name": network.id}])
    address = stack.networks_of(web)[network.state["name"]]
    assert web.state["hostname"] == "web"
    assert web.state["networkDatas"] == [
        {
            "networkName": network.state["name"],
            "ipAddress": address["IPAddress"],
            "ipPrefixLength": address["IPPrefixLen"],
            "gateway": address["Gateway"],
            "globalIpv6Address": "",
            "globalIpv6PrefixLength": 0,
            "ipv6Gateway": "",
            "macAddress": address["MacAddress"],
        }
    ]
    assert {key: web.state[key] for key in ("mustRun", "start", "restart", "rm", "wait")} == {
        "mustRun": True,
        "start": True,
        "restart": "no",
        "rm": False,
        "wait": False,
    }
    assert "exitCode" not in web.state


def test_two_reads_in_a_row_are_equal_and_show_what_was_declared(stack: Stack) -> None:
    networks = [stack.network(name) for name in ("a", "b", "c")]
    web = stack.container(
        "web",
        networksAdvanced=[{"name": each.id, "aliases": ["y", "x"]} for each in reversed(networks)],
        envs=["B=2", "A=1"],
        labels=[{"label": "b", "value": "2"}, {"label": "a", "value": "1"}],
        ports=[{"internal": 81}, {"internal": 80}],
        memory=64,
        cpus="0.5",
        restart="unless-stopped",
    )
    first = stack.plugin.read(web)
    assert first is not None
    second = stack.plugin.read(first)
    assert second is not None
    assert first.inputs == web.inputs
    assert (first.inputs, first.state) == (second.inputs, second.state)


def test_a_hostname_is_no_alias_that_somebody_added(stack: Stack) -> None:
    network = stack.network("front")
    web = stack.container("web", hostname="www", networksAdvanced=[{"name": network.id}])
    read = stack.plugin.read(web)
    assert read is not None
    assert read.inputs == web.inputs


def test_a_container_that_is_only_created_reads_back_as_declared(stack: Stack) -> None:
    networks = [stack.network(name) for name in ("a", "b")]
    web = stack.container(
        "web", start=False, networksAdvanced=[{"name": each.id} for each in networks]
    )
    assert stack.inspect(web)["State"]["Status"] == "created"
    read = stack.plugin.read(web)
    assert read is not None
    assert read.inputs == web.inputs


def test_networks_are_changed_on_the_running_container(stack: Stack) -> None:
    front = stack.network("front")
    back = stack.network("back", ipamConfigs=[{"subnet": "10.71.0.0/24"}])
    web = stack.container("web", networksAdvanced=[{"name": front.id, "aliases": ["web"]}])
    process = stack.inspect(web)["State"]["Pid"]
    kept = stack.networks_of(web)[front.state["name"]]["EndpointID"]

    added = {"name": back.id, "aliases": ["db"], "ipv4Address": "10.71.0.9"}
    wider = stack.plugin.apply(
        web, {**web.inputs, "networksAdvanced": [*web.inputs["networksAdvanced"], added]}
    )
    assert (wider.steps, wider.id) == (["update"], web.id)
    networks = stack.networks_of(web)
    assert networks[front.state["name"]]["EndpointID"] == kept
    assert networks[back.state["name"]]["IPAddress"] == "10.71.0.9"
    assert stack.looks_up(web, "db") == ["10.71.0.9"]

    narrower = stack.plugin.apply(wider, {**web.inputs, "networksAdvanced": [added]})
    assert narrower.steps == ["update"]
    assert list(stack.networks_of(web)) == [back.state["name"]]
    assert stack.inspect(web)["State"]["Pid"] == process


def test_a_container_leaves_and_rejoins_the_default_bridge(stack: Stack) -> None:
    network = stack.network("front")
    web = stack.container("web")
    assert list(stack.networks_of(web)) == ["bridge"]
    moved = stack.plugin.apply(web, {**web.inputs, "networksAdvanced": [{"name": network.id}]})
    assert moved.steps == ["update"]
    assert list(stack.networks_of(web)) == [network.state["name"]]
    back = stack.plugin.apply(moved, web.inputs)
    assert back.steps == ["update"]
    assert list(stack.networks_of(web)) == ["bridge"]


def test_a_container_taken_off_the_default_bridge_comes_back_onto_it(stack: Stack) -> None:
    web = stack.container("web")
    stack.api.disconnect_container_from_network(web.id, "bridge")
    read = stack.plugin.read(web)
    assert read is not None
    assert stack.plugin.apply(read, web.inputs).steps == ["update"]
    assert list(stack.networks_of(web)) == ["bridge"]


def test_a_mac_address_holds_on_whichever_network_it_is_declared(stack: Stack) -> None:
    first, second = stack.network("a"), stack.network("b")
    mac = "02:42:0a:00:00:77"
    web = stack.container(
        "web", networksAdvanced=[{"name": first.id}, {"name": second.id, "macAddress": mac}]
    )
    assert stack.networks_of(web)[second.state["name"]]["MacAddress"] == mac
    read = stack.plugin.read(web)
    assert read is not None
    assert read.inputs == web.inputs
    other = stack.plugin.apply(
        web,
        {
            **web.inputs,
            "networksAdvanced": [
                {"name": first.id},
                {"name": second.id, "macAddress": "02:42:0a:00:00:78"},
            ],
        },
    )
    found = stack.networks_of(other)[second.state["name"]]["MacAddress"]
    assert found == "02:42:0a:00:00:78"


def test_uploads_are_in_place_before_the_first_process_runs(stack: Stack, tmp_path: Any) -> None:
    source = tmp_path / "source.txt"
    source.write_text("from a file")
    web = stack.container(
        "web",
        command=["sh", "-c", "cat /new/folder/a /b /c > /seen; exec pause"],
        uploads=[
            {"file": "/new/folder/a", "content": "grüße ", "permissions": "0640"},
            {"file": "/b", "contentBase64": base64.b64encode(b"\x00\xff ").decode()},
            {"file": "/c", "source": str(source), "executable": True},
        ],
    )
    assert _eventually(
        lambda: stack.run(web, "sh", "-c", "od -c /seen | tail -1").startswith("0000026")
    )
    assert stack.run(web, "stat", "-c", "%a %u", "/new/folder/a", "/b", "/c").split("\n")[:3] == [
        "640 0",
        "644 0",
        "744 0",
    ]


def test_a_read_only_container_takes_uploads_where_a_volume_is_mounted(stack: Stack) -> None:
    web = stack.container(
        "web",
        readOnly=True,
        mounts=[
            {"type": "volume", "target": "/etc/one"},
            {"type": "volume", "target": "/etc/two"},
        ],
        uploads=[
            {"file": "/etc/one/a", "content": "first"},
            {"file": "/etc/two/b", "content": "second"},
        ],
    )
    assert stack.run(web, "cat", "/etc/one/a", "/etc/two/b") == "firstsecond"


def test_a_container_that_cannot_start_fails_and_leaves_nothing(stack: Stack) -> None:
    with pytest.raises(Refused, match='"/nope": stat /nope: no such file or directory'):
        stack.container("bad", command=["/nope"])
    assert _mine(stack) == []


def test_a_failure_shows_the_last_log_lines_of_both_streams(stack: Stack) -> None:
    with pytest.raises(Refused) as refused:
        stack.container(
            "bad",
            command=["sh", "-c", "seq 1 30; sleep 0.3; echo last words >&2; exit 3"],
            healthcheck={"tests": ["CMD", "true"], "interval": "30s"},
            wait=True,
        )
    first, second, *lines = str(refused.value).split("\n")
    assert first == "the container exited with code 3 before it was healthy"
    assert second == "  last log lines:"
    assert [line.strip() for line in lines] == [*map(str, range(12, 31)), "last words"]
    assert _mine(stack) == []


def test_waiting_ends_as_soon_as_the_container_is_healthy(stack: Stack) -> None:
    """Its limit is longer than any call to the plugin may take."""
    stack.container(
        "web",
        command=["sh", "-c", "sleep 1; touch /ready; exec pause"],
        healthcheck={"tests": ["CMD", "test", "-e", "/ready"], "interval": "200ms", "retries": 50},
        wait=True,
        waitTimeout=3600,
    )


def test_waiting_ends_early_when_the_container_turns_unhealthy(stack: Stack) -> None:
    with pytest.raises(Refused) as refused:
        stack.container(
            "web",
            healthcheck={
                "tests": ["CMD-SHELL", "echo no database; exit 1"],
                "interval": "200ms",
                "retries": 2,
            },
            wait=True,
        )
    assert str(refused.value) == (
        "the container became unhealthy\n"
        "  last health check (exit code 1): no database\n"
        "  no log lines"
    )
    assert _mine(stack) == []


def test_waiting_ends_early_when_the_container_exits(stack: Stack) -> None:
    with pytest.raises(Refused, match="exited with code 4 before it was healthy"):
        stack.container(
            "web",
            command=["sh", "-c", "sleep 0.5; exit 4"],
            healthcheck={"tests": ["CMD", "true"], "interval": "30s"},
            wait=True,
        )


def test_waiting_is_limited(stack: Stack) -> None:
    with pytest.raises(Refused, match="was not healthy after 1 s"):
        stack.container(
            "web",
            healthcheck={"tests": ["CMD", "true"], "interval": "30s"},
            wait=True,
            waitTimeout=1,
        )


def test_waiting_without_a_healthcheck_is_refused(stack: Stack) -> None:
    with pytest.raises(Refused, match="`wait` needs a healthcheck"):
        stack.container("web", wait=True)
    assert _mine(stack) == []


def test_attach_waits_for_the_end_and_keeps_the_log(stack: Stack) -> None:
    job = stack.container(
        "job", command=["sh", "-c", "sleep 0.3; echo done"], attach=True, logs=True, mustRun=False
    )
    assert job.state["exitCode"] == 0
    assert job.state["containerLogs"] == "done\n"
    read = stack.plugin.read(job)
    assert read is not None
    assert (read.inputs, read.state) == (job.inputs, job.state)
    assert stack.plugin.apply(read, job.inputs).steps == []


def test_a_container_that_removes_itself_may_be_waited_for(stack: Stack) -> None:
    job = stack.container("job", command=["sh", "-c", "exit 7"], attach=True, rm=True)
    assert job.state["exitCode"] == 7
    assert _eventually(lambda: _mine(stack) == [])


def test_a_container_is_stopped_gently(stack: Stack, tmp_path: Any) -> None:
    trap = "trap 'echo ended > /out/ended; exit 0' TERM; while :; do sleep 0.1; done"
    web = stack.container(
        "web",
        command=["sh", "-c", trap],
        volumes=[{"hostPath": str(tmp_path), "containerPath": "/out"}],
    )
    stack.plugin.delete(web)
    assert (tmp_path / "ended").read_text() == "ended\n"


def test_a_container_that_does_not_heed_the_signal_is_killed(stack: Stack) -> None:
    deaf = stack.container("deaf", command=["sleep", "1000"], stopTimeout=1)
    since = int(time.time())
    stack.plugin.delete(deaf)
    signals = stack.api.events(
        since=since,
        until=int(time.time()) + 1,
        decode=True,
        filters={"container": deaf.id, "event": "kill"},
    )
    assert [each["Actor"]["Attributes"]["signal"] for each in signals][:2] == ["15", "9"]


@pytest.mark.parametrize(
    ("inputs", "seconds"),
    [
        ({}, 10),
        ({"stopTimeout": 3}, 3),
        ({"stopTimeout": 3, "destroyGraceSeconds": 4}, 4),
        ({"destroyGraceSeconds": 0}, 0),
    ],
)
def test_stop_timeout_is_the_time_a_container_is_given(
    offline: Surroundings, inputs: dict[str, Any], seconds: int
) -> None:
    asked: list[tuple[str, str, Any]] = []
    api = SimpleNamespace(
        api_version=(1, 47),
        call=lambda method, path, params, **_: asked.append((method, path, params)),
    )
    engine = cast(Any, api)
    cache = EngineCache(lambda: engine)
    context = replace(offline.context(), engine_of=lambda: engine, cache=cache)
    ContainerKind().delete(context, "web", {"image": TINY, **inputs}, {})
    assert asked == [
        ("POST", "/containers/web/stop", {"t": seconds}),
        ("DELETE", "/containers/web", {"force": 1, "v": 1}),
    ]


def test_anonymous_volumes_go_with_the_container_unless_kept(stack: Stack) -> None:
    volumes = [{"containerPath": "/data"}]
    for keep in (False, True):
        web = stack.container("web", volumes=volumes, removeVolumes=not keep)
        name = stack.inspect(web)["Mounts"][0]["Name"]
        stack.plugin.delete(web)
        names = [each["Name"] for each in stack.api.volumes()["Volumes"] or []]
        assert (name in names) is keep
    stack.api.remove_volume(name)


@pytest.mark.parametrize("how", ["running", "paused", "stopped", "created", "removed"])
def test_a_container_in_any_state_can_be_deleted(stack: Stack, how: str) -> None:
    web = stack.container("web", start=how != "created")
    if how == "paused":
        stack.api.pause(web.id)
    elif how == "stopped":
        stack.api.stop(web.id, timeout=0)
    elif how == "removed":
        stack.api.remove_container(web.id, force=True)
    stack.plugin.delete(web)
    assert _mine(stack) == []


def test_a_port_that_is_taken_is_named_and_nothing_stays_behind(stack: Stack) -> None:
    stack.container("first", ports=[{"internal": 80, "external": 18080}])
    with pytest.raises(Refused, match=r"18080.*port is already allocated\n  what to do: "):
        stack.container("second", ports=[{"internal": 80, "external": 18080}])
    assert len(_mine(stack)) == 1


def test_an_address_that_is_taken_is_named(stack: Stack) -> None:
    network = stack.network("front", ipamConfigs=[{"subnet": "10.72.0.0/24"}])
    place = [{"name": network.id, "ipv4Address": "10.72.0.9"}]
    stack.container("first", networksAdvanced=place)
    with pytest.raises(Refused, match="Address already in use\n  what to do: another endpoint"):
        stack.container("second", networksAdvanced=place)
    assert len(_mine(stack)) == 1


def test_a_name_that_is_taken_by_another_container_is_left_alone(stack: Stack) -> None:
    name = f"{stack.prefix}-theirs"
    theirs = stack.api.create_container(TINY, name=name)["Id"]
    with pytest.raises(
        Refused, match=rf"the engine has a container '{name}', not created by Causeway"
    ):
        stack.container("mine", name=name)
    assert stack.api.inspect_container(name)["Id"] == theirs


def test_an_image_that_is_not_there_is_named(stack: Stack) -> None:
    with pytest.raises(Refused, match="No such image: nope:1\n  what to do: check the spelling"):
        stack.container("web", image="nope:1")


def test_replacement_runs_the_new_container_before_the_old_one_goes(stack: Stack) -> None:
    web = stack.container("web")
    again = stack.plugin.apply(web, {**web.inputs, "envs": ["A=1"]})
    assert again.steps == ["create", "delete"]
    assert again.id != web.id


def test_replacement_frees_a_fixed_port_first(stack: Stack, plugin: Plugin) -> None:
    web = stack.container("web", ports=[{"internal": 80, "external": 18081}], stopTimeout=0)
    again = stack.plugin.apply(web, {**web.inputs, "envs": ["A=1"]})
    assert again.steps == ["create", "delete"]
    said, gap = plugin.messages[-2:]
    assert said == (
        "replaced because of envs; the old container stops first: host port 18081/tcp is fixed"
    )
    assert re.fullmatch(r"\d+\.\d s without service, until the new container was running", gap)
    assert stack.inspect(again)["State"]["Running"]


def test_the_new_container_has_the_name_and_its_dns_after_an_exchange(stack: Stack) -> None:
    network = stack.network("front")
    place = {"networksAdvanced": [{"name": network.id}], "stopTimeout": 0}
    name = f"{stack.prefix}-shop"
    web = stack.container("web", name=name, **place)
    other = stack.container("other", **place)
    again = stack.plugin.apply(web, {**web.inputs, "envs": ["A=1"]})
    assert stack.inspect(again)["Name"] == f"/{name}"
    address = stack.networks_of(again)[network.state["name"]]["IPAddress"]
    assert stack.looks_up(other, name) == [address]


@pytest.mark.parametrize(
    "fault",
    [
        {"image": "nope:1"},
        {"command": ["/not/there"]},
        {
            "wait": True,
            "healthcheck": {"tests": ["CMD", "false"], "interval": "1s", "retries": 1},
        },
    ],
)
def test_a_replacement_that_fails_gives_the_old_container_back(
    stack: Stack, fault: dict[str, Any]
) -> None:
    web = stack.container(
        "web",
        name=f"{stack.prefix}-web",
        ports=[{"internal": 80, "external": 18082}],
        restart="always",
        stopTimeout=0,
    )
    before = stack.inspect(web)
    with pytest.raises(Refused):
        stack.plugin.apply(web, {**web.inputs, **fault})
    after = stack.inspect(web)
    assert after["State"]["Running"]
    assert after["Name"] == before["Name"]
    assert after["HostConfig"] == before["HostConfig"]
    assert [each["Id"] for each in _mine(stack)] == [web.id]


def test_a_preview_knows_the_inputs_and_leaves_the_rest_open(stack: Stack) -> None:
    shown = stack.plugin.create(
        CONTAINER, f"{stack.prefix}-web", {"image": TINY, "hostname": "web"}, preview=True
    )
    assert shown.id == ""
    assert shown.state["hostname"] == "web"
    assert repr(shown.state["networkDatas"]) == "UNKNOWN"
    assert _mine(stack) == []


def test_a_preview_of_a_move_leaves_the_addresses_open(stack: Stack) -> None:
    network = stack.network("front")
    web = stack.container("web", networksAdvanced=[{"name": network.id}])
    moved = {**web.inputs, "networksAdvanced": [{"name": UNKNOWN}]}
    assert repr(stack.plugin.preview_update(web, moved)["networkDatas"]) == "UNKNOWN"


def test_what_a_killed_run_left_is_removed_by_the_next_creation(
    stack: Stack, engine: Engine
) -> None:
    name = f"{stack.prefix}-web"
    with Plugin(engine.host) as killed:
        left = killed.create(CONTAINER, name, {"image": TINY}, record=False)
        killed.kill()
    with Plugin(engine.host) as following:
        again = following.create(CONTAINER, name, {"image": TINY})
        assert following.messages == [
            f"removing container {left.state['name']}, left by a killed update and not in the state"
        ]
    assert left.id != again.id
    assert [each["Id"] for each in _mine(stack)] == [again.id]


def test_an_old_one_that_pulumi_knows_is_no_left_over(stack: Stack, engine: Engine) -> None:
    name = f"{stack.prefix}-web"
    with Plugin(engine.host) as earlier:
        old = earlier.create(CONTAINER, name, {"image": TINY})
    with Plugin(engine.host) as later:
        assert later.diff(old, {"image": TINY, "envs": ["A=1"]}).replaces
        new = later.create(CONTAINER, name, {"image": TINY, "envs": ["A=1"]})
        assert {each["Id"] for each in _mine(stack)} == {old.id, new.id}


def test_a_lost_container_is_made_anew_without_a_refresh(stack: Stack, engine: Engine) -> None:
    web = stack.container("web", name=f"{stack.prefix}-web")
    stack.api.remove_container(web.id, force=True)
    with Plugin(engine.host) as following:
        again = following.apply(web, web.inputs)
        assert again.steps == ["create", "delete"]
        assert following.messages == ["replaced because the container was removed"]


@pytest.mark.parametrize("state", ["dead", "removing"])
def test_a_container_whose_removal_an_engine_did_not_finish_is_made_anew(
    offline: Surroundings, state: str
) -> None:
    """An engine that is killed while it removes one leaves it so: it can never start again."""
    context, kind = offline.context(), ContainerKind()
    context.cache._answers["/containers/json"] = {"one": {"Id": "one", "State": state}}
    why = "the engine was interrupted while removing the container"
    assert kind.missing_reason(context, "one", {"image": TINY}, {}) == why
    assert kind.diff(context, "one", {"image": TINY}, {}, {"image": TINY}).changes == {}


def test_a_stopped_container_is_started_without_a_refresh(stack: Stack, engine: Engine) -> None:
    web = stack.container("web")
    stack.api.stop(web.id, timeout=0)
    with Plugin(engine.host) as following:
        assert following.apply(web, web.inputs).steps == ["update"]
        assert following.messages == ["the container is exited and will be started again"]
    assert stack.inspect(web)["State"]["Running"] is True


def test_a_killed_container_that_is_waited_for_is_started_again(
    stack: Stack, engine: Engine
) -> None:
    checked = {"wait": True, "healthcheck": {"tests": ["CMD", "true"], "interval": "200ms"}}
    web = stack.container("web", **checked)
    stack.api.kill(web.id)
    # The engine still tells that it died: that was before the start that is waited for.
    with Plugin(engine.host) as plugin:
        again = plugin.apply(web, {"image": TINY, **checked})
    assert (again.steps, again.id) == (["update"], web.id)
    assert stack.inspect(web)["State"]["Running"] is True


def test_a_stopped_container_that_need_not_run_is_left_alone(stack: Stack, engine: Engine) -> None:
    web = stack.container("web", mustRun=False)
    stack.api.stop(web.id, timeout=0)
    with Plugin(engine.host) as following:
        assert following.apply(web, web.inputs).steps == []


def test_an_imported_container_has_inputs_that_preview_without_changes(
    stack: Stack, scratch: str
) -> None:
    network = stack.network("front", name=f"{scratch}-front")
    api = stack.api
    settings = api.create_host_config(
        restart_policy={"Name": "on-failure", "MaximumRetryCount": 3},
        port_bindings={"80/tcp": ("127.0.0.1", 18082), "53/udp": None},
        mem_limit="64m",
        nano_cpus=500_000_000,
        binds=[f"{scratch}-data:/data:ro"],
        cap_add=["NET_ADMIN"],
        cap_drop=["CAP_MKNOD"],
        dns=["9.9.9.9"],
        extra_hosts={"db": "10.0.0.9"},
        tmpfs={"/t": "size=1m"},
        sysctls={"net.ipv4.ip_forward": "0"},
        log_config=docker.types.LogConfig(type="json-file", config={"max-size": "1m"}),
        ulimits=[docker.types.Ulimit(name="nofile", soft=100, hard=200)],
        network_mode=network.id,
    )
    made = api.create_container(
        TINY,
        command=["pause"],
        name=f"{scratch}-old",
        hostname="old",
        environment={"A": "1"},
        labels={"tier": "web"},
        ports=["80/tcp", "53/udp"],
        stop_signal="SIGINT",
        healthcheck={"test": ["CMD", "true"], "interval": 90_000_000_000},
        host_config=settings,
        networking_config={"EndpointsConfig": {network.id: {"Aliases": ["www"]}}},
    )["Id"]
    api.start(made)
    imported = stack.plugin.read(Deployed(stack.plugin.urn(CONTAINER, "imported"), made, {}, {}))
    assert imported is not None
    assert imported.inputs == {
        "name": f"{scratch}-old",
        "image": api.inspect_image(TINY)["Id"],
        "hostname": "old",
        "envs": ["A=1"],
        "labels": [{"label": "tier", "value": "web"}],
        "stopSignal": "SIGINT",
        "healthcheck": {"tests": ["CMD", "true"], "interval": "1m30s"},
        "restart": "on-failure",
        "maxRetryCount": 3,
        "ports": [
            {"internal": 53, "protocol": "udp", "ip": "0.0.0.0"},
            {"internal": 80, "external": 18082, "protocol": "tcp", "ip": "127.0.0.1"},
        ],
        "memory": 64,
        "cpus": "0.5",
        "volumes": [{"containerPath": "/data", "volumeName": f"{scratch}-data", "readOnly": True}],
        "capabilities": {"adds": ["CAP_NET_ADMIN"], "drops": ["CAP_MKNOD"]},
        "dns": ["9.9.9.9"],
        "hosts": [{"host": "db", "ip": "10.0.0.9"}],
        "tmpfs": {"/t": "size=1m"},
        "sysctls": {"net.ipv4.ip_forward": "0"},
        "logOpts": {"max-size": "1m"},
        "ulimits": [{"name": "nofile", "soft": 100, "hard": 200}],
        "networksAdvanced": [{"name": f"{scratch}-front", "aliases": ["www"]}],
    }
    assert stack.plugin.failures(CONTAINER, imported.inputs) == []
    assert stack.plugin.apply(imported, imported.inputs).steps == []
    again = stack.plugin.read(imported)
    assert again is not None
    assert (again.inputs, again.state) == (imported.inputs, imported.state)


def _mine(stack: Stack) -> list[dict[str, Any]]:
    found = stack.api.containers(all=True)
    return [each for each in found if each["Names"][0].startswith(f"/{stack.prefix}")]


def _eventually(condition: Any) -> bool:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


def test_containers_leave_an_engine_that_can_lose_count_one_after_the_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """But one that takes its time to stop does not hold the others up for all of it."""
    monkeypatch.setattr(cache_module, "TURN_SECONDS", 60)
    engine = cast(Client, SimpleNamespace(api_version=(1, 41)))
    cache = EngineCache(lambda: engine)
    under_way: list[int] = []
    together: list[int] = []
    stopped = threading.Event()

    def leave(until: Callable[[], object]) -> None:
        with cache.one_removal_at_a_time():
            under_way.append(1)
            together.append(len(under_way))
            until()
            under_way.pop()

    quick = [threading.Thread(target=leave, args=(lambda: time.sleep(0.02),)) for _ in range(8)]
    slow = threading.Thread(target=leave, args=(stopped.wait,))
    for each in quick:
        each.start()
    for each in quick:
        each.join()
    slow.start()
    while not under_way:
        time.sleep(0.01)
    monkeypatch.setattr(cache_module, "TURN_SECONDS", 0.05)
    leave(lambda: None)
    assert slow.is_alive()
    stopped.set()
    slow.join()
    assert together == [1] * 9 + [2]
