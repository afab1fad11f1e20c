"""One browser for all tests, and the pages it is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from causeway.drawing.picture import as_page
from causeway.model.extension.assertions import check_assertions
from causeway.model.load import load
from causeway.model.reach import EngineFacts, reach
from causeway.model.values import Stack
from tests.browser.chromium import Browser, browser
from tests.picture import ROOT, five, sixty, twelve

Show = Callable[[str], Browser]
STACKS: dict[str, Callable[[], Stack]] = {"five": five, "twelve": twelve, "sixty": sixty}


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with browser() as running:
        yield running


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    for name, stack in STACKS.items():
        page = as_page([stack()], reach([stack()], EngineFacts(version=(29, 0))))
        (folder / f"{name}.html").write_text(page, encoding="utf-8")
    mistake = load([ROOT / "tests" / "cli" / "three_tier" / "mistake.yaml"], name="three-tiers")
    matrix = reach([mistake.stack])
    problems = check_assertions(mistake.assertions, mistake.stack, matrix)
    page = as_page([mistake.stack], matrix, problems, str(ROOT))
    (folder / "mistake.html").write_text(page, encoding="utf-8")
    return folder


@pytest.fixture
def show(chromium: Browser, pages: Path) -> Iterator[Show]:
    """Opens a page anew, in a window of 1440 by 1000, light; fails on errors that it tells."""
    chromium.open("about:blank")
    chromium.events.clear()

    def shown(name: str) -> Browser:
        chromium.resize(1440, 1000)
        chromium.scheme("light")
        chromium.open("about:blank")
        chromium.open(f"file://{pages / name}.html")
        return chromium

    yield shown
    assert chromium.errors() == []
