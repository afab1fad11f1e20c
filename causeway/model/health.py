"""What a health check means for a start: whether one runs, and how long it may take."""

from __future__ import annotations

from .units import seconds
from .values import Healthcheck

# The engine's defaults for numbers that a check omits.
DEFAULT_INTERVAL = "30s"
DEFAULT_TIMEOUT = "30s"
DEFAULT_RETRIES = 3
SHORTEST_WAIT = 60


def is_checked(healthcheck: Healthcheck | None) -> bool:
    """Whether the service sets a health check; ("NONE",) disables that of the image."""
    return healthcheck is not None and bool(healthcheck.test) and healthcheck.test[0] != "NONE"


def is_inherited(healthcheck: Healthcheck | None) -> bool:
    """Whether the image decides what is checked, if it checks anything."""
    return healthcheck is None or not healthcheck.test


def wait_timeout(healthcheck: Healthcheck | None) -> int:
    """Seconds after which the engine would have reported the container as unhealthy.

    One round more than the retries, and at least a minute, for slow machines.
    """
    if healthcheck is None:
        healthcheck = Healthcheck(test=())
    interval = seconds(healthcheck.interval or DEFAULT_INTERVAL)
    timeout = seconds(healthcheck.timeout or DEFAULT_TIMEOUT)
    rounds = (healthcheck.retries or DEFAULT_RETRIES) + 1
    whole = seconds(healthcheck.start_period or "0s") + rounds * (interval + timeout)
    return max(SHORTEST_WAIT, round(whole))
