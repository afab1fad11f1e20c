"""The functions of an engine: what they find, and what they say when there is nothing."""

from __future__ import annotations

from typing import Any

import docker
import pytest

from causeway.engine.faults import Fault
from causeway.provider.resource_types import FUNCTIONS
from tests.provider.surroundings import Surroundings
from tests.tiny_image import TINY, tiny_digests


def call(surroundings: Surroundings, function: str, **arguments: Any) -> dict[str, Any]:
    return FUNCTIONS[f"docker:index/{function}:{function}"](surroundings.context(), arguments)


def test_network_is_found_by_name_and_by_id(
    online: Surroundings, scratch: str, api: docker.APIClient
) -> None:
    pool = docker.types.IPAMPool(subnet="10.93.0.0/24", gateway="10.93.0.1")
    made = api.create_network(
        f"{scratch}net", internal=True, ipam=docker.types.IPAMConfig(pool_configs=[pool])
    )
    by_name = call(online, "getNetwork", name=f"{scratch}net")
    assert by_name == {
        "id": made["Id"],
        "name": f"{scratch}net",
        "driver": "bridge",
        "internal": True,
        "scope": "local",
        "options": {},
        "ipamConfigs": [
            {"subnet": "10.93.0.0/24", "gateway": "10.93.0.1", "ipRange": "", "auxAddress": {}}
        ],
        "containers": [],
    }
    assert call(online, "getNetwork", name=made["Id"]) == by_name


def test_network_lists_its_containers_by_name(
    online: Surroundings, scratch: str, api: docker.APIClient
) -> None:
    api.create_network(f"{scratch}net")
    endpoints: dict[str, Any] = {"EndpointsConfig": {f"{scratch}net": {}}}
    for name in ("b", "a"):
        made = api.create_container(TINY, name=f"{scratch}{name}", networking_config=endpoints)
        api.start(made["Id"])
    found = call(online, "getNetwork", name=f"{scratch}net")["containers"]
    assert [endpoint["name"] for endpoint in found] == [f"{scratch}a", f"{scratch}b"]
    details = api.inspect_container(f"{scratch}a")
    network = details["NetworkSettings"]["Networks"][f"{scratch}net"]
    assert found[0]["containerId"] == details["Id"]
    assert found[0]["endpointId"] == network["EndpointID"]
    assert found[0]["ipv4Address"].startswith(network["IPAddress"] + "/")
    assert found[0]["macAddress"] == network["MacAddress"]


def test_missing_network_says_which_there_are(online: Surroundings) -> None:
    with pytest.raises(Fault, match=r"network 'nope' does not exist .*known: .*bridge.*host"):
        call(online, "getNetwork", name="nope")


def test_image_is_found_by_name_and_by_id(online: Surroundings, api: docker.APIClient) -> None:
    identity = api.inspect_image(TINY)["Id"]
    found = call(online, "getRemoteImage", name=TINY)
    assert found.pop("repoDigest") in tiny_digests(identity)
    assert found == {"id": identity, "name": TINY}
    assert call(online, "getRemoteImage", name=identity)["id"] == identity


def test_missing_image_says_which_there_are(online: Surroundings) -> None:
    with pytest.raises(Fault, match=r"image 'nope:1' is not on this engine \(known: .*tiny:1"):
        call(online, "getRemoteImage", name="nope:1")


def test_beginning_of_an_id_is_no_image_name(online: Surroundings, api: docker.APIClient) -> None:
    beginning = api.inspect_image(TINY)["Id"].removeprefix("sha256:")[:6]
    with pytest.raises(Fault, match="is not on this engine"):
        call(online, "getRemoteImage", name=beginning)


@pytest.mark.parametrize("function", ["getNetwork", "getRemoteImage"])
def test_name_is_needed(function: str) -> None:
    with pytest.raises(Fault, match=f"{function} needs a name"):
        call(Surroundings(None), function)


def test_the_engine_tells_its_version_and_its_firewall_backend(
    online: Surroundings, api: docker.APIClient
) -> None:
    backend = api.info().get("FirewallBackend")  # since Docker 28
    firewall = {"firewall": backend["Driver"]} if backend else {}
    assert call(online, "getEngine") == {"version": api.version()["Version"], **firewall}


@pytest.fixture
def talker(api: docker.APIClient, scratch: str) -> str:
    """A container that has said two lines to its output and one to its error output."""
    said = "echo one; sleep 0.2; echo wrong >&2; sleep 0.2; echo two"
    made: str = api.create_container(TINY, ["sh", "-c", said], name=f"{scratch}talker")["Id"]
    api.start(made)
    api.wait(made)
    return made


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        ({}, ["one", "wrong", "two"]),
        ({"tail": "1"}, ["two"]),
        ({"showStderr": False}, ["one", "two"]),
        ({"showStdout": False}, ["wrong"]),
        ({"since": "1h", "until": "30m"}, []),
        ({"since": "1h"}, ["one", "wrong", "two"]),
        ({"logsListStringEnabled": False}, []),
    ],
)
def test_logs_are_read_by_name(
    online: Surroundings, scratch: str, talker: str, arguments: dict[str, Any], lines: list[str]
) -> None:
    found = call(online, "getLogs", name=f"{scratch}talker", **arguments)
    assert (found["id"], found["logsListStrings"]) == (talker, lines)


def test_logs_may_tell_the_time_of_each_line(online: Surroundings, talker: str) -> None:
    first, *_ = call(online, "getLogs", name=talker, timestamps=True)["logsListStrings"]
    moment, _, said = first.partition(" ")
    assert (moment[4], moment[10], said) == ("-", "T", "one")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"name": "no-such"}, "container 'no-such' does not exist on this engine"),
        ({"name": "x", "follow": True}, "would never end"),
        ({}, "getLogs needs a name"),
    ],
)
def test_logs_that_cannot_be_had_are_told(
    online: Surroundings, arguments: dict[str, Any], reason: str
) -> None:
    with pytest.raises(Fault, match=reason):
        call(online, "getLogs", **arguments)


def test_volume_that_is_missing_is_told_with_those_that_exist(
    online: Surroundings, api: docker.APIClient, scratch: str
) -> None:
    api.create_volume(f"{scratch}kept")
    assert call(online, "getVolume", name=f"{scratch}kept") == {"exists": True}
    answer = call(online, "getVolume", name=f"{scratch}gone")
    assert answer.keys() == {"exists", "known"}
    assert answer["exists"] is False
    assert f"{scratch}kept" in answer["known"]
