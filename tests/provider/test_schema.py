"""The schema that the plugin serves: what Pulumi makes of it, for every resource type."""

from __future__ import annotations

import inspect
import json
import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi_docker
import pytest

from causeway.provider.protocol.schema import schema
from causeway.provider.resource.kind import ResourceKind
from causeway.provider.resource_types import FUNCTIONS, KINDS, OWN_KINDS
from tests.provider.plugin import PLUGIN, ROOT


@pytest.fixture(scope="module")
def served() -> dict[str, Any]:
    """As the plugin tells it, which is JSON."""
    told: dict[str, Any] = json.loads(json.dumps(schema(list(KINDS))))
    return told


@pytest.mark.engine  # It needs the Pulumi CLI.
def test_pulumi_takes_the_schema_as_it_is_served(served: dict[str, Any], tmp_path: Path) -> None:
    """Pulumi refuses one with an unknown type or a wrong reference."""
    done = subprocess.run(
        [
            str(ROOT / ".venv" / "bin" / "pulumi"),
            *(
                "package",
                "get-schema",
                PLUGIN,
            ),
        ],
        cwd=tmp_path,
        env={**os.environ, "PULUMI_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    read = json.loads(done.stdout)
    assert (read["name"], set(read["types"])) == ("docker", set(served["types"]))
    assert {token: set(each["inputProperties"]) for token, each in read["resources"].items()} == {
        token: set(each["inputProperties"]) for token, each in served["resources"].items()
    }


@pytest.mark.parametrize("kinds", [KINDS, OWN_KINDS], ids=["sdk", "own"])
def test_what_is_served_is_found_under_its_own_name(kinds: Mapping[str, ResourceKind]) -> None:
    assert {token: kind.token for token, kind in kinds.items()} == {token: token for token in kinds}


def test_what_is_served_is_made_once() -> None:
    token = "docker:index/network:Network"
    first = KINDS[token]
    assert KINDS[token] is first


def test_every_function_of_the_sdk_is_served_and_two_of_ours() -> None:
    offered = {
        name.removesuffix("_output")
        for name, value in inspect.getmembers(pulumi_docker, inspect.isfunction)
        if name.startswith("get_")
    }
    served = {function.__name__ for function in FUNCTIONS.values()}
    assert served == offered | {"get_engine", "get_volume"}


def test_every_resource_type_is_described(served: dict[str, Any]) -> None:
    assert served["name"] == "docker"
    assert set(served["resources"]) == set(KINDS)
    required = {token: each["requiredInputs"] for token, each in served["resources"].items()}
    assert required["docker:index/tag:Tag"] == ["sourceImage", "targetImage"]
    for token, resource in served["resources"].items():
        assert set(required[token]) - set(resource["inputProperties"]) == set(), token


def test_every_reference_leads_to_a_type(served: dict[str, Any]) -> None:
    found = set(re.findall(r'"#/types/([^"]+)"', json.dumps(served)))
    assert found == set(served["types"])


def test_inputs_have_the_types_of_the_sdk(served: dict[str, Any]) -> None:
    container = served["resources"]["docker:index/container:Container"]
    inputs = container["inputProperties"]
    assert container["requiredInputs"] == ["image"]
    assert inputs["mustRun"] == {"type": "boolean"}
    assert inputs["memory"] == {"type": "integer"}
    assert inputs["command"] == {"type": "array", "items": {"type": "string"}}
    assert inputs["sysctls"] == {"type": "object", "additionalProperties": {"type": "string"}}
    port = served["types"]["docker:index/ContainerPort:ContainerPort"]
    assert inputs["ports"]["items"] == {"$ref": "#/types/docker:index/ContainerPort:ContainerPort"}
    assert port["required"] == ["internal"]
    assert port["properties"]["ip"] == {"type": "string"}
    mount = served["types"]["docker:index/ContainerMount:ContainerMount"]
    assert mount["properties"]["tmpfsOptions"] == {
        "$ref": "#/types/docker:index/ContainerMountTmpfsOptions:ContainerMountTmpfsOptions"
    }


def test_outputs_are_described_too(served: dict[str, Any]) -> None:
    container = served["resources"]["docker:index/container:Container"]
    datas = container["properties"]["networkDatas"]
    token = "docker:index/ContainerNetworkData:ContainerNetworkData"
    assert datas == {"type": "array", "items": {"$ref": f"#/types/{token}"}}
    assert served["types"][token]["properties"]["ipPrefixLength"] == {"type": "integer"}
