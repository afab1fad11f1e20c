"""`make golden` runs these with CAUSEWAY_GOLDEN=rewrite; the diff is then to be reviewed."""

import os
from pathlib import Path

import pytest

from causeway.model.compose.support_page import page
from tests.golden import SUPPORT_PAGE, cases, outcome

REWRITE = os.environ.get("CAUSEWAY_GOLDEN") == "rewrite"


def expected(file: Path, found: str) -> str:
    if REWRITE:
        file.write_text(found)
    return file.read_text()


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_case_loads_to_its_expected_text(case: Path) -> None:
    found = outcome(case)
    assert found == expected(case / "expected.txt", found)


def test_support_page_is_made_from_the_table() -> None:
    assert page() == expected(SUPPORT_PAGE, page())
