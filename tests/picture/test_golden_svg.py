"""Pictures byte by byte; `make golden` rewrites them, and somebody looks at them."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from causeway.drawing.picture import as_svg
from causeway.model.extension.assertions import check_assertions
from causeway.model.load import load
from causeway.model.reach import EngineFacts, reach
from causeway.model.values import Stack
from tests.picture import ROOT, five, sixty, twelve

GOLDEN = ROOT / "tests" / "golden" / "picture"
REWRITE = os.environ.get("CAUSEWAY_GOLDEN") == "rewrite"


def expected(file: Path, found: str) -> str:
    if REWRITE:
        file.parent.mkdir(exist_ok=True)
        file.write_text(found, encoding="utf-8")
    return file.read_text(encoding="utf-8")


@pytest.mark.parametrize("stack", [five, twelve, sixty], ids=lambda stack: stack.__name__)
def test_stack_is_drawn_as_its_expected_picture(stack: Callable[[], Stack]) -> None:
    drawn = as_svg([stack()], reach([stack()], EngineFacts(version=(29, 0))))
    assert drawn == expected(GOLDEN / f"{stack.__name__}.svg", drawn)


def test_broken_assertion_is_drawn_as_its_expected_picture() -> None:
    file = ROOT / "tests" / "cli" / "three_tier" / "mistake.yaml"
    loaded = load([file], name="three-tiers")
    matrix = reach([loaded.stack])
    problems = check_assertions(loaded.assertions, loaded.stack, matrix)
    drawn = as_svg([loaded.stack], matrix, problems, str(ROOT))
    assert drawn == expected(GOLDEN / "mistake.svg", drawn)


def test_readme_shows_the_web_stack_as_it_is() -> None:
    stack = load([ROOT / "stacks" / "web" / "compose.yaml"], name="web").stack
    drawn = as_svg([stack], reach([stack]), (), str(ROOT))
    assert drawn == expected(ROOT / "docs" / "web.svg", drawn)
