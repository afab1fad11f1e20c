"""Defaults for the container of a balancer: image, command, health check, stop signal.

The container reloads its configuration while running, and stops only after serving requests.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from causeway.contract import RELOAD_CHECK_LABEL, RELOAD_LABEL
from causeway.model.values import Balance, Dependency, Healthcheck, Mount, Service

FOLDER = "/etc/causeway"
HEALTH = "/.causeway/health"
GRACE_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Program:
    """How to run a load balancer program: `{}` is its configuration file."""

    image: str
    file: str
    line: tuple[str, ...]
    check: str
    reload: str
    stop_signal: str


PROGRAMS = {
    "nginx": Program(
        image="nginx:1.28",
        file=f"{FOLDER}/nginx.conf",
        line=("nginx", "-c", "{}", "-g", "daemon off;"),
        check="nginx -t -q -c {}",
        reload="signal:HUP",
        stop_signal="SIGQUIT",
    ),
    "haproxy": Program(
        image="haproxy:2.6",
        file=f"{FOLDER}/haproxy.cfg",
        line=("haproxy", "-W", "-db", "-f", "{}"),
        check="haproxy -c -q -f {}",
        reload="signal:USR2",
        stop_signal="SIGUSR1",
    ),
}
# Balancer -> the configuration file in its container.
CONFIGURATION = {name: program.file for name, program in PROGRAMS.items()}


def prepared(service: Service, balance: Balance) -> Service:
    """The service with everything that makes it a balancer; keys set in the file are kept."""
    program = PROGRAMS[balance.engine]
    first, *rest = (part.format(program.file) for part in program.line)
    labels = {
        RELOAD_LABEL: program.reload,
        RELOAD_CHECK_LABEL: program.check.format(program.file),
    }
    others = {service.name, *(dependency.service for dependency in service.depends_on)}
    targets = (target.service for target in balance.targets)
    mounts = service.mounts
    if service.read_only:
        # A writable place for the engine to copy files into; it is removed with the container.
        mounts = (*mounts, Mount("volume", FOLDER))
    return replace(
        service,
        balance=balance,
        image=service.image or (None if service.build else program.image),
        entrypoint=(first,),
        command=tuple(rest),
        labels=tuple(sorted({**labels, **dict(service.labels)}.items())),
        mounts=mounts,
        healthcheck=service.healthcheck or _healthcheck(balance),
        stop_signal=service.stop_signal or program.stop_signal,
        stop_grace_period=(
            GRACE_SECONDS if service.stop_grace_period is None else service.stop_grace_period
        ),
        depends_on=(
            *service.depends_on,
            *(Dependency(target) for target in targets if target not in others),
        ),
    )


def _healthcheck(balance: Balance) -> Healthcheck:
    """A health check that needs only bash, which both official images have, and no HTTP client."""
    script = f"exec 3<>/dev/tcp/127.0.0.1/{balance.listen}"
    if balance.mode == "http":
        script += (
            f" && printf 'GET {HEALTH} HTTP/1.0\\r\\n\\r\\n' >&3"
            ' && read -r _ code _ <&3 && [ "$code" = 200 ]'
        )
    return Healthcheck(
        ("CMD", "bash", "-c", script), interval="1s", timeout="3s", retries=5, start_period="5s"
    )
