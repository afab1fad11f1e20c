"""docs/lessons.md is made from the lessons; `make golden` writes it anew."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from causeway.cli.lesson import FOLDER
from causeway.lessons.lesson import differs, lessons, read
from causeway.lessons.page import page
from causeway.model.errors import StackError
from tests.end_to_end.project import ROOT

PAGE = ROOT / "docs" / "lessons.md"


def test_golden_page_is_made_from_the_lessons() -> None:
    known = lessons(ROOT / FOLDER)
    files = {
        (lesson.number, file.name): file.read_text()
        for lesson in known
        for file in Path(lesson.folder).glob("*.yaml")
        if file.name != "lesson.yaml"
    }
    made = page(known, files)
    if os.environ.get("CAUSEWAY_GOLDEN") == "rewrite":
        PAGE.write_text(made)
    assert PAGE.read_text() == made


def test_lessons_are_numbered_without_a_gap() -> None:
    numbers = [lesson.number for lesson in lessons(ROOT / FOLDER)]
    assert numbers == list(range(1, len(numbers) + 1))


def written(folder: Path, text: str) -> Path:
    lesson = folder / "01-short"
    lesson.mkdir()
    (lesson / "lesson.yaml").write_text(text)
    return lesson


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ("{says: x}", r"steps\[0\]: must have exactly one of run, inspect"),
        ("{in: a, run: b}", r"steps\[0\]: needs `sees` or `lacks`"),
        ("{in: a, run: b, sees: c, exit: 1}", r"steps\[0\]: unknown key 'exit' for `run`"),
        ("{in: a, run: b, sees: c}\nneeds: a cluster", r"needs: 'a cluster' is not one of swarm"),
        ("{connect: web}", r"steps\[0\]: `connect` reads SERVICE to NETWORK"),
    ],
)
def test_a_step_that_is_not_well_written_is_told(tmp_path: Path, step: str, message: str) -> None:
    lesson = written(tmp_path, f"title: t\nshows: s\nsteps:\n  - {step}\n")
    with pytest.raises(StackError, match=message):
        read(lesson)


def test_what_is_seen_is_compared_with_addresses_filled_in(tmp_path: Path) -> None:
    step = read(
        written(tmp_path, "title: t\nshows: s\nsteps: [{in: a, run: b, sees: '^{ip web}$'}]\n")
    ).steps[0]

    def fill(kind: str, word: str, network: str) -> str:
        return "10.0.0.1"

    assert differs(step, 0, "10.0.0.1\n", fill) is None
    assert differs(step, 0, "10x0.0.1\n", fill) == "the output does not contain ^{ip web}$"
    assert differs(step, 7, "10.0.0.1\n", fill) == "it ended with exit code 7"
