"""A thousand services are no reason to wait."""

from __future__ import annotations

from bench.reach import measure

LIMIT = 1.5  # CPU seconds, the loader's process included


def test_a_thousand_services_on_sixty_networks_are_decided_in_time() -> None:
    measured = measure(1000)
    assert (measured.services, measured.networks) == (1000, 60)
    assert measured.total < LIMIT, measured
