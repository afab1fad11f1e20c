"""The health check of a service: its arguments, and how long a container may take to start."""

from __future__ import annotations

import pulumi_docker as docker

from model.units import seconds
from model.values import Healthcheck

# The engine's defaults for numbers that a check omits.
DEFAULT_INTERVAL = "30s"
DEFAULT_TIMEOUT = "30s"
DEFAULT_RETRIES = 3
SHORTEST_WAIT = 60


def is_checked(healthcheck: Healthcheck | None) -> bool:
    """Whether the service sets a health check; ("NONE",) disables that of the image."""
    return healthcheck is not None and bool(healthcheck.test) and healthcheck.test[0] != "NONE"


def healthcheck_args(healthcheck: Healthcheck) -> docker.ContainerHealthcheckArgs:
    return docker.ContainerHealthcheckArgs(
        tests=list(healthcheck.test),
        interval=healthcheck.interval,
        timeout=healthcheck.timeout,
        start_period=healthcheck.start_period,
        start_interval=healthcheck.start_interval,
        retries=healthcheck.retries,
    )


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
