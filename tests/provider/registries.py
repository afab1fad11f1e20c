"""Registries beside the test engine, each a process in the engine's network namespace."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.engines import Engine

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def registry(engine: Engine, login: str = "") -> Iterator[str]:
    """The address of a registry that the engine reaches; it wants `login` (user:password)."""
    process = subprocess.Popen(
        [
            *("nsenter", f"--net=/run/netns/{engine.netns}"),
            *(sys.executable, "-m", "tests.provider.fake_registry", *([login] if login else [])),
        ],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield f"127.0.0.1:{process.stdout.readline().strip()}"
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
