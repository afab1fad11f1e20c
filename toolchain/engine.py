"""Chooses the Docker engine: the one that DOCKER_HOST or a Docker context names, the one on the
default socket, or, as root on Debian, Debian's own, which is installed and started. A wrong
DOCKER_HOST or context is an error."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from causeway.engine.address import SOCKET, Address, chosen, is_ssh
from causeway.engine.client import Engine
from causeway.engine.faults import FAILURES, Fault
from toolchain import debian, progress
from toolchain.places import Places
from toolchain.problem import ToolchainError

PROGRAMS = {"dockerd": "docker.io", "iptables": "iptables"}
TEST_PROGRAMS = PROGRAMS | {
    "containerd": "containerd",
    "runc": "runc",
    "nft": "nftables",
    "ip": "iproute2",
    "nsenter": "util-linux",
    "chromium": "chromium",
    "docker-registry": "docker-registry",
    "htpasswd": "apache2-utils",
    "openssl": "openssl",
}
LOG = Path("/var/log/dockerd.log")
PID_FILE = Path("/var/run/docker.pid")
START_SECONDS = 60
ANSWER_SECONDS = 5.0


def meant() -> Address:
    """Raises ToolchainError for a docker context that cannot be read."""
    try:
        return chosen({})
    except Fault as error:
        what, _, way_out = str(error).partition("\n  what to do: ")
        raise ToolchainError(what, way_out) from None


def reached(address: Address) -> Engine:
    """Raises one of FAILURES when no engine answers there in a few seconds."""
    return Engine(address.host, {}, address.context, ANSWER_SECONDS)


def answering(address: Address) -> Engine | None:
    try:
        return reached(address)
    except FAILURES:
        return None


def told(engine: Engine) -> str:
    """Such as '20.10.24 (API 1.41)'."""
    return f"{engine.version} (API {'.'.join(map(str, engine.api_version))})"


def install(console: progress.Console, places: Places) -> Engine | None:
    """The engine that answers; None for one behind ssh://, which setup leaves alone."""
    address = meant()
    if is_ssh(address.host):
        console.line(f"note    Docker engine: {address} is not checked here")
        return None
    try:
        engine = reached(address)
    except FAILURES as error:
        if address.setting:
            raise ToolchainError(
                f"no Docker engine answers at {named(address)}", correction(address), str(error)
            ) from None
    else:
        console.already("Docker engine", f"{told(engine)}, {engine.host}")
        return engine
    if not debian.can_install():
        raise ToolchainError(f"no Docker engine answers at {address}", way_out())
    absent = absent_packages(PROGRAMS)
    if absent:
        debian.install(absent, console, places, "the Docker engine")
    # Installing the package may have started it.
    return answering(address) or start(console, address)


def named(address: Address) -> str:
    return str(address) if address.context else f"{address.setting}={address.host}"


def correction(address: Address) -> str:
    if address.context:
        return (
            "start that engine, or choose another one with DOCKER_HOST, DOCKER_CONTEXT or "
            "`docker context use`"
        )
    return "start that engine, correct DOCKER_HOST, or unset it to use the default socket"


def absent_packages(
    programs: Mapping[str, str], environment: Mapping[str, str] = os.environ
) -> list[str]:
    """The packages of the programs that are neither on PATH nor in /usr/sbin or /sbin."""
    path = os.pathsep.join((environment.get("PATH", ""), "/usr/sbin", "/sbin"))
    return [package for name, package in programs.items() if not shutil.which(name, path=path)]


def install_for_tests(console: progress.Console, places: Places) -> None:
    """Install the programs only: the tests start engines of their own."""
    absent = absent_packages(TEST_PROGRAMS)
    if absent:
        debian.install(absent, console, places, "the test engine")
    else:
        console.already("Programs for the test engine", ", ".join(TEST_PROGRAMS))


def start(
    console: progress.Console,
    address: Address,
    *,
    options: Sequence[str] = (),
    log: Path = LOG,
    pid_file: Path = PID_FILE,
) -> Engine:
    """Start dockerd, with systemd where that runs, else detached from this process, and wait."""
    by_systemd = Path("/run/systemd/system").exists() and not options
    with console.step("Docker engine", "5 s to start") as step:
        if by_systemd:
            started = subprocess.run(
                ["systemctl", "enable", "--now", "docker"], capture_output=True, text=True
            )
            if started.returncode != 0:
                raise ToolchainError(
                    "systemd could not start the docker service",
                    "see journalctl -u docker",
                    started.stderr,
                )
            process = None
        else:
            remove_stale(pid_file)
            dockerd = shutil.which("dockerd") or "/usr/sbin/dockerd"
            with log.open("ab") as record:
                process = subprocess.Popen(
                    [dockerd, "--pidfile", str(pid_file), *options],
                    stdin=subprocess.DEVNULL,
                    stdout=record,
                    stderr=record,
                    start_new_session=True,
                    cwd="/",
                )
        engine = wait(address, process, log)
        step.result = f"{told(engine)}, {engine.host}"
        if process is not None:
            step.result += (
                f", process {process.pid}; `kill {process.pid}` stops it, its containers too"
            )
    return engine


def wait(address: Address, process: subprocess.Popen[bytes] | None, log: Path) -> Engine:
    deadline = time.monotonic() + START_SECONDS
    while not (engine := answering(address)):
        ended = process is not None and process.poll() is not None
        if ended or time.monotonic() > deadline:
            tail = "\n".join(log.read_text(errors="replace").splitlines()[-12:])
            state = "exited at once" if ended else f"does not answer after {START_SECONDS} s"
            raise ToolchainError(
                f"the Docker engine {state} (full log: {log})",
                "see the cause in the lines above; an unprivileged container cannot run an engine:"
                " there, set DOCKER_HOST to an engine that runs elsewhere",
                tail,
            )
        time.sleep(0.2)
    return engine


def remove_stale(pid_file: Path) -> None:
    """A killed engine leaves its pid file, and that number may belong to another process by now."""
    if not pid_file.exists():
        return
    number = pid_file.read_text(encoding="utf-8").strip()
    command = Path(f"/proc/{number}/comm")
    if not command.exists() or command.read_text(encoding="utf-8").strip() != "dockerd":
        pid_file.unlink()


def way_out() -> str:
    socket = Path(SOCKET.removeprefix("unix://"))
    if socket.exists() and not os.access(socket, os.R_OK | os.W_OK):
        return f"get access to {socket}: run `sudo usermod -aG docker $USER` and log in again"
    if debian.is_debian():
        return "run `make setup` as root once, or install docker.io with apt-get and start it"
    return "install Docker for your system and start it, or set DOCKER_HOST"
