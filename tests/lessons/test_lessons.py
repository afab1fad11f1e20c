"""Every lesson, deployed with the real `pulumi` and looked into from its containers."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from cli.lesson import FOLDER, Classroom, play
from model.lesson import Lesson, lessons
from tests.end_to_end.project import ROOT, Project, snapshot
from tests.engines import Engine

LESSONS = lessons(ROOT / FOLDER)
assert len(LESSONS) >= 17, "lessons are missing"


def copied(lesson: Lesson, project: Project) -> Lesson:
    return dataclasses.replace(
        lesson, folder=str(project.folder / FOLDER / Path(lesson.folder).name)
    )


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: f"{lesson.number:02d}-{lesson.name}")
def test_what_is_seen_is_what_the_lesson_says(
    lesson: Lesson, room: Classroom, project: Project, lesson_engine: Engine
) -> None:
    client = lesson_engine.api()
    before = snapshot(client)
    try:
        assert play(copied(lesson, project), room) == []
        after = snapshot(client)
    finally:
        client.close()
    assert {key: after[key] - before[key] for key in ("containers", "networks", "volumes")} == {
        "containers": set(),
        "networks": set(),
        "volumes": set(),
    }
