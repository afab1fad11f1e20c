"""Reach as users meet it: a mistake refused at preview, what a change opens told before it is made.

The tests of this module tell one story on one engine and run in the order they stand in.
"""

from __future__ import annotations

import json

import docker
import pytest

from tests.end_to_end.project import Outcome, Project, snapshot
from tests.engines import Engine
from tests.tiny_image import TINY

COMPOSE = f"""\
services:
  nginx:
    image: {TINY}
    ports: ["8095:80"]
    networks: [frontend]
  flask_app:
    image: {TINY}
    expose: ["5000"]
    networks: [frontend, backend]
  database:
    image: {TINY}
    expose: ["5432"]
    networks: [backend]
networks:
  frontend:
  backend:
    internal: true
x-causeway:
  never: [nginx -> database]
  always: ["world -> nginx:80"]
"""
FILE = "stacks/reach/compose.yaml"


@pytest.fixture(scope="module")
def tiers(project: Project) -> Project:
    project.write_stack("reach", COMPOSE)
    return project


def change(project: Project, old: str, new: str) -> None:
    path = project.folder / FILE
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


@pytest.fixture(scope="module")
def first(tiers: Project) -> Outcome:
    return tiers.pulumi("up", "--stack", "reach").succeeded()


def test_the_first_update_has_nothing_to_compare_with(first: Outcome) -> None:
    assert "reach:" not in first.output


def test_a_preview_without_change_says_nothing_of_reach(tiers: Project, first: Outcome) -> None:
    shown = tiers.pulumi("preview", "--stack", "reach").succeeded()
    assert "reach:" not in shown.output


def test_nginx_on_the_backend_is_refused_with_the_path_and_nothing_changes(
    tiers: Project, first: Outcome, api: docker.APIClient
) -> None:
    before = snapshot(api)
    change(tiers, "    networks: [frontend]\n", "    networks: [frontend, backend]\n")
    for command in ("preview", "up"):
        tiers.pulumi(command, "--stack", "reach").refused(
            f"{FILE}:19: x-causeway.never[0]: never nginx -> database: "
            "but nginx -> database:5432/tcp is open",
            f"1. nginx is on network backend  ({FILE}:5)",
            f"2. database is on network backend  ({FILE}:13)",
        )
    assert snapshot(api) == before
    path = tiers.folder / FILE
    path.write_text(path.read_text().replace("[frontend, backend]", "[frontend]", 1))


def test_a_port_opened_to_the_world_is_seen_in_the_preview(tiers: Project, first: Outcome) -> None:
    change(
        tiers,
        '    expose: ["5000"]\n',
        '    expose: ["5000"]\n    ports: ["8096:5000"]\n',
    )
    shown = tiers.pulumi("preview", "--stack", "reach").succeeded()
    assert "warning: reach: this opens 1 flow" in shown.output
    assert (
        f"+ world -> flask_app:5000/tcp  published port 0.0.0.0:8096/tcp  ({FILE}:9)"
        in shown.output
    )
    assert "reach: 1 opened, 0 closed, 7 unchanged" in shown.output


def test_the_command_tells_the_same_difference_from_the_state(
    tiers: Project, first: Outcome
) -> None:
    told = tiers.run(str(tiers.folder / ".venv/bin/causeway"), "diff", "--stack", "reach", "--json")
    assert told.code == 1
    found = json.loads(told.output)
    assert [(each["source"], each["destination"], each["port"]) for each in found["gained"]] == [
        ("world", "flask_app", 5000)
    ]
    assert (found["lost"], found["unchanged"]) == ([], 7)


def test_a_failed_update_is_compared_with_the_last_one_that_ended_well(
    tiers: Project, first: Outcome
) -> None:
    path = tiers.folder / FILE
    path.write_text(path.read_text() + f"# {TINY}\n")
    good = path.read_text()
    change(tiers, "  database:\n", "  broken:\n    image: causeway-test/absent:1\n  database:\n")
    tiers.pulumi("up", "--stack", "reach").refused("absent")
    path.write_text(good)
    shown = tiers.pulumi("preview", "--stack", "reach").succeeded()
    assert "warning: reach: this opens 1 flow" in shown.output


