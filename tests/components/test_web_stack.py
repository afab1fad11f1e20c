"""The program as it stands, with the committed configuration, on a copy of the example stack."""

from __future__ import annotations

import json
import logging
import runpy
import shutil
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml

from tests.components.recorder import Recording, record

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(ROOT / "stacks", tmp_path / "stacks")
    for file in ROOT.glob("Pulumi.*.yaml"):
        shutil.copy(file, tmp_path)
    monkeypatch.chdir(tmp_path)
    # They would stay in this process, for the tests after it.
    monkeypatch.setenv("CAUSEWAY_SHORTCUTS", "off")
    return tmp_path


def run(stack: str, **config: Any) -> Recording:
    """The registrations of `__main__.py` under Pulumi.<stack>.yaml, with `config` laid over it."""
    declared = yaml.safe_load(Path(f"Pulumi.{stack}.yaml").read_text())["config"]
    declared |= {f"causeway:{key}": value for key, value in config.items()}
    texts = {key: json.dumps(value) for key, value in declared.items()}

    def program() -> None:
        pulumi.runtime.set_all_config(texts)
        runpy.run_path(str(ROOT / "__main__.py"))

    return record(program, stack=stack)


def test_the_dev_stack_registers_exactly_these_resources() -> None:
    assert run("dev").labels() == [
        "BuiltImage shop-dev-flask_app",
        "BuiltImage shop-dev-nginx",
        "Container shop-dev-flask_app-1",
        "Container shop-dev-nginx-1",
        "Image shop-dev-flask_app",
        "Image shop-dev-nginx",
        "Network shop-dev-backend",
        "Network shop-dev-backend",
        "Network shop-dev-frontend",
        "Network shop-dev-frontend",
        "Service shop-dev-flask_app",
        "Service shop-dev-nginx",
        "Stack shop-dev",
    ]


def test_nginx_is_registered_with_exactly_this() -> None:
    nginx = run("dev")["Container shop-dev-nginx-1"]

    assert nginx.inputs == {
        "image": "sha256:shop-dev-nginx",
        "labels": [
            {"label": "causeway.project", "value": "shop"},
            {"label": "causeway.replica", "value": "1"},
            {"label": "causeway.service", "value": "nginx"},
            {"label": "causeway.stack", "value": "dev"},
        ],
        "networkMode": "bridge",
        "networksAdvanced": [{"name": "shop-dev-frontend-id", "aliases": ["nginx"]}],
        "ports": [{"internal": 80, "external": 8080, "ip": "0.0.0.0", "protocol": "tcp"}],
        "healthcheck": {
            "tests": [
                "CMD",
                "curl",
                "--fail",
                "--silent",
                "--max-time",
                "3",
                "http://127.0.0.1/healthz",
            ],
            "interval": "2s",
            "timeout": "5s",
            "retries": 15,
        },
        "wait": True,
        "waitTimeout": 112,
        "destroyGraceSeconds": 10,
        "removeVolumes": False,
    }


def test_nginx_waits_for_flask_app_and_needs_its_own_image_and_network() -> None:
    nginx = run("dev")["Container shop-dev-nginx-1"]

    assert nginx.dependencies == (
        "Container shop-dev-flask_app-1",
        "Image shop-dev-nginx",
        "Network shop-dev-frontend",
    )


def test_flask_app_lies_on_both_networks_and_publishes_nothing() -> None:
    flask_app = run("dev")["Container shop-dev-flask_app-1"].inputs

    assert flask_app["networksAdvanced"] == [
        {"name": "shop-dev-backend-id", "aliases": ["flask_app"]},
        {"name": "shop-dev-frontend-id", "aliases": ["flask_app"]},
    ]
    assert "ports" not in flask_app


@pytest.mark.parametrize(("stack", "replicas"), [("dev", 1), ("staging", 2), ("prod", 3)])
def test_each_environment_has_its_own_number_of_replicas(stack: str, replicas: int) -> None:
    labels = run(stack).labels()

    found = [label for label in labels if label.startswith(f"Container shop-{stack}-flask_app-")]
    assert len(found) == replicas


@pytest.mark.parametrize(
    ("stack", "container", "port"),
    [("dev", "nginx-1", 8080), ("staging", "nginx-1", 8081), ("prod", "nginx-1-network", 8082)],
)
def test_each_environment_has_its_own_port(stack: str, container: str, port: int) -> None:
    nginx = run(stack)[f"Container shop-{stack}-{container}"].inputs

    assert [each["external"] for each in nginx["ports"]] == [port]


def test_no_two_environments_share_a_name() -> None:
    names = [
        {each.name for each in run(stack).registrations} for stack in ("dev", "staging", "prod")
    ]

    assert names[0] & names[1] == names[0] & names[2] == names[1] & names[2] == set()


def test_production_is_limited_and_read_only() -> None:
    flask_app = run("prod")["Container shop-prod-flask_app-2"].inputs

    assert {
        key: flask_app[key]
        for key in ("restart", "readOnly", "tmpfs", "cpus", "memory", "capabilities")
    } == {
        "restart": "always",
        "readOnly": True,
        "tmpfs": {"/tmp": ""},
        "cpus": "0.5",
        "memory": 256,
        "capabilities": {"drops": ["ALL"]},
    }


def test_a_replaced_image_is_built_on_and_told(
    project: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (project / "causeway.local.yaml").write_text("images:\n  python:3.9-slim: local/python:1\n")
    with caplog.at_level(logging.INFO):
        image = run("dev")["Image shop-dev-flask_app"].inputs

    assert image["build"]["args"] == {"PYTHON_IMAGE": "local/python:1"}
    assert (
        "flask_app: uses the stand-in local/python:1 for python:3.9-slim (causeway.local.yaml)"
        in caplog.messages
    )


def test_a_mistake_in_the_stack_ends_the_program_without_a_traceback() -> None:
    with pytest.raises(pulumi.RunError, match=r"nowhere\.yaml: cannot be read"):
        run("dev", files=["nowhere.yaml"])


def test_a_misspelt_key_ends_the_program_without_a_traceback() -> None:
    with pytest.raises(pulumi.RunError, match="causeway:file: unknown key; did you mean"):
        run("dev", file=["a.yaml"])
