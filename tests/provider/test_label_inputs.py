"""Inputs that pulumi_docker lacks, in labels: what the engine makes of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from causeway.provider.container.body import to_body
from causeway.provider.container.check import check
from causeway.provider.container.diff import changes
from tests.provider.conftest import Stack

LATEST = (1, 48)
OLD = (1, 41)


def labelled(**values: str) -> dict[str, Any]:
    labels = [
        {"label": f"causeway.{key.replace('_', '-')}", "value": value}
        for key, value in values.items()
    ]
    return {"image": "tiny:1", "labels": labels}


def failures(inputs: dict[str, Any], api: tuple[int, int] = LATEST) -> list[str]:
    return [failure.reason for failure in check(inputs, api)]


@pytest.mark.parametrize(
    ("label", "value", "key", "expected"),
    [
        ("annotations", '{"a":"b"}', "Annotations", {"a": "b"}),
        ("device_cgroup_rules", '["c 1:3 mr"]', "DeviceCgroupRules", ["c 1:3 mr"]),
        ("pids_limit", "20", "PidsLimit", 20),
        ("oom_score_adj", "-5", "OomScoreAdj", -5),
        ("oom_kill_disable", "true", "OomKillDisable", True),
        ("mem_swappiness", "0", "MemorySwappiness", 0),
        ("uts", '"host"', "UTSMode", "host"),
    ],
)
def test_label_sets_its_key_of_the_create_body(
    label: str, value: str, key: str, expected: object
) -> None:
    assert failures(labelled(**{label: value})) == []
    assert to_body(labelled(**{label: value}), LATEST)["HostConfig"][key] == expected


def test_exposed_ports_join_the_published_ones() -> None:
    inputs = {**labelled(expose='["80","81-82","53/udp"]'), "ports": [{"internal": 8080}]}
    assert to_body(inputs, LATEST)["ExposedPorts"] == {
        "80/tcp": {},
        "81/tcp": {},
        "82/tcp": {},
        "53/udp": {},
        "8080/tcp": {},
    }


def test_value_of_another_form_is_refused() -> None:
    assert failures(labelled(pids_limit="many")) == [
        "'many' is not a whole number, which causeway.pids-limit needs"
    ]
    assert failures(labelled(annotations="[]")) == [
        "'[]' is not a JSON object of texts, which causeway.annotations needs"
    ]


def test_annotations_need_docker_24() -> None:
    assert failures(labelled(annotations='{"a":"b"}'), OLD) == [
        "annotations: needs Docker 24 or newer (API 1.43; this engine has 1.41)"
    ]


@pytest.mark.parametrize(
    ("label", "change"),
    [("create_bind_sources", "update"), ("expose", "update"), ("pids_limit", "replace")],
)
def test_labels_that_matter_at_creation_only_replace_no_container(label: str, change: str) -> None:
    assert changes({"image": "tiny:1"}, labelled(**{label: "[]"})) == {"labels": change}


def test_healthcheck_without_test_is_that_of_the_image() -> None:
    inputs = {"image": "tiny:1", "healthcheck": {"tests": [], "interval": "5s"}}
    assert check(inputs, LATEST) == []
    assert to_body(inputs, LATEST)["Healthcheck"] == {"Test": [], "Interval": 5_000_000_000}


@pytest.mark.engine
def test_missing_bind_source_is_created_where_the_label_names_it(
    stack: Stack, tmp_path: Path
) -> None:
    inputs = {
        "mounts": [{"type": "bind", "source": str(tmp_path / "made" / "here"), "target": "/data"}],
        "labels": [{"label": "causeway.create-bind-sources", "value": '["/data"]'}],
    }
    web = stack.container("web", **inputs)
    assert stack.inspect(web)["HostConfig"]["Binds"] == [f"{tmp_path}/made/here:/data:rw"]
    assert (tmp_path / "made" / "here").is_dir()
    assert stack.plugin.apply(stack.plugin.read_existing(web), web.inputs).steps == []


@pytest.mark.engine
def test_limits_and_ports_reach_the_container(stack: Stack) -> None:
    values = {"pids-limit": "20", "expose": '["80"]', "device-cgroup-rules": '["c 1:3 mr"]'}
    labels = [{"label": f"causeway.{key}", "value": value} for key, value in values.items()]
    found = stack.inspect(stack.container("web", labels=labels))
    assert found["HostConfig"]["PidsLimit"] == 20
    assert found["HostConfig"]["DeviceCgroupRules"] == ["c 1:3 mr"]
    assert found["Config"]["ExposedPorts"] == {"80/tcp": {}}


@pytest.mark.engine
def test_bare_name_takes_a_variable_of_the_image_away(stack: Stack) -> None:
    base = stack.container("base")
    made = stack.api.commit(base.id, changes=["ENV COLOUR=red", "ENV SIZE=big"])["Id"]
    try:
        web = stack.container("web", image=made, envs=["SIZE"])
        assert stack.run(web, "env").splitlines().count("SIZE=big") == 0
        # The container has SIZE no more, so taking away what is not there changes nothing.
        assert stack.plugin.apply(web, {"image": made, "envs": ["SIZE", "NONE"]}).steps == [
            "update"
        ]
        again = stack.plugin.apply(web, {"image": made, "envs": ["SIZE", "COLOUR"]})
        assert again.steps == ["create", "delete"]
        assert "COLOUR=red" not in stack.run(again, "env").splitlines()
        stack.plugin.delete(again)
    finally:
        for each in stack.api.containers(all=True, filters={"ancestor": made}):
            stack.api.remove_container(each["Id"], force=True)
        stack.api.remove_image(made, force=True)


@pytest.mark.engine
def test_mounts_of_another_container_are_shared(stack: Stack) -> None:
    one = stack.container("one", mounts=[{"type": "volume", "source": "", "target": "/data"}])
    two = stack.container("two", volumes=[{"fromContainer": one.id, "readOnly": True}])
    stack.run(one, "touch", "/data/here")
    assert stack.run(two, "ls", "/data") == "here\n"
    assert stack.plugin.apply(stack.plugin.read_existing(two), two.inputs).steps == []
