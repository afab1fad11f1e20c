"""The schema that the plugin serves: what Pulumi makes of it, for every resource type."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from causeway.provider.resource_types import FUNCTIONS, KINDS, OWN_KINDS
from tests.provider.plugin import PLUGIN, ROOT


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """As Pulumi reads it, which refuses one with an unknown type or a wrong reference."""
    folder: Path = tmp_path_factory.mktemp("schema")
    done = subprocess.run(
        [
            str(ROOT / ".venv" / "bin" / "pulumi"),
            *(
                "package",
                "get-schema",
                PLUGIN,
            ),
        ],
        cwd=folder,
        env={**os.environ, "PULUMI_HOME": str(folder)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def test_what_is_served_is_found_under_its_own_name() -> None:
    for served in (KINDS, OWN_KINDS):
        assert {token: kind.token for token, kind in served.items()} == {
            token: token for token in served
        }
        assert all(served[token] is served[token] for token in served)
    assert all(callable(function) for function in FUNCTIONS.values())


def test_every_resource_type_is_described(schema: dict[str, Any]) -> None:
    assert schema["name"] == "docker"
    assert set(schema["resources"]) == set(KINDS)
    for resource in schema["resources"].values():
        assert set(resource.get("requiredInputs", ())) <= set(resource["inputProperties"])


def test_inputs_have_the_types_of_the_sdk(schema: dict[str, Any]) -> None:
    container = schema["resources"]["docker:index/container:Container"]
    inputs = container["inputProperties"]
    assert container["requiredInputs"] == ["image"]
    assert inputs["mustRun"] == {"type": "boolean"}
    assert inputs["memory"] == {"type": "integer"}
    assert inputs["command"] == {"type": "array", "items": {"type": "string"}}
    assert inputs["sysctls"] == {"type": "object", "additionalProperties": {"type": "string"}}
    port = schema["types"]["docker:index/ContainerPort:ContainerPort"]
    assert inputs["ports"]["items"] == {"$ref": "#/types/docker:index/ContainerPort:ContainerPort"}
    assert port["required"] == ["internal"]
    assert port["properties"]["ip"] == {"type": "string"}
    mount = schema["types"]["docker:index/ContainerMount:ContainerMount"]
    assert mount["properties"]["tmpfsOptions"] == {
        "$ref": "#/types/docker:index/ContainerMountTmpfsOptions:ContainerMountTmpfsOptions"
    }


def test_outputs_are_described_too(schema: dict[str, Any]) -> None:
    container = schema["resources"]["docker:index/container:Container"]
    datas = container["properties"]["networkDatas"]
    token = "docker:index/ContainerNetworkData:ContainerNetworkData"
    assert datas == {"type": "array", "items": {"$ref": f"#/types/{token}"}}
    assert schema["types"][token]["properties"]["ipPrefixLength"] == {"type": "integer"}
