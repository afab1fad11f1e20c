"""Installs Debian packages with apt as root on Debian; elsewhere names the packages to install."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from toolchain import progress
from toolchain.places import Places
from toolchain.problem import ToolchainError


def is_debian(release: Path = Path("/etc/os-release")) -> bool:
    return bool(shutil.which("apt-get")) and release.exists()


def can_install() -> bool:
    return is_debian() and os.geteuid() == 0


def codename(release: Path = Path("/etc/os-release")) -> str:
    """VERSION_CODENAME of this machine if it runs Debian itself, else an empty text."""
    if not release.exists():
        return ""
    pairs = (line.partition("=") for line in release.read_text(encoding="utf-8").splitlines())
    values = {key: value.strip('"') for key, _, value in pairs}
    return values.get("VERSION_CODENAME", "") if values.get("ID") == "debian" else ""


def install(packages: Sequence[str], console: progress.Console, places: Places, why: str) -> None:
    """Install packages without recommendations; the package lists are refreshed first."""
    names = " ".join(packages)
    if not can_install():
        raise ToolchainError(
            f"{why} needs {names}, which setup can install only as root on Debian",
            f"install {names} with your system's package manager, then run `make setup`",
        )
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    way_out = f"find out why this command fails: apt-get install {names}"
    log = places.logs / "apt.log"
    with console.step(f"Debian packages {names}", "30 s") as step:
        progress.run(["apt-get", "update"], step, log=log, way_out=way_out, environment=environment)
        progress.run(
            ["apt-get", "install", "-y", "--no-install-recommends", *packages],
            step,
            log=log,
            way_out=way_out,
            environment=environment,
        )
        step.result = "installed"
