"""Shows what this machine has and lacks, and what to do about it, as a table or as JSON."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from causeway.engine.address import is_ssh
from causeway.engine.client import Engine
from toolchain import (
    base_images,
    debian,
    engine,
    pins,
    progress,
    pulumi_cli,
    stacks,
    venv,
)
from toolchain.places import Places
from toolchain.problem import ToolchainError

SETUP = "make setup"


@dataclass(frozen=True, slots=True)
class Finding:
    """`to_do` is empty when there is nothing to do; `found` is empty when nothing was found."""

    what: str
    found: str
    where: str = ""
    to_do: str = ""


def examine(places: Places) -> list[Finding]:
    return [
        _python(),
        _git(),
        _environment(places),
        *_pulumi(places),
        _stacks(places),
        *_engine(places),
    ]


def table(findings: Sequence[Finding]) -> str:
    rows = [("what", "found", "where", "what to do")]
    rows += [(one.what, one.found or "missing", one.where, one.to_do or "-") for one in findings]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = [
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[3]])
        for row in rows
    ]
    return "\n".join(line.rstrip() for line in lines)


def as_json(findings: Sequence[Finding]) -> str:
    return json.dumps([asdict(one) for one in findings], indent=2)


def healthy(findings: Sequence[Finding]) -> bool:
    return not any(one.to_do for one in findings)


def _python() -> Finding:
    return Finding("Python", sys.version.split()[0], sys.executable)


def _git() -> Finding:
    version = progress.output(["git", "--version"])
    if version is None:
        return Finding("git", "", "", "install git")
    return Finding("git", version.removeprefix("git version "), shutil.which("git") or "")


def _environment(places: Places) -> Finding:
    where = str(places.environment)
    if venv.is_current(places):
        return Finding("Python environment", "matches the lock file", where)
    found = "differs from the lock file" if places.environment.exists() else ""
    return Finding("Python environment", found, where, SETUP)


def _pulumi(places: Places) -> list[Finding]:
    cli = pulumi_cli.find(places)
    if cli is None:
        go = progress.output(["go", "env", "GOVERSION"])
        to_do = SETUP
        if not go or not pins.at_least(go, pins.GO_OLDEST):
            to_do = f"{SETUP} (downloads it, or builds it with Go {pins.GO_OLDEST} or newer)"
        return [Finding("Pulumi CLI", "", "", to_do)]
    wrapped = places.wrapper.exists()
    return [
        Finding("Pulumi CLI", cli.version, str(cli.pulumi)),
        Finding(
            "Command pulumi",
            "yes" if wrapped else "",
            str(places.wrapper),
            "" if wrapped else SETUP,
        ),
    ]


def _stacks(places: Places) -> Finding:
    absent = stacks.missing(places)
    chosen = stacks.selected(places) or "none"
    there = [name for name in pins.STACKS if name not in absent]
    found = f"{', '.join(there)}; {chosen} is selected" if there else ""
    to_do = SETUP if absent or chosen == "none" else ""
    return Finding("Stacks", found, str(places.state), to_do)


def _engine(places: Places) -> list[Finding]:
    try:
        address = engine.meant()
    except ToolchainError as error:
        return [Finding("Docker engine", "", error.what, error.way_out)]
    if is_ssh(address.host):
        return [Finding("Docker engine", "not checked", str(address))]
    reached = engine.answering(address)
    if reached is None:
        to_do = _start_an_engine()
        if address.setting:
            to_do = (
                engine.correction(address) if address.context else "correct or unset DOCKER_HOST"
            )
        return [Finding("Docker engine", "", str(address), to_do)]
    found = Finding("Docker engine", engine.told(reached), str(address))
    return [found, _base_images(places, reached)]


def _start_an_engine() -> str:
    return SETUP if debian.can_install() else engine.way_out()


def _base_images(places: Places, reached: Engine) -> Finding:
    if places.substitutions.exists():
        stale = base_images.absent(reached)
        found = "stand-ins" if not stale else ""
        return Finding("Base images", found, str(places.substitutions), SETUP if stale else "")
    where = f"engine at {reached.host}"
    if base_images.official_available(reached):
        return Finding("Base images", "official", where)
    return Finding("Base images", "", where, SETUP)
