"""A current Docker engine for tests, built from Go modules: dockerd, docker-proxy and runc.

Debian's engine is years old, so the tests run on both. Debian's containerd serves both. Nothing is
installed into the system, and the choice of the engine for deployments is made elsewhere.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from toolchain import debian, go_modules, pins, progress
from toolchain.places import Places
from toolchain.problem import ToolchainError

PROGRAMS = ("dockerd", "docker-proxy", "runc")
# The first stage of runc is written in C, and its seccomp filters need a C library.
C_PACKAGES = {
    Path("/usr/bin/gcc"): "gcc",
    Path("/usr/bin/pkg-config"): "pkg-config",
    Path("/usr/include/stdio.h"): "libc6-dev",
    Path("/usr/include/seccomp.h"): "libseccomp-dev",
}


def folder(places: Places) -> Path:
    """The folder of the programs, named after their versions, and only once it is complete."""
    return places.cache / f"engine-{pins.MOBY}-runc-{pins.RUNC}" / "bin"


def complete(programs: Path) -> bool:
    return all(os.access(programs / name, os.X_OK) for name in PROGRAMS)


def install(console: progress.Console, places: Places) -> None:
    target = folder(places)
    title = f"Docker engine {pins.MOBY} for tests"
    if complete(target):
        console.already(title, str(target))
        return
    compiler = go_modules.go("the tests also need a current Docker engine", "then run `make setup`")
    if absent := [name for file, name in C_PACKAGES.items() if not file.exists()]:
        debian.install(absent, console, places, "building runc")
    partial = target.parent.with_name(f"{target.parent.name}.partial") / "bin"
    partial.mkdir(parents=True, exist_ok=True)
    flags = f"-s -w -X {pins.MOBY_VERSION_VARIABLE}={pins.MOBY_RELEASE}"
    for name, usually in (("dockerd", "3 to 5 min, once"), ("docker-proxy", "10 s, once")):
        if not (partial / name).exists():
            with console.step(f"{name} {pins.MOBY} from Go modules", usually) as step:
                package = f"{pins.MOBY_PACKAGES}/{name}"
                file = partial / name
                go_modules.build(compiler, "docker-engine", package, flags, file, step, places)
    if not (partial / "runc").exists():
        with console.step(f"runc {pins.RUNC} from Go modules", "30 s, once") as step:
            flags = f"-s -w -X main.version={pins.RUNC}"
            go_modules.build(
                compiler,
                "runc",
                pins.RUNC_PACKAGE,
                flags,
                partial / "runc",
                step,
                places,
                tags_for_c="seccomp",
            )
    _check(partial)
    shutil.rmtree(target.parent, ignore_errors=True)
    os.replace(partial.parent, target.parent)


def _check(programs: Path) -> None:
    """Remove a program that does not run or reports another version, so that it is built again."""
    for name, version in (("dockerd", pins.MOBY_RELEASE), ("runc", pins.RUNC)):
        told = progress.output([str(programs / name), "--version"])
        if told is None or f" {version}" not in told:
            (programs / name).unlink()
            raise ToolchainError(
                f"the {name} built from Go modules does not report version {version}: {told}",
                "run `make setup` again; if it fails again, see its log in the cache folder",
            )
