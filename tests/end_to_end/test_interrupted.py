"""A short form of `make faults`: Pulumi killed and the engine restarted at random moments."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.faults import Counts, Rig, run
from tests.engines import Engine
from tests.tiny_image import import_tiny

pytestmark = pytest.mark.engine

SERVICES = 6


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Rig]:
    """On an engine of its own, since it is restarted."""
    with Engine.start() as engine:
        client = engine.api()
        import_tiny(client)
        yield Rig.make(tmp_path, engine, client, SERVICES, 7)
        client.close()


def test_after_every_interruption_one_up_brings_state_and_engine_together(site: Rig) -> None:
    assert run(site, kills=4, restarts=1) == Counts(kills=4, restarts=1)


def test_the_comparison_sees_what_is_wrong(site: Rig) -> None:
    site.prepare()
    site.finish(site.start("up"))
    assert site.compare() == {}
    own = [each for each in site.api.containers() if each["Id"] not in site.bystanders.ids]
    web, other, *_ = own
    labels, image = web["Labels"], web["Image"]
    site.api.start(site.api.create_container(image, labels=labels)["Id"])
    site.api.stop(other["Id"], timeout=0)
    assert site.compare() == {"mismatches": 1, "orphans": 1, "duplicates": 1}
    site.api.stop("bystander-1", timeout=0)
    site.api.rename("bystander-2", "bystander-3")
    found = site.compare()
    assert found == {"mismatches": 1, "orphans": 1, "duplicates": 1, "foreign": 2}
