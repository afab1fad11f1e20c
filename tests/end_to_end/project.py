"""A copy of this project in its own folder, deployed with the real `pulumi` onto a test engine.

State, Pulumi home and configuration are its own; only the installed packages are shared.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import docker

from tests import guard

ROOT = Path(__file__).parents[2]
ENVIRONMENT = Path(sys.prefix)
SECONDS = 600


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command ended; `output` is what a person would have seen, both streams together."""

    command: str
    code: int
    output: str

    def succeeded(self) -> Outcome:
        assert self.code == 0, f"`{self.command}` ended with {self.code}:\n{self.output}"
        return self

    def refused(self, *words: str) -> Outcome:
        """It failed, says each of these words, and shows nobody the inside of our program."""
        assert self.code != 0, f"`{self.command}` should have failed:\n{self.output}"
        for word in words:
            assert word in self.output, f"{word!r} is missing in:\n{self.output}"
        assert "Traceback" not in self.output, self.output
        assert "unhandled exception" not in self.output.lower(), self.output
        return self


@dataclass(slots=True)
class Project:
    folder: Path
    variables: dict[str, str] = field(default_factory=dict)

    @classmethod
    def copy(cls, folder: Path, host: str) -> Project:
        """The project's files as they are now, committed or not, without what git ignores."""
        guard.starts("a copy of the project")
        source = folder / "project"
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            check=True,
        ).stdout.decode()
        for name in filter(None, listed.split("\0")):
            if (ROOT / name).is_file():
                (source / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, source / name)
        _copy_environment(source / ".venv")
        (source / ".pulumi-state").mkdir()  # as `make setup` does
        kept = {key: value for key, value in os.environ.items() if not key.startswith("PULUMI_")}
        own = {
            "DOCKER_HOST": host,
            "PULUMI_HOME": str(folder / "pulumi-home"),
            "XDG_CONFIG_HOME": str(folder / "config"),
            "XDG_STATE_HOME": str(folder / "state"),
            "PATH": f"{source / '.venv' / 'bin'}{os.pathsep}{kept['PATH']}",
        }
        return cls(source, kept | own)

    def run(self, *command: str, **variables: str) -> Outcome:
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.variables | variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        # Escape sequences that some programs write even into a pipe.
        output = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout)
        return Outcome(" ".join(command), done.returncode, output)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Pulumi, running, for a test that interrupts it; `--yes` is the caller's to give."""
        return subprocess.Popen(
            [
                str(self.folder / ".venv" / "bin" / "pulumi"),
                *arguments,
                "--non-interactive",
                "--color=never",
            ],
            cwd=self.folder,
            env=self.variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def pulumi(self, *arguments: str, **variables: str) -> Outcome:
        """`up` and `destroy` are confirmed."""
        confirmed = ["--yes"] if arguments[0] in ("up", "destroy", "refresh") else []
        return self.run(
            str(self.folder / ".venv" / "bin" / "pulumi"),
            *arguments,
            *confirmed,
            "--non-interactive",
            "--color=never",
            **variables,
        )

    def outputs(self, stack: str) -> dict[str, Any]:
        shown = self.pulumi("stack", "output", "--json", "--stack", stack).succeeded()
        values: dict[str, Any] = json.loads(shown.output)
        return values

    def substitute(self, images: dict[str, str]) -> None:
        """Write causeway.local.yaml, as `make setup` does where no registry answers."""
        lines = "".join(f"  {official}: {used}\n" for official, used in images.items())
        (self.folder / "causeway.local.yaml").write_text(f"images:\n{lines}")

    def write_stack(self, stack: str, compose: str, config: str = "") -> None:
        """Write `stacks/<stack>/compose.yaml` and Pulumi.<stack>.yaml, and initialise the stack."""
        folder = self.folder / "stacks" / stack
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "compose.yaml").write_text(compose)
        (self.folder / f"Pulumi.{stack}.yaml").write_text(
            f"config:\n  causeway:files: [stacks/{stack}/compose.yaml]\n{config}"
        )
        self.pulumi("stack", "init", stack, "--no-select").succeeded()


def import_base_images(host: str) -> dict[str, str]:
    """Official name -> stand-in on that engine, so that no registry is needed."""
    done = subprocess.run(
        [sys.executable, "-m", "toolchain", "images", "--host", host],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    names: dict[str, str] = json.loads(done.stdout)
    return names


def _copy_environment(target: Path) -> None:
    """The tests' Python environment moved to the copy; the installed packages are shared.

    What `make setup` writes there is then the copy's, and it finds nothing to do.
    """
    pulumi = ENVIRONMENT / "bin" / "pulumi"
    assert pulumi.exists(), f"{pulumi} is missing: run `make setup`"
    (target / "bin").mkdir(parents=True)
    for entry in (ENVIRONMENT / "bin").iterdir():
        copied = shutil.copy2(entry, target / "bin" / entry.name, follow_symlinks=False)
        head = b"" if entry.is_symlink() else entry.read_bytes()
        if b"\0" not in head and str(ENVIRONMENT).encode() in head:
            moved = head.replace(str(ENVIRONMENT).encode(), str(target).encode())
            # Its record of packages is about the environment beside it.
            here, there = f"{ENVIRONMENT.parent}/toolchain/", f"{target.parent}/toolchain/"
            moved = moved.replace(f"{here}pip_list".encode(), f"{there}pip_list".encode())
            Path(copied).write_bytes(moved)
    for entry in ENVIRONMENT.iterdir():
        if entry.is_file():
            shutil.copy2(entry, target / entry.name)
        elif entry.name != "bin":
            (target / entry.name).symlink_to(entry)
    stamp = target / "causeway.lock"
    stamp.write_text(stamp.read_text().replace(f" {ENVIRONMENT.parent}", f" {target.parent}"))


def snapshot(api: docker.APIClient) -> dict[str, set[str]]:
    """Everything on the engine: names, and ids of the images that no tag names."""
    return {
        "containers": {name for each in api.containers(all=True) for name in each["Names"]},
        "networks": {each["Name"] for each in api.networks()},
        "volumes": {each["Name"] for each in api.volumes()["Volumes"] or []},
        "images": {tag for each in api.images() for tag in each["RepoTags"] or [each["Id"]]},
    }
