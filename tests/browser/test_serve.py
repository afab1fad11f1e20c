"""`causeway draw --serve`: the page follows files and containers while somebody looks at it."""

from __future__ import annotations

import http.client
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import docker
import pytest

from tests.browser.chromium import Browser
from tests.engines import Engine
from tests.picture import ROOT
from tests.tiny_image import TINY

COMPOSE = """\
services:
  web: {image: "example:1", networks: [front]}
  database: {image: "example:1", networks: [back]}
networks: {front: {}, back: {}}
"""
JOINED = COMPOSE.replace("networks: [back]", "networks: [back, front]")


@contextmanager
def served(folder: Path, *arguments: str, host: str = "") -> Iterator[str]:
    """The address of a page that is served for a while."""
    command: Sequence[str] = [sys.executable, "-m", "causeway.cli", "draw", "--serve", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "DOCKER_HOST": host}
    with subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            said = process.stdout.readline()
            found = re.search(r"http://127\.0\.0\.1:\d+/", said)
            assert found, said + process.stdout.read()
            yield found[0]
            process.send_signal(signal.SIGINT)
            assert process.wait(20) == 0
        finally:
            process.kill()


@pytest.fixture(autouse=True)
def _no_page_of_a_server_that_has_ended(chromium: Browser) -> None:
    chromium.open("about:blank")
    chromium.events.clear()


def networks_of(name: str) -> str:
    """As the page says it; nothing while the page is being loaded."""
    return f"document.querySelector('#service-{name}')?.ariaLabel.split('; ')[1]"


def test_page_follows_its_file_and_keeps_what_is_chosen(chromium: Browser, tmp_path: Path) -> None:
    file = tmp_path / "compose.yaml"
    file.write_text(COMPOSE)
    with served(tmp_path, "--file", str(file)) as address:
        chromium.open(address)
        chromium.click("#service-database")
        assert chromium.run(networks_of("database")) == "on back"
        file.write_text(JOINED)
        chromium.until(f"{networks_of('database')} === 'on back and front'")
        chromium.until("document.querySelector('#panel h2')?.textContent === 'database'")
        assert chromium.run("document.querySelector('#live').textContent") == "live"
        assert chromium.errors() == []


def test_page_stays_and_says_why_when_its_file_is_wrong(chromium: Browser, tmp_path: Path) -> None:
    file = tmp_path / "compose.yaml"
    file.write_text(COMPOSE)
    with served(tmp_path, "--file", str(file)) as address:
        chromium.open(address)
        file.write_text("services: {web: {networks: [front]}}\n")
        chromium.until("document.querySelector('#live.late') !== null")
        assert chromium.run("document.querySelectorAll('.card').length") == 2
        file.write_text(COMPOSE)
        chromium.until("document.querySelector('#live.late') === null")


def test_names_of_other_machines_get_no_page(tmp_path: Path) -> None:
    """A page elsewhere may have its own name resolved to this machine."""
    (tmp_path / "compose.yaml").write_text(COMPOSE)
    with served(tmp_path, "--file", "compose.yaml") as address:
        port = int(address.rstrip("/").rpartition(":")[2])
        statuses = {}
        for host, path in (("localhost", "/"), ("evil.example", "/"), ("localhost", "/etc/passwd")):
            connection = http.client.HTTPConnection("127.0.0.1", port)
            connection.request("GET", path, headers={"Host": f"{host}:{port}"})
            statuses[host, path] = connection.getresponse().status
            connection.close()
    assert statuses == {
        ("localhost", "/"): 200,
        ("evil.example", "/"): 403,
        ("localhost", "/etc/passwd"): 404,
    }


@pytest.fixture
def deployed(api: docker.APIClient, scratch: str, tmp_path: Path) -> dict[str, str]:
    """Two services as a stack has them on the engine, each on a network of its own."""
    prefix = f"{scratch}-dev"
    (tmp_path / "Pulumi.yaml").write_text(f"name: {scratch}\nruntime: python\n")
    (tmp_path / "Pulumi.dev.yaml").write_text("config:\n  causeway:files: [compose.yaml]\n")
    (tmp_path / "compose.yaml").write_text(COMPOSE + 'x-causeway: {never: ["web -> database"]}\n')
    found = {}
    for service, network in (("web", "front"), ("database", "back")):
        labels = {"causeway.project": scratch, "causeway.stack": "dev"}
        api.create_network(f"{prefix}_{network}", labels=labels)
        made = api.create_container(
            TINY,
            name=f"{prefix}-{service}-1",
            labels={**labels, "causeway.service": service, "causeway.replica": "1"},
            host_config=api.create_host_config(network_mode=f"{prefix}_{network}"),
        )
        api.start(made["Id"])
        found[service] = made["Id"]
    return {**found, "front": f"{prefix}_front"}


def test_page_follows_the_running_stack(
    chromium: Browser,
    engine: Engine,
    api: docker.APIClient,
    deployed: dict[str, str],
    tmp_path: Path,
) -> None:
    with served(tmp_path, "--stack", "dev", host=engine.host) as address:
        chromium.open(address)
        assert chromium.run(networks_of("database")) == "on back"
        assert chromium.run("document.querySelectorAll('td.broken').length") == 0
        api.connect_container_to_network(deployed["database"], deployed["front"])
        chromium.until(f"{networks_of('database')} === 'on back and front'")
        assert chromium.run("document.querySelectorAll('td.broken').length") == 1
        assert chromium.errors() == []
