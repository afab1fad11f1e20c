"""Chooses the Pulumi CLI: one on PATH if recent enough, else the official download where it can be
reached, else a build from pinned Go modules. The last two go to one folder of the cache."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from toolchain import go_modules, pins, progress, pulumi_download, wrapper
from toolchain.command import Cli
from toolchain.places import Places
from toolchain.problem import ToolchainError

LANGUAGE_HOST = "pulumi-language-python"
LANGUAGE_EXECUTOR = "pulumi-language-python-exec"
PROGRAMS = ("pulumi", LANGUAGE_HOST, LANGUAGE_EXECUTOR)


def on_path(environment: Mapping[str, str] = os.environ) -> list[Path]:
    """Every `pulumi` on PATH and in Pulumi's own install folder, except our wrapper."""
    folders = environment.get("PATH", "").split(os.pathsep)
    if home := environment.get("HOME"):
        folders.append(f"{home}/.pulumi/bin")
    found = [Path(folder) / "pulumi" for folder in dict.fromkeys(folders) if folder]
    return [
        path
        for path in found
        if path.is_file() and os.access(path, os.X_OK) and not wrapper.is_wrapper(path)
    ]


def has_language_host(pulumi: Path, environment: Mapping[str, str] = os.environ) -> bool:
    beside = pulumi.resolve().parent / LANGUAGE_HOST
    return beside.exists() or bool(shutil.which(LANGUAGE_HOST, path=environment.get("PATH", "")))


def version_of(pulumi: Path) -> str:
    environment = ["env", "PULUMI_SKIP_UPDATE_CHECK=1", str(pulumi), "version"]
    return (progress.output(environment) or "").removeprefix("v")


def users_own(environment: Mapping[str, str] = os.environ) -> Cli | None:
    for path in on_path(environment):
        version = version_of(path)
        if pins.at_least(version, pins.PULUMI_OLDEST) and has_language_host(path, environment):
            return Cli(path, version)
    return None


def cached(places: Places) -> Cli | None:
    """The CLI in our cache, whose folder gets its final name only when it is complete."""
    if all(os.access(places.pulumi / "bin" / name, os.X_OK) for name in PROGRAMS):
        return Cli(places.pulumi / "bin" / "pulumi", pins.PULUMI)
    return None


def find(places: Places) -> Cli | None:
    return users_own() or cached(places)


def install(console: progress.Console, places: Places) -> Cli:
    if cli := find(places):
        console.already("Pulumi CLI", f"{cli.version}, {cli.pulumi}")
        return cli
    partial = places.pulumi.with_name(f"{places.pulumi.name}.partial") / "bin"
    partial.mkdir(parents=True, exist_ok=True)
    if not pulumi_download.install(console, places, partial, PROGRAMS):
        go_modules.install(console, places, partial)
    os.replace(partial.parent, _cleared(places.pulumi))
    cli = cached(places)
    if cli is None or version_of(cli.pulumi) != pins.PULUMI:
        shutil.rmtree(places.pulumi, ignore_errors=True)
        raise ToolchainError(
            f"the installed Pulumi CLI does not report version {pins.PULUMI}",
            "run `make setup` again; if it fails again, install Pulumi yourself and put it on PATH",
        )
    return cli


def _cleared(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    return folder
