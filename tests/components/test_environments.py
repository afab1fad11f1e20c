"""Subnets of other environments: told with both lines, refused where both go to one engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from causeway.model.environments import require_distinct_subnets
from causeway.model.errors import StackError, render
from causeway.model.load import load
from causeway.model.rules.pool import AddressPool, read_pool
from components.environments import other_environments

FILE = """\
services:
  web: {image: "web:1", networks: [lan]}
networks:
  lan:
    ipam:
      config:
        - subnet: SUBNET
"""
POOLED = 'services: {web: {image: "web:1", networks: [lan]}}\nnetworks:\n  lan:\n'


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("Pulumi.yaml").write_text("name: shop\n")
    return tmp_path


def environment(name: str, text: str, *more: str) -> None:
    Path(f"{name}.yaml").write_text(text)
    lines = ["config:", f"  causeway:files: [{name}.yaml]", *(f"  {line}" for line in more)]
    Path(f"Pulumi.{name}.yaml").write_text("\n".join(lines) + "\n")


def told(pool: AddressPool | None = None, **values: str) -> str:
    """What a preview of dev says of the others; `values` is its configuration."""
    loaded = load(["dev.yaml"], name="shop-dev", address_pool=pool)
    given = {key.replace("_", ":"): value for key, value in values.items()}
    others = other_environments(loaded.stack, "dev", given)
    return render({*loaded.warnings, *require_distinct_subnets(loaded, others)}, str(Path.cwd()))


def on(subnet: str) -> str:
    return FILE.replace("SUBNET", subnet)


def test_a_subnet_that_another_environment_declares_is_told_with_both_lines() -> None:
    environment("dev", on("10.1.0.0/16"))
    environment("prod", "# a comment\n" + on("10.1.2.0/24"))
    environment("staging", on("10.2.0.0/16"))
    assert told() == (
        "dev.yaml:7: networks.lan.ipam.config[0].subnet: warning: 10.1.0.0/16 overlaps 10.1.2.0/24 "
        "of stack prod (prod.yaml:8): on one engine only one of them can be up; give each stack "
        "its own subnet, for example as `${SUBNET}` from causeway:variables"
    )


def test_a_subnet_from_each_environments_variables_is_no_overlap() -> None:
    environment("dev", on("10.1.0.0/24"))
    environment("prod", on("${SUBNET}"), "causeway:variables: {SUBNET: 10.2.0.0/24}")
    assert told() == ""
    environment("prod", on("${SUBNET}"), "causeway:variables: {SUBNET: 10.1.0.0/24}")
    assert "prod.yaml:7" in told()


def test_subnets_of_two_pools_are_compared_too() -> None:
    environment("dev", POOLED)
    environment("prod", POOLED, "causeway:addressPool: {base: 10.9.0.0/24, size: 24}")
    assert told(read_pool("10.9.0.0/24")) == (
        "dev.yaml:3: networks.lan (causeway:addressPool): warning: 10.9.0.0/24 overlaps "
        "10.9.0.0/24 of stack prod (prod.yaml:3): on one engine only one of them can be up; "
        "set another causeway:addressPool for one of them"
    )


def test_environments_of_different_engines_are_no_matter() -> None:
    environment("dev", on("10.1.0.0/24"))
    environment("prod", on("10.1.0.0/24"), "docker:host: ssh://prod.example")
    assert told(docker_host="ssh://dev.example") == ""


def test_environments_that_name_the_same_engine_are_refused() -> None:
    environment("dev", on("10.1.0.0/24"))
    environment("prod", on("10.1.0.0/24"), "docker:host: ssh://one.example")
    with pytest.raises(StackError, match=r"dev\.yaml:7: .* \(prod\.yaml:7\) on the same engine"):
        told(docker_host="ssh://one.example")


def test_an_environment_that_cannot_be_loaded_tells_it_in_its_own_preview() -> None:
    environment("dev", on("10.1.0.0/24"))
    environment("prod", on("10.1.0.0/24").replace("image", "imagine"))
    environment("broken", "", "nonsense: [")
    assert told() == ""


def test_an_environment_without_subnets_is_not_even_loaded() -> None:
    environment("dev", on("10.1.0.0/24"))
    environment("prod", POOLED)
    stack = load(["dev.yaml"], name="shop-dev").stack
    assert other_environments(stack, "dev", {}) == []


def test_encrypted_values_are_no_hindrance() -> None:
    environment("dev", on("10.1.0.0/24"))
    environment("prod", on("10.1.0.0/24"), "causeway:variables: {PASSWORD: {secure: v1:abc=}}")
    assert "stack prod (prod.yaml:7)" in told()
