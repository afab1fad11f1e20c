"""A lesson leaves the user's own stack selected."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from causeway.cli.lesson import LessonContext, Run
from causeway.lessons.lesson import MAIN, Lesson
from tests.cli.run import select

# As much of Pulumi as is used. `stack rm` takes away the selection, whichever stack it removes.
PULUMI = """#!/bin/sh
echo "$@" >> {calls}
case "$*" in
    "stack rm "*) rm {file} ;;
    "stack select prod "*) cp {kept} {file} ;;
esac
"""


@pytest.fixture
def room(tmp_path: Path) -> LessonContext:
    """A project with stack prod selected."""
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nbackend: {url: 'file://./.state'}\n")
    file, kept = select(tmp_path, "prod"), tmp_path / "kept.json"
    kept.write_text(file.read_text())
    pulumi = tmp_path / ".venv" / "bin" / "pulumi"
    pulumi.parent.mkdir(parents=True)
    places = {"calls": tmp_path / "calls", "file": file, "kept": kept}
    pulumi.write_text(
        PULUMI.format(**{name: shlex.quote(str(place)) for name, place in places.items()})
    )
    pulumi.chmod(0o755)
    return LessonContext(tmp_path, {"PULUMI_HOME": str(tmp_path / ".pulumi-home"), "PATH": "/bin"})


def run(room: LessonContext) -> Run:
    folder = str(room.folder / "stacks" / "lessons" / "01-bridge")
    lesson = Lesson(1, "bridge", folder, "Bridge", "", variables=(), steps=())
    made = Run(lesson, room, {})
    made.deploy(MAIN, ("compose.yaml",))
    return made


def test_the_selected_stack_is_selected_after_a_lesson(room: LessonContext) -> None:
    assert run(room).remove(MAIN)[0] == 0
    assert room.selected == "prod"


def test_without_a_selection_none_is_made(room: LessonContext) -> None:
    for file in (room.folder / ".pulumi-home" / "workspaces").iterdir():
        file.write_text('{"stacks": {}}')
    assert run(room).remove(MAIN)[0] == 0
    assert room.selected == ""
