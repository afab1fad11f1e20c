"""Every driver and option on both engines, and the page that is made of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

import pytest

from tests.engine_host import run
from tests.engines import Engine
from tests.networks.bench import PARENT, Bench, outcome
from tests.networks.page import page
from tests.networks.rows import ROWS, SWARM_ROWS
from tests.provider.plugin import Plugin
from tests.tiny_image import import_tiny

pytestmark = pytest.mark.engine

PAGE = Path(__file__).parents[2] / "docs" / "networks.md"


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What became of each row, by the engine's flavour."""
    return {
        flavour: list(_outcomes(flavour, tmp_path_factory.mktemp(flavour)))
        for flavour in ("debian", "current")
    }


def _outcomes(flavour: str, folder: Path) -> Iterator[str]:
    with Engine.start(flavour) as engine:
        api = engine.api()
        import_tiny(api)
        inside = ("ip", "-n", engine.netns)
        run(*inside, "link", "add", PARENT, "type", "veth", "peer", "name", f"{PARENT}-peer")
        for name in (PARENT, f"{PARENT}-peer"):
            run(*inside, "link", "set", name, "up")
        run(*inside, "address", "add", "10.98.0.254/32", "dev", PARENT)
        # The far end is on the same machine, and must not answer in its name.
        quiet = f"net/ipv4/conf/{PARENT}-peer/arp_ignore=8"
        run("ip", "netns", "exec", engine.netns, "sysctl", "-qw", quiet)
        for rows in (ROWS, SWARM_ROWS):
            if rows is SWARM_ROWS:
                api.init_swarm(advertise_addr=engine.address)
            # A new plugin is a new run, which asks the engine anew what it can do.
            with Plugin(engine.host) as plugin:
                bench = Bench(engine, api, plugin, folder)
                for row in rows:
                    yield outcome(bench, row)
        api.close()


def test_golden_page_is_what_became_of_each_row(outcomes: dict[str, list[str]]) -> None:
    made = page((*ROWS, *SWARM_ROWS), outcomes)
    if os.environ.get("CAUSEWAY_GOLDEN") == "rewrite":
        PAGE.write_text(made)
    kept = PAGE.read_text().splitlines()
    different = [
        (old, new)
        for old, new in zip_longest(kept, made.splitlines(), fillvalue="")
        if not agrees(old, new)
    ]
    assert different == []


def agrees(old: str, new: str) -> bool:
    """Whether a line of the page holds, also on a kernel that has what the page's lacked."""
    cells = zip_longest(old.split(" | "), new.split(" | "), fillvalue="")
    return all(
        one == other or ("is built without" in one and other == "proven") for one, other in cells
    )


def test_nothing_stops_between_preview_and_proof(outcomes: dict[str, list[str]]) -> None:
    """A preview that promises what then fails, or a row that is made and does nothing."""
    stopped = [each for found in outcomes.values() for each in found if "not " in each[:20]]
    assert stopped == []


def test_most_rows_are_proven(outcomes: dict[str, list[str]]) -> None:
    assert sum(each == "proven" for each in outcomes["debian"]) >= 19
    assert sum(each == "proven" for each in outcomes["current"]) >= 25
