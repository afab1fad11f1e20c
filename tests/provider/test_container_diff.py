"""What a change of a container's inputs needs, and who goes first when it is a replacement."""

from __future__ import annotations

from typing import Any

import pytest

from causeway.provider.container.body import to_body
from causeway.provider.container.check import check
from causeway.provider.container.diff import anonymous, changes, plan
from causeway.provider.container.exclusive import clashes
from causeway.provider.container.fields import FIELDS
from causeway.provider.inputs.plain import UNKNOWN

BASE = {"image": "tiny"}
# One value for each input, to be unknown in whole or in part.
SAMPLES: dict[str, Any] = {
    "capabilities": {"adds": ["NET_ADMIN"]},
    "deviceReadBps": [{"path": "/dev/vda", "rate": 1}],
    "deviceReadIops": [{"path": "/dev/vda", "rate": 1}],
    "deviceRequests": [{"driver": "nvidia", "count": 1}],
    "deviceWriteBps": [{"path": "/dev/vda", "rate": 1}],
    "deviceWriteIops": [{"path": "/dev/vda", "rate": 1}],
    "devices": [{"hostPath": "/dev/null"}],
    "healthcheck": {"tests": ["CMD", "true"], "interval": "1s"},
    "hosts": [{"host": "db", "ip": "10.0.0.1"}],
    "labels": [{"label": "a", "value": "b"}],
    "mounts": [{"type": "volume", "source": "data", "target": "/data"}],
    "networksAdvanced": [
        {"name": "n", "ipv4Address": "10.0.0.9", "macAddress": "02:42:0a:00:00:09"}
    ],
    "ports": [{"internal": 80, "external": 8080, "protocol": "tcp"}],
    "ulimits": [{"name": "nofile", "soft": 1, "hard": 2}],
    "uploads": [{"file": "/a", "content": "b", "permissions": "0600"}],
    "volumes": [{"volumeName": "data", "containerPath": "/data"}],
    "envs": ["A=1"],
}


def with_an_unknown(value: Any) -> list[Any]:
    """Copies of `value`, each with one part of it not known yet."""
    found: list[Any] = [UNKNOWN]
    if isinstance(value, dict):
        for key, inner in value.items():
            found += [{**value, key: each} for each in with_an_unknown(inner)]
    elif isinstance(value, list):
        found += [[each] for each in with_an_unknown(value[0])]
    return found


@pytest.mark.parametrize("name", [field.name for field in FIELDS])
def test_a_value_that_is_not_known_yet_is_checked_and_compared_without_harm(name: str) -> None:
    sample = SAMPLES.get(name, "1")
    for unknown in with_an_unknown(sample):
        new = {**BASE, name: unknown}
        assert check(new, (1, 48)) == []
        assert name in plan(BASE, {"name": "x"}, new).changes
        assert name in plan({**BASE, name: sample}, {"name": "x"}, new).changes


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({}, {"restart": "no", "mustRun": True, "networkMode": "bridge", "rm": False}),
        ({"networkMode": "default"}, {"networkMode": "bridge"}),
        ({"envs": ["A=1", "B=2"]}, {"envs": ["B=2", "A=1"]}),
        ({"cpus": "0.5"}, {"cpus": "0.50"}),
        ({"cpus": "1", "cpuQuota": 5}, {"cpus": "1"}),
        ({"ports": [{"internal": 80}]}, {"ports": [{"internal": 80, "protocol": "tcp"}]}),
        (
            {"ports": [{"internal": 80}, {"internal": 81}]},
            {"ports": [{"internal": 81}, {"internal": 80}]},
        ),
        (
            {"healthcheck": {"tests": ["CMD", "a"], "interval": "90s"}},
            {"healthcheck": {"tests": ["CMD", "a"], "interval": "1m30s"}},
        ),
        ({"capabilities": {"adds": ["net_admin"]}}, {"capabilities": {"adds": ["CAP_NET_ADMIN"]}}),
        (
            {"volumes": [{"volumeName": "d", "containerPath": "/d", "readOnly": False}]},
            {"volumes": [{"volumeName": "d", "containerPath": "/d"}]},
        ),
        ({"labels": []}, {}),
        ({"name": "fixed"}, {}),
        (
            {"networksAdvanced": [{"name": "n"}], "networkMode": "bridge"},
            {"networksAdvanced": [{"name": "n"}], "networkMode": "n"},
        ),
        (
            {"devices": [{"hostPath": "/dev/null"}]},
            {"devices": [{"hostPath": "/dev/null", "permissions": "rwm"}]},
        ),
    ],
)
def test_the_same_meaning_is_no_change(old: dict[str, Any], new: dict[str, Any]) -> None:
    assert changes({**BASE, **old}, {**BASE, **new}) == {}


