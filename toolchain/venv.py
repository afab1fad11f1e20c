"""The project's Python environment: exactly the packages in the lock file, verified by hash."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from pathlib import Path

from toolchain import debian, progress
from toolchain.places import Places

LOCK = "requirements-dev.txt"
STAMP = "causeway.lock"
PROJECT_STAMP = "causeway.project"


def lock_key(lock: Path) -> str:
    """Changes with the versions and hashes in the lock file, the Python of the environment, and the
    project's folder, because an environment cannot be moved."""
    lines = lock.read_text(encoding="utf-8").splitlines()
    pinned = "\n".join(line for line in lines if not line.lstrip().startswith("#"))
    python = f"{sys.base_prefix} {sys.version_info.major}.{sys.version_info.minor}"
    return f"{hashlib.sha256(pinned.encode()).hexdigest()} {python} {lock.parent}"


def is_current(places: Places) -> bool:
    stamp = places.environment / STAMP
    python = places.environment / "bin" / "python"
    lock = places.project / LOCK
    return (
        stamp.exists() and python.exists() and stamp.read_text(encoding="utf-8") == lock_key(lock)
    )


def install(console: progress.Console, places: Places) -> None:
    """The packages of the lock, and the project itself with its console script."""
    _install_packages(console, places)
    _install_project(console, places)


def _install_project(console: progress.Console, places: Places) -> None:
    """As an editable install: the script runs the files of this folder."""
    described = (places.project / "pyproject.toml").read_bytes()
    stamp = places.environment / PROJECT_STAMP
    key = hashlib.sha256(described).hexdigest()
    if places.causeway.exists() and stamp.exists() and stamp.read_text(encoding="utf-8") == key:
        return
    with console.step("Command causeway", "3 s") as step:
        progress.run(
            [
                *(str(places.environment / "bin" / "python"), "-m", "pip", "install", "--quiet"),
                *("--disable-pip-version-check", "--no-deps", "--no-build-isolation"),
                *("--editable", str(places.project)),
            ],
            step,
            log=places.logs / "project.log",
            way_out="remove .venv and run `make setup` again",
        )
        stamp.write_text(key, encoding="utf-8")
        step.result = str(places.causeway)


def _install_packages(console: progress.Console, places: Places) -> None:
    if is_current(places):
        console.already("Python environment", str(places.environment))
        return
    with console.step("Python environment", "30 to 60 s") as step:
        _make(console, places, step)
        python = places.environment / "bin" / "python"
        progress.run(
            [
                *(str(python), "-m", "pip", "install", "--disable-pip-version-check"),
                *("--progress-bar", "off", "--require-hashes"),
                *("-r", str(places.project / LOCK)),
            ],
            step,
            log=places.logs / "pip.log",
            way_out="check that pip reaches its index (pip config list), then run `make setup`",
        )
        step.detail = "compiling"
        progress.run(
            [str(python), "-m", "compileall", "-q", "-j", "0", str(places.environment / "lib")],
            step,
            log=places.logs / "compileall.log",
            way_out="remove .venv and run `make setup` again",
        )
        unfinished = places.environment / f"{STAMP}.unfinished"
        unfinished.write_text(lock_key(places.project / LOCK), encoding="utf-8")
        os.replace(unfinished, places.environment / STAMP)
        packages = len(list((places.environment / "lib").glob("python*/site-packages/*.dist-info")))
        step.result = f"{packages} packages"


def _make(console: progress.Console, places: Places, step: progress.Step) -> None:
    """Create the environment afresh: one without the stamp is incomplete or outdated."""
    shutil.rmtree(places.environment, ignore_errors=True)
    try:
        import ensurepip  # noqa: F401 - Debian's Python has no ensurepip without python3-venv
    except ImportError:
        step.detail = "python3-venv is missing"
        debian.install(["python3-venv"], console, places, "the Python environment")
    progress.run(
        # Not sys.executable: in an activated environment that one has just been removed.
        [getattr(sys, "_base_executable", sys.executable), "-m", "venv", str(places.environment)],
        step,
        log=places.logs / "venv.log",
        way_out="install the venv module of your Python (Debian: python3-venv)",
    )
