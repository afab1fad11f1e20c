"""With the shortcuts and without them: the same deployment, the same state, the same words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.end_to_end.project import Project
from tests.tiny_image import TINY

STACK = "shortcuts"
COMPOSE = f"""\
services:
  web:
    image: {TINY}
    command: [sleep, "1000"]
    stop_grace_period: 0s
    networks: [lan]
networks:
  lan: {{}}
"""


@pytest.fixture(scope="module")
def slow(project: Project) -> Iterator[Project]:
    """The stack, deployed with the shortcuts off."""
    project.write_stack(STACK, COMPOSE)
    pulumi(project, "up", CAUSEWAY_SHORTCUTS="off")
    yield project
    pulumi(project, "destroy")


def pulumi(project: Project, *words: str, **variables: str) -> str:
    # The whole run of the tests may have them off.
    chosen = {"CAUSEWAY_SHORTCUTS": "on"} | variables
    return project.pulumi(*words, "--stack", STACK, **chosen).succeeded().output


def state(project: Project) -> dict[str, Any]:
    """The state, by resource, without the times and without places in the program."""
    deployment = json.loads(pulumi(project, "stack", "export"))["deployment"]
    left_out = ("sourcePosition", "stackTrace", "created", "modified")
    found = {}
    for each in deployment["resources"]:
        # The SDK writes these in another order each time.
        each["dependencies"] = sorted(each.get("dependencies", []))
        for urns in each.get("propertyDependencies", {}).values():
            (urns or []).sort()
        found[each["urn"]] = {key: value for key, value in each.items() if key not in left_out}
    return found


def test_an_existing_stack_is_unchanged_by_them_in_both_directions(slow: Project) -> None:
    before = state(slow)
    assert any("docker:index/container:Container::" in urn for urn in before)
    pulumi(slow, "up", "--expect-no-changes")
    assert state(slow) == before
    pulumi(slow, "up", "--expect-no-changes", CAUSEWAY_SHORTCUTS="off")
    assert state(slow) == before


def test_debug_lines_of_the_sdk_are_shown_to_those_who_ask(slow: Project) -> None:
    line = "resource registration successful: ty=docker:index/container:Container"
    assert line in pulumi(slow, "preview", "--debug")
    assert line in pulumi(slow, "preview", "--debug", CAUSEWAY_SHORTCUTS="off")
    assert line in pulumi(slow, "preview", "--logtostderr", "-v=9")
    assert line not in pulumi(slow, "preview")


def test_pulumi_learns_the_packages_from_the_record(slow: Project) -> None:
    record = slow.folder / ".venv" / "causeway.pip-list"
    record.unlink(missing_ok=True)
    pulumi(slow, "preview", CAUSEWAY_SHORTCUTS="off")
    assert not record.exists()
    pulumi(slow, "preview")
    made = record.read_bytes()
    assert b'{"name": "pulumi_docker", "version": "' in made
    pulumi(slow, "preview")
    assert record.read_bytes() == made