@pytest.mark.parametrize(
    ("old", "new", "change"),
    [
        ({"dns": ["1.1.1.1", "9.9.9.9"]}, {"dns": ["9.9.9.9", "1.1.1.1"]}, {"dns": "replace"}),
        ({"memory": 64}, {"memory": 128}, {"memory": "update"}),
        ({"memory": 64}, {}, {"memory": "replace"}),
        ({"cpus": "1"}, {"cpuQuota": 5000}, {"cpus": "replace", "cpuQuota": "replace"}),
        ({}, {"restart": "always"}, {"restart": "update"}),
        ({"restart": "always"}, {}, {"restart": "update"}),
        ({"wait": False}, {"wait": True}, {"wait": "update"}),
        ({"init": None}, {"init": True}, {"init": "replace"}),
        ({"tmpfs": {"/t": ""}}, {"tmpfs": {"/t": "size=1m"}}, {"tmpfs": "replace"}),
        ({"networkMode": "host"}, {}, {"networkMode": "replace", "networksAdvanced": "update"}),
        (
            {"networksAdvanced": [{"name": "n"}]},
            {"networksAdvanced": [{"name": "n", "aliases": ["a"]}]},
            {"networksAdvanced": "update"},
        ),
    ],
)
def test_a_change_is_made_in_place_where_the_engine_can(
    old: dict[str, Any], new: dict[str, Any], change: dict[str, str]
) -> None:
    assert changes({**BASE, **old}, {**BASE, **new}) == change


@pytest.mark.parametrize(
    ("inputs", "why"),
    [
        ({"ports": [{"internal": 80, "external": 8080}]}, "host port 8080/tcp is fixed"),
        ({"name": "web"}, "the name 'web' is fixed"),
        (
            {"networksAdvanced": [{"name": "n", "ipv4Address": "10.0.0.9"}]},
            "address 10.0.0.9 is fixed",
        ),
        (
            {"volumes": [{"volumeName": "data", "containerPath": "/data"}]},
            "both write to volume data",
        ),
        (
            {"mounts": [{"type": "volume", "source": "data", "target": "/data"}]},
            "both write to volume data",
        ),
        (
            {"volumes": [{"hostPath": "/srv", "containerPath": "/data"}]},
            "both write to /srv",
        ),
        (
            {"mounts": [{"type": "bind", "source": "/srv/a", "target": "/data"}]},
            "both write to /srv/a",
        ),
        ({"networkMode": "host"}, "both would use the host's network"),
        ({"networkMode": "container:a"}, "both would use the same network namespace"),
    ],
)
def test_the_old_container_stops_first_for_a_stated_reason(
    inputs: dict[str, Any], why: str
) -> None:
    old = {**BASE, **inputs}
    diff = plan(old, {"name": inputs.get("name", "web-1234567")}, {**old, "envs": ["A=1"]})
    assert diff.delete_before_replace is False
    assert diff.reason == f"replaced because of envs; the old container stops first: {why}"


@pytest.mark.parametrize(
    "inputs",
    [
        {},
        {"ports": [{"internal": 80}]},
        {"volumes": [{"volumeName": "data", "containerPath": "/data", "readOnly": True}]},
        {"volumes": [{"hostPath": "/srv", "containerPath": "/data", "readOnly": True}]},
        {"mounts": [{"type": "bind", "source": "/srv", "target": "/d", "readOnly": True}]},
        {"volumes": [{"hostPath": "/var/run/docker.sock", "containerPath": "/d.sock"}]},
        {"mounts": [{"type": "bind", "source": "/dev/snd", "target": "/dev/snd"}]},
        {"networksAdvanced": [{"name": "n", "aliases": ["web"]}]},
    ],
)
def test_without_a_clash_the_new_container_starts_first(inputs: dict[str, Any]) -> None:
    old = {**BASE, **inputs}
    diff = plan(old, {"name": "web-1234567"}, {**old, "envs": ["A=1"]})
    assert diff.delete_before_replace is False
    assert diff.reason == "replaced because of envs; the new container starts first"


def test_a_folder_within_a_folder_is_written_by_both() -> None:
    old = {"mounts": [{"type": "bind", "source": "/srv", "target": "/data"}]}
    new = {"mounts": [{"type": "bind", "source": "/srv/db", "target": "/data"}]}
    assert clashes({**BASE, **old}, "web", {**BASE, **new}) == ["both write to /srv/db"]


