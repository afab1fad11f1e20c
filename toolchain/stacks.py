"""Creates the stacks dev, staging and prod in the local state folder; selects dev if none is."""

from __future__ import annotations

import hashlib
import json
import os
import pwd
import subprocess
from collections.abc import Mapping
from pathlib import Path

from toolchain import pins, progress
from toolchain.places import Places
from toolchain.problem import ToolchainError


def project_sum(project: Path) -> str:
    """The checksum in the name of a project's workspace file."""
    return hashlib.sha1(str(project / "Pulumi.yaml").encode()).hexdigest()


def project_name(project: Path) -> str:
    for line in (project / "Pulumi.yaml").read_text(encoding="utf-8").splitlines():
        if line.startswith("name:"):
            return line.removeprefix("name:").strip()
    raise ToolchainError("Pulumi.yaml has no name", "restore the file: git checkout Pulumi.yaml")


def missing(places: Places) -> list[str]:
    """Reads the state folder, because asking the CLI would take a second in every `make up`."""
    folder = places.state / ".pulumi" / "stacks" / project_name(places.project)
    return [name for name in pins.STACKS if not (folder / f"{name}.json").exists()]


def pulumi_home(environment: Mapping[str, str] = os.environ) -> str:
    """Pulumi takes the home folder from the user database, not from HOME."""
    return environment.get("PULUMI_HOME") or f"{pwd.getpwuid(os.getuid()).pw_dir}/.pulumi"


def selected(places: Places, environment: Mapping[str, str] = os.environ) -> str:
    """The stack that Pulumi's workspace file names for this project, or an empty text."""
    name = f"{project_name(places.project)}-{project_sum(places.project)}-workspace.json"
    file = Path(pulumi_home(environment)) / "workspaces" / name
    if not file.exists():
        return ""
    stacks = json.loads(file.read_text(encoding="utf-8")).get("stacks", {})
    chosen = [value for key, value in stacks.items() if key.endswith(places.state.name)]
    return str(chosen[0]).rpartition("/")[2] if chosen else ""


def install(console: progress.Console, places: Places) -> None:
    if os.environ.get("PULUMI_BACKEND_URL"):
        console.line("note    Stacks: PULUMI_BACKEND_URL is set; create its stacks yourself")
        return
    places.state.mkdir(exist_ok=True)
    absent = missing(places)
    chosen = selected(places)
    if not absent and chosen:
        console.already("Stacks", f"{', '.join(pins.STACKS)}; {chosen} is selected")
        return
    with console.step("Stacks", "1 s each") as step:
        for name in absent:
            _pulumi(places, ["stack", "init", name, "--no-select"])
        if not chosen:
            chosen = pins.STACKS[0]
            _pulumi(places, ["stack", "select", chosen])
        step.result = f"{', '.join(pins.STACKS)}; {chosen} is selected"


def _pulumi(places: Places, arguments: list[str]) -> None:
    environment = {**os.environ}
    environment.pop("PULUMI_STACK", None)
    finished = subprocess.run(
        [str(places.wrapper), *arguments, "--non-interactive"],
        cwd=places.project,
        env=environment,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    if finished.returncode != 0:
        raise ToolchainError(
            f"pulumi {' '.join(arguments)} failed",
            "read Pulumi's message above; `make doctor` shows the setup",
            finished.stdout + finished.stderr,
        )