def test_after_the_update_there_is_no_difference_left(tiers: Project, first: Outcome) -> None:
    tiers.pulumi("up", "--stack", "reach").succeeded()
    shown = tiers.pulumi("preview", "--stack", "reach").succeeded()
    assert "reach:" not in shown.output
    told = tiers.run(str(tiers.folder / ".venv/bin/causeway"), "diff", "--stack", "reach")
    assert (told.code, told.output) == (0, "reach: 0 opened, 0 closed, 8 unchanged\n")


def test_what_closes_is_told_more_quietly(tiers: Project, first: Outcome) -> None:
    change(tiers, '    ports: ["8096:5000"]\n', "")
    shown = tiers.pulumi("preview", "--stack", "reach").succeeded()
    assert "warning: reach" not in shown.output
    assert "reach: this closes 1 flow" in shown.output


LOOPBACK = f"""\
services:
  database:
    image: {TINY}
    ports: ["127.0.0.1:5432:5432"]
x-causeway:
  never: [world -> database]
"""
OPEN = "never world -> database: but lan -> database:5432/tcp is open"
UNTOLD = "never world -> database: it is unknown whether lan -> database:5432/tcp is open"


@pytest.fixture(scope="module")
def loopback(project: Project) -> Project:
    project.write_stack("loopback", LOOPBACK)
    return project


def test_an_old_engine_opens_a_loopback_port_to_its_segment(loopback: Project) -> None:
    loopback.pulumi("preview", "--stack", "loopback").refused(OPEN)


def test_a_current_engine_keeps_it_closed(loopback: Project, current_engine: Engine) -> None:
    shown = loopback.pulumi("preview", "--stack", "loopback", DOCKER_HOST=current_engine.host)
    assert "lan ->" not in shown.succeeded().output


def test_the_configured_version_counts_before_the_engines(loopback: Project) -> None:
    config = loopback.folder / "Pulumi.loopback.yaml"
    written = config.read_text()
    config.write_text(written + '  causeway:engineVersion: "28"\n')
    shown = loopback.pulumi("preview", "--stack", "loopback").succeeded()
    config.write_text(written)
    assert "lan ->" not in shown.output


def test_a_plugin_that_does_not_tell_the_version_leaves_a_warning(loopback: Project) -> None:
    # As the official plugin: it knows the resources and functions of its SDK, and no others.
    plugin = loopback.folder / "causeway" / "provider" / "resource_types.py"
    written = plugin.read_text()
    plugin.write_text(written.replace('ENGINE_FUNCTION: "', '"docker:index/x:x": "'))
    shown = loopback.pulumi("preview", "--stack", "loopback").succeeded()
    plugin.write_text(written)
    assert UNTOLD in shown.output
    assert "getEngine" not in shown.output


def test_without_an_engine_nothing_is_claimed_of_it(loopback: Project) -> None:
    shown = loopback.pulumi("preview", "--stack", "loopback", DOCKER_HOST="unix:///nowhere.sock")
    shown.refused(UNTOLD, "/nowhere.sock")


def test_destroy_needs_no_record(tiers: Project, first: Outcome) -> None:
    tiers.pulumi("destroy", "--stack", "reach").succeeded()


INNER = f"""\
services:
  database:
    image: {TINY}
    networks: [inner]
  web:
    image: {TINY}
    ports: ["8096:80"]
    networks: [front]
networks:
  inner: {{internal: true}}
  front: {{}}
x-causeway:
  never: [database -> web]
"""


def test_the_preview_judges_by_the_firewall_backend_of_the_engine(
    project: Project, current_engine: Engine
) -> None:
    project.write_stack("inner", INNER)
    asked = ("preview", "--stack", "inner")
    project.pulumi(*asked, DOCKER_HOST=current_engine.host).succeeded()
    with Engine.start("current") as engine:
        engine.settings["firewall-backend"] = "nftables"
        engine.restart()
        shown = project.pulumi(*asked, DOCKER_HOST=engine.host)
    shown.refused(
        "inner/compose.yaml:13: x-causeway.never[0]: never database -> web: but "
        "database -> web:80/tcp is open"
    )
