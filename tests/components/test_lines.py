"""The record of lines: what it holds, and that its names are those of the registered resources."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from causeway.model.load import load
from causeway.model.loaded import Loaded
from causeway.model.rules.pool import pool
from causeway.provider.resource import source_lines as read
from causeway.provider.resource.values import Failure
from components import source_lines
from components.labels import Owner
from tests.components.recorder import declare

FILE = """\
services:
  web:
    image: web:1
    scale: 2
    networks:
      inner: {gw_priority: 1}
      front: {}
    ports: [80]
  proxy:
    image: haproxy:3
    networks: [front]
    ports: ["8080:80"]
    x-causeway: {balance: {to: web, port: 80}}
networks:
  front:
    driver_opts:
      com.docker.network.bridge.gateway_mode_ipv4: routed
  inner:
    enable_ipv6: true
    ipam:
      config:
        - subnet: "fd00::/64"
    x-causeway:
      attach:
        - container: legacy
"""
OWNER = Owner("shop", "dev")


@pytest.fixture
def loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Loaded:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "stack.yaml").write_text(FILE)
    return load(["stack.yaml"], name="shop-dev", address_pool=pool("10.80.0.0/16"))


def test_every_network_container_and_attachment_is_recorded_by_its_registered_name(
    loaded: Loaded,
) -> None:
    kinds = ("Network", "Container", "NetworkAttachment")
    registered = {
        each.label
        for each in declare(loaded.stack).registrations
        if each.type in kinds and each.parent.partition(" ")[0] in ("Network", "Service")
    }
    named = {name.rpartition("::") for name in source_lines.recorded(loaded, "")}
    assert {f"{token.rpartition(':')[2]} {name}" for token, _, name in named} == registered
    assert len(registered) == 7


@pytest.mark.parametrize(
    ("urn", "path", "line"),
    [
        (
            "docker:index/network:Network::shop-dev-front",
            "options.com.docker.network.bridge.gateway_mode_ipv4",
            "stack.yaml:17: networks.front.driver_opts.com.docker.network.bridge.gateway_mode_ipv4",
        ),
        (
            "docker:index/network:Network::shop-dev-front",
            "ipamConfigs[0].subnet",
            "stack.yaml:15: networks.front (causeway:addressPool)",
        ),
        (
            "docker:index/network:Network::shop-dev-inner",
            "ipamConfigs[1].subnet",
            "stack.yaml:22: networks.inner.ipam.config[0].subnet",
        ),
        (
            "docker:index/network:Network::shop-dev-inner",
            "ipv6",
            "stack.yaml:19: networks.inner.enable_ipv6",
        ),
        (
            "docker:index/container:Container::shop-dev-web-2",
            "networksAdvanced[1].gwPriority",
            "stack.yaml:6: services.web.networks.inner.gw_priority",
        ),
        (
            "docker:index/container:Container::shop-dev-web-1",
            "ports[0].internal",
            "stack.yaml:8: services.web.ports",
        ),
        (
            "docker:index/container:Container::shop-dev-proxy-1-network",
            "memory",
            "stack.yaml:9: services.proxy",
        ),
        (
            "causeway:index:NetworkAttachment::shop-dev-inner-legacy",
            "container",
            "stack.yaml:25: networks.inner.x-causeway.attach[0]",
        ),
    ],
)
def test_the_plugin_finds_the_line_of_an_input(
    loaded: Loaded, urn: str, path: str, line: str
) -> None:
    source_lines.write_record(OWNER, loaded)
    parents = "causeway:components:Stack$causeway:components:Network"
    assert read.line_of(f"urn:pulumi:dev::shop::{parents}${urn}", path) == line


def test_other_stacks_resources_and_folders_have_no_line(
    loaded: Loaded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source_lines.write_record(OWNER, loaded)
    network = "docker:index/network:Network"
    assert read.line_of(f"urn:pulumi:prod::shop::{network}::shop-dev-front", "driver") is None
    assert read.line_of(f"urn:pulumi:dev::shop::{network}::shop-dev-back", "driver") is None
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path / "other")
    assert read.line_of(f"urn:pulumi:dev::shop::{network}::shop-dev-front", "driver") is None


def test_a_record_that_cannot_be_read_is_no_line(loaded: Loaded, tmp_path: Path) -> None:
    source_lines.write_record(OWNER, loaded)
    (tmp_path / ".causeway" / "lines-shop-dev.json").write_text("{")
    urn = "urn:pulumi:dev::shop::docker:index/network:Network::shop-dev-front"
    assert read.line_of(urn, "driver") is None


def test_a_folder_that_cannot_be_written_stops_nothing(loaded: Loaded, tmp_path: Path) -> None:
    (tmp_path / ".causeway").write_text("a file where the folder should be")
    source_lines.write_record(OWNER, loaded)
    assert (tmp_path / ".causeway").is_file()


def test_the_record_follows_the_file(loaded: Loaded, tmp_path: Path) -> None:
    source_lines.write_record(OWNER, loaded)
    (tmp_path / "stack.yaml").write_text("# a line more\n" + FILE)
    source_lines.write_record(OWNER, load(["stack.yaml"], name="shop-dev"))
    kept = json.loads((tmp_path / ".causeway" / "lines-shop-dev.json").read_text())
    named = kept["docker:index/network:Network::shop-dev-front"]
    assert named[""] == "stack.yaml:16: networks.front"
    assert sorted(each.name for each in (tmp_path / ".causeway").iterdir()) == [
        "lines-shop-dev.json"
    ]


def test_an_input_without_a_line_of_its_own_is_named(loaded: Loaded) -> None:
    source_lines.write_record(OWNER, loaded)
    parents = "urn:pulumi:dev::shop::causeway:components:Stack$causeway:components:Service"
    proxy = f"{parents}$docker:index/container:Container::shop-dev-proxy-1"
    assert read.placed(proxy, Failure("memory", "is no size")) == (
        "stack.yaml:9: services.proxy: memory: is no size"
    )
    web = f"{parents}$docker:index/container:Container::shop-dev-web-1"
    assert read.placed(web, Failure("ports[0].internal", "is no port")) == (
        "stack.yaml:8: services.web.ports: is no port"
    )
    legacy = f"{parents}$causeway:index:NetworkAttachment::shop-dev-inner-legacy"
    assert read.placed(legacy, Failure("container", "is not there")) == (
        "stack.yaml:25: networks.inner.x-causeway.attach[0]: is not there"
    )
    assert read.placed(f"{proxy}-more", Failure("memory", "is no size")) == "is no size"
