"""A service's health check as arguments of its container."""

from __future__ import annotations

import pulumi_docker as docker

from causeway.model.values import Healthcheck


def healthcheck_args(healthcheck: Healthcheck) -> docker.ContainerHealthcheckArgs:
    return docker.ContainerHealthcheckArgs(
        tests=list(healthcheck.test),
        interval=healthcheck.interval,
        timeout=healthcheck.timeout,
        start_period=healthcheck.start_period,
        start_interval=healthcheck.start_interval,
        retries=healthcheck.retries,
    )
