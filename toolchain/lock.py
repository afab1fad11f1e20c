"""Writes requirements*.txt from requirements*.in: exact versions and hashes, no index addresses."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from toolchain import progress
from toolchain.places import Places

RESOLVER = "uv==0.13.9"
ADDRESS_OPTIONS = (
    "--index-url",
    "--extra-index-url",
    "--find-links",
    "--trusted-host",
    "-i ",
    "-f ",
)
WAY_OUT = "check that pip reaches its index (pip config list), and read the resolver's output"


def without_addresses(text: str) -> str:
    """Drop lines with index addresses: each machine has its own."""
    lines = text.splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith(ADDRESS_OPTIONS))


def write(console: progress.Console, places: Places) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        console.step("Lock files of the Python packages", "20 s") as step,
    ):
        _install_resolver(Path(folder), places, step)
        for name, options in (
            ("requirements", []),
            ("requirements-dev", ["--constraints", "requirements.txt"]),
        ):
            unfinished = Path(folder) / f"{name}.txt"
            progress.run(
                [
                    *(f"{folder}/bin/uv", "pip", "compile", "--quiet", "--universal", "--upgrade"),
                    *("--python-version", "3.11", "--generate-hashes", "--no-header", *options),
                    *(f"{name}.in", "--output-file", str(unfinished)),
                ],
                step,
                log=places.logs / "lock.log",
                way_out=WAY_OUT,
                folder=places.project,
            )
            text = without_addresses(unfinished.read_text(encoding="utf-8"))
            (places.project / f"{name}.txt").write_text(text, encoding="utf-8")
        step.result = "requirements.txt, requirements-dev.txt"


def _install_resolver(folder: Path, places: Places, step: progress.Step) -> None:
    log = places.logs / "lock.log"
    progress.run([sys.executable, "-m", "venv", str(folder)], step, log=log, way_out=WAY_OUT)
    pip = [f"{folder}/bin/python", "-m", "pip", "install", "--quiet", RESOLVER]
    progress.run(pip, step, log=log, way_out=WAY_OUT)
