"""Runs the command as a person would, in a folder, with an environment of its own."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

BACKEND = "file://./.state"
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Answer:
    code: int
    out: str
    err: str


def select(
    project: Path, stack: str, name: str = "shop", backend: str = BACKEND, home: Path | None = None
) -> Path:
    """What `pulumi stack select` writes; the file."""
    digest = hashlib.sha1(f"{project}/Pulumi.yaml".encode()).hexdigest()
    workspaces = (home or project / ".pulumi-home") / "workspaces"
    workspaces.mkdir(parents=True, exist_ok=True)
    file = workspaces / f"{name}-{digest}-workspace.json"
    file.write_text(json.dumps({"stacks": {backend: f"organization/{name}/{stack}"}}))
    return file


def causeway(*arguments: str, folder: Path = ROOT, **variables: str) -> Answer:
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "PYTHONPATH": str(ROOT)}
    environment["PULUMI_HOME"] = str(folder / ".pulumi-home")
    done = subprocess.run(
        [sys.executable, "-m", "causeway.cli", *arguments],
        cwd=folder,
        env=environment | variables,
        capture_output=True,
        text=True,
        check=False,
    )
    return Answer(done.returncode, done.stdout, done.stderr)