def test_an_anonymous_volume_moves_over_unless_it_is_renewed() -> None:
    listed = {"Mounts": [{"Type": "volume", "Name": "f" * 64, "Destination": "/data"}]}
    renewed: Any = {**BASE, "labels": [{"label": "causeway.renew-anon-volumes", "value": "true"}]}
    assert anonymous(listed, BASE, BASE) == ["/data"]
    assert anonymous(listed, BASE, renewed) == []
    assert clashes(BASE, "web", BASE, ["/data"]) == ["the anonymous volume at /data moves"]


def test_data_is_shared_for_a_while_only_where_the_file_says_so() -> None:
    labels: Any = [{"label": "causeway.order", "value": "start-first"}]
    shared = {
        "mounts": [{"type": "volume", "source": "data", "target": "/data"}],
        "ports": [{"internal": 80, "external": 8080}],
    }
    new = {**BASE, **shared, "labels": labels}
    assert clashes({**BASE, **shared}, "web", new, ["/x"]) == ["host port 8080/tcp is fixed"]


def test_a_change_in_place_needs_no_explanation() -> None:
    assert plan(BASE, {"name": "web"}, {**BASE, "restart": "always"}).reason is None


def test_cpus_wins_over_period_and_quota_as_the_sdk_says() -> None:
    body = to_body({**BASE, "cpus": "1.5", "cpuPeriod": 1000, "cpuQuota": 500}, (1, 41))
    assert body["HostConfig"]["NanoCpus"] == 1_500_000_000
    assert "CpuQuota" not in body["HostConfig"]


@pytest.mark.parametrize(
    ("inputs", "failure"),
    [
        ({"image": ""}, "image: required: the id or name of an image"),
        (
            {"restart": "sometimes"},
            "restart: 'sometimes' is not one of no, on-failure, always, unless-stopped",
        ),
        ({"ports": [{"internal": 70000}]}, "ports[0].internal: 70000 is not a port number"),
        (
            {"ports": [{"internal": 80, "externl": 1}]},
            "ports[0].externl: there is no such input (did you mean ports.external?)",
        ),
        ({"comand": ["a"]}, "comand: there is no such input (did you mean command?)"),
        (
            {"healthcheck": {"tests": ["true"]}},
            "healthcheck.tests: must begin with CMD, CMD-SHELL or NONE",
        ),
        (
            {"healthcheck": {"tests": ["CMD", "a"], "interval": "soon"}},
            "healthcheck.interval: 'soon' is not a duration such as 30s or 1m30s",
        ),
        (
            {"healthcheck": {"tests": ["CMD", "a"], "startInterval": "1s"}},
            "healthcheck.startInterval: needs Docker 25 or newer (API 1.44; this engine has 1.41)",
        ),
        (
            {"mounts": [{"type": "volume", "target": "/a", "volumeOptions": {"subpath": "b"}}]},
            "mounts[0].volumeOptions.subpath: "
            "needs Docker 26 or newer (API 1.45; this engine has 1.41)",
        ),
        (
            {"networkMode": "host", "networksAdvanced": [{"name": "n"}]},
            "networksAdvanced: cannot be combined with networkMode 'host'",
        ),
        (
            {"networksAdvanced": [{"name": "n"}, {"name": "n"}]},
            "networksAdvanced[1].name: 'n' is listed twice",
        ),
        (
            {"uploads": [{"file": "/a", "content": "b", "source": "c"}]},
            "uploads[0]: set exactly one of content, contentBase64 and source",
        ),
        (
            {"rm": True, "restart": "always"},
            "rm: cannot be combined with a restart policy",
        ),
        (
            {"logs": True},
            "logs: requires attach, because the logs are read when the container exits",
        ),
        ({"cpus": "many"}, "cpus: 'many' is not a number of CPUs such as 1.5"),
        (
            {"volumes": [{"containerPath": "/a", "readOnly": True}]},
            "volumes[0].readOnly: has no use on an anonymous volume, which is empty",
        ),
    ],
)
def test_bad_inputs_are_refused_by_check(inputs: dict[str, Any], failure: str) -> None:
    found = check({**BASE, **inputs}, (1, 41))
    assert [f"{each.path}: {each.reason}" for each in found] == [failure]


def test_stop_first_is_followed_when_it_is_asked_for() -> None:
    labels: Any = [{"label": "causeway.order", "value": "stop-first"}]
    diff = plan({"image": "a", "labels": labels}, {}, {"image": "b", "labels": labels})
    assert diff.reason == (
        "replaced because of image; the old container stops first: its order is set to stop-first"
    )


def test_a_changed_order_alone_is_recorded() -> None:
    labels: Any = [{"label": "causeway.order", "value": "stop-first"}]
    assert changes({"image": "a"}, {"image": "a", "labels": labels}) == {"labels": "update"}
