"""`pulumi import` of what somebody else made, and the program that Pulumi writes for it."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import docker
import pytest

from tests.engines import Engine
from tests.provider.plugin import ROOT
from tests.tiny_image import TINY

PULUMI = str(ROOT / ".venv" / "bin" / "pulumi")


class Program:
    def __init__(self, folder: Path, host: str) -> None:
        self.folder = folder
        kept = {key: value for key, value in os.environ.items() if not key.startswith("PULUMI_")}
        own = {
            "DOCKER_HOST": host,
            "PULUMI_HOME": str(folder / "home"),
            "PULUMI_CONFIG_PASSPHRASE": "",
        }
        self.variables = kept | own
        (folder / ".pulumi-state").mkdir()
        (folder / "Pulumi.yaml").write_text(
            "name: taken\nruntime: python\nbackend: {url: 'file://./.pulumi-state'}\n"
            f"plugins: {{providers: [{{name: docker, path: {ROOT}/causeway/provider}}]}}\n"
        )
        self.file.write_text("")
        self.run("stack", "init", "test")

    def run(self, *arguments: str) -> str:
        done = subprocess.run(
            [PULUMI, *arguments, "--non-interactive", "--color=never"],
            cwd=self.folder,
            env=self.variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=180,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    @property
    def file(self) -> Path:
        return self.folder / "__main__.py"

    def take(self, *found: tuple[str, str, str]) -> None:
        """Import (type, name, id) of each, and let Pulumi write the program."""
        wanted = [
            {
                "type": f"docker:index/{kind[0].lower()}{kind[1:]}:{kind}",
                "name": name,
                "id": identity,
            }
            for kind, name, identity in found
        ]
        listed = self.folder / "wanted.json"
        listed.write_text(json.dumps({"resources": wanted}))
        plain = ("--protect=false", "--yes", "--skip-preview", "--out", str(self.file))
        self.run("import", "--file", str(listed), *plain)

    def resources(self) -> list[dict[str, Any]]:
        exported = json.loads(self.run("stack", "export"))
        found: list[dict[str, Any]] = exported["deployment"]["resources"]
        return [each for each in found if each["type"].startswith("docker:")]


@pytest.fixture
def program(engine: Engine, tmp_path: Path) -> Program:
    return Program(tmp_path, engine.host)


def test_what_is_imported_previews_without_changes(
    program: Program, api: docker.APIClient, scratch: str
) -> None:
    pool = docker.types.IPAMPool(subnet="10.94.0.0/24", gateway="10.94.0.9")
    network = api.create_network(
        f"{scratch}net", internal=True, ipam=docker.types.IPAMConfig(pool_configs=[pool])
    )["Id"]
    api.create_volume(f"{scratch}data", labels={"team": "web"})
    container = api.create_container(
        TINY,
        ["sleep", "1d"],
        name=f"{scratch}web",
        environment={"MODE": "test"},
        labels={"team": "web"},
        stop_signal="SIGKILL",
        volumes=["/data"],
        host_config=api.create_host_config(
            network_mode=network, binds=[f"{scratch}data:/data"], mem_limit="64m"
        ),
        networking_config={"EndpointsConfig": {network: {"Aliases": ["web"]}}},
    )["Id"]
    api.start(container)

    program.take(
        ("Network", "net", network),
        ("Volume", "data", f"{scratch}data"),
        ("RemoteImage", "tiny", TINY),
        ("Container", "web", container),
    )

    assert len(program.resources()) == 4
    program.run("preview", "--expect-no-changes")
    program.run("refresh", "--expect-no-changes", "--yes", "--skip-preview")
    assert api.inspect_container(container)["State"]["Running"]
