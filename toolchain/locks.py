"""Locks that a killed Pulumi left on a local state: recognised by their process, and removed.

Pulumi's file backend writes who locked a stack (process, user, machine, time) and never looks
whether that process still runs. `python -m toolchain.locks [--yes] FOLDER PULUMI PROJECT` does, for
the locks of one stack; a lock of another machine or of a running process is left alone. With the
lock go the note of creations under way, which Pulumi would keep and warn of for ever (what they
made is found by the provider), and files that were being written beside the state.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

# A process may have begun this long after the lock's time by the clocks of kernel and Pulumi.
_CLOCK_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Lock:
    """One lock file; `seconds` is the time of locking since the epoch."""

    file: Path
    process: int
    user: str
    machine: str
    seconds: float

    @property
    def words(self) -> str:
        when = datetime.fromtimestamp(self.seconds).strftime("%Y-%m-%d %H:%M:%S")
        return f"process {self.process} of {self.user} since {when}"


def read(folder: Path) -> list[Lock]:
    """The locks in a stack's folder; a file that is no lock is passed over."""
    found = []
    for file in sorted(folder.glob("*.json")):
        try:
            content = json.loads(file.read_text(encoding="utf-8"))
            # Nanoseconds are more than fromisoformat takes.
            moment = str(content["timestamp"])[:19] + "+00:00"
            found.append(
                Lock(
                    file,
                    int(content["pid"]),
                    str(content["username"]),
                    str(content["hostname"]),
                    datetime.fromisoformat(moment).timestamp(),
                )
            )
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return found


def is_stale(lock: Lock) -> bool:
    """Whether the lock is this machine's and its process is no more."""
    if lock.machine != socket.gethostname():
        return False
    began = _began(lock.process)
    return began is None or began > lock.seconds + _CLOCK_SECONDS


def _began(process: int) -> float | None:
    """When a running process began, since the epoch; None without one, 0 when nobody can tell."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        pass
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        booted = next(
            int(line.split()[1])
            for line in Path("/proc/stat").read_text().splitlines()
            if line.startswith("btime ")
        )
    except (OSError, StopIteration):
        return 0.0
    if fields[0] == "Z":
        return None  # ended; its parent has not looked yet
    return booted + int(fields[19]) / os.sysconf("SC_CLK_TCK")


def clear_pending(folder: Path, pulumi: str, project: Path) -> int:
    """Take creations that nobody works on any more out of the state; how many there were.

    Pulumi does it itself, by an export and an import. Its own error is shown when it cannot.
    """
    state = folder.parents[3] / "stacks" / folder.parent.name / f"{folder.name}.json"
    if not _pending(state):
        return 0
    with tempfile.TemporaryDirectory() as work:
        file = Path(work) / "state.json"
        command = [pulumi, "stack", "--non-interactive", "--stack", folder.name]
        subprocess.run([*command, "export", "--file", str(file)], cwd=project, check=True)
        exported = json.loads(file.read_text(encoding="utf-8"))
        pending = exported["deployment"].pop("pending_operations", [])
        file.write_text(json.dumps(exported), encoding="utf-8")
        subprocess.run(
            [*command, "import", "--file", str(file)],
            cwd=project,
            check=True,
            stdout=subprocess.DEVNULL,
        )
    return len(pending)


def mend(folder: Path) -> list[Path]:
    """Remove what the killed run was just writing beside the state; the files removed.

    The state itself is written whole and then renamed. Not so its `.attrs` (a note on the content's
    kind, which Pulumi does without): cut short, it makes the state unreadable.
    """
    root = folder.parents[3]
    names = root / "stacks" / folder.parent.name / f"{folder.name}.json"
    torn = [*names.parent.glob(f"{names.name}*.tmp"), *folder.glob("*.tmp")]
    for file in (*names.parent.glob(f"{names.name}*.attrs"), *folder.glob("*.attrs")):
        try:
            json.loads(file.read_text(encoding="utf-8"))
        except ValueError:
            torn.append(file)
    for file in torn:
        file.unlink(missing_ok=True)
    return torn


def _pending(state: Path) -> bool:
    try:
        content = json.loads(state.read_text(encoding="utf-8"))
        return bool(content["checkpoint"]["latest"].get("pending_operations"))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def main(arguments: Sequence[str]) -> int:
    confirmed = "--yes" in arguments
    folder, pulumi, project = (argument for argument in arguments if argument != "--yes")
    for lock in read(Path(folder)):
        if not is_stale(lock):
            continue
        print(f"The stack is locked by {lock.words}, which has ended without unlocking it.")
        if not (confirmed or _agrees()):
            print(f"To go on, run again with --yes, or remove {lock.file}")
            continue
        mend(Path(folder))
        lock.file.unlink(missing_ok=True)
        lock.file.with_name(f"{lock.file.name}.attrs").unlink(missing_ok=True)
        print("The lock is removed; what that run left half done is found and put right now.")
        try:
            clear_pending(Path(folder), pulumi, Path(project))
        except (subprocess.CalledProcessError, OSError, ValueError, KeyError) as error:
            print(f"Its creations under way stay noted in the state: {error}")
    return 0


def _agrees() -> bool:
    if not sys.stdin.isatty():
        return False
    return input("Remove the lock? [Y/n] ").strip().lower() in ("", "y", "yes")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
