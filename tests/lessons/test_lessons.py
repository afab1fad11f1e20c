"""Every lesson, deployed with the real `pulumi` and looked into from its containers."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import docker
import pytest

from causeway.cli.lesson import FOLDER, LessonContext, play
from causeway.lessons.lesson import Lesson, lessons
from tests.end_to_end.project import ROOT, Project, snapshot
from tests.engines import Engine

LESSONS = lessons(ROOT / FOLDER)
# The engine makes it for the first overlay network and keeps it.
OF_THE_SWARM = "docker_gwbridge"
assert len(LESSONS) >= 22, "lessons are missing"


def copied(lesson: Lesson, project: Project) -> Lesson:
    return dataclasses.replace(
        lesson, folder=str(project.folder / FOLDER / Path(lesson.folder).name)
    )


@contextmanager
def prepared(client: docker.APIClient, lesson: Lesson, engine: Engine) -> Iterator[None]:
    """A swarm of one machine for the lesson that needs one, and for no other."""
    if lesson.needs != "swarm":
        yield
        return
    client.init_swarm(advertise_addr=engine.address)
    try:
        yield
    finally:
        client.leave_swarm(force=True)


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: f"{lesson.number:02d}-{lesson.name}")
def test_what_is_seen_is_what_the_lesson_says(
    lesson: Lesson, room: LessonContext, project: Project, lesson_engine: Engine
) -> None:
    client = lesson_engine.api()
    with closing(client), prepared(client, lesson, lesson_engine):
        before = snapshot(client)
        before["networks"].add(OF_THE_SWARM)
        assert play(copied(lesson, project), room) == []
        after = snapshot(client)
    assert {key: after[key] - before[key] for key in ("containers", "networks", "volumes")} == {
        "containers": set(),
        "networks": set(),
        "volumes": set(),
    }
