"""Removes stale locks that a killed Pulumi left on a local state.

Pulumi's file backend records who locked a stack (process, user, machine, time) and never checks
whether that process still runs. `python -m toolchain.locks [--yes] FOLDER PULUMI PROJECT` does so
for the locks of one stack; `toolchain.lock_owners` inspects the process. With the lock it removes
the pending operations, which Pulumi would keep and warn about forever (the provider finds what they
created), and unfinished files beside the state.
"""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from toolchain import lock_owners
from toolchain.lock_owners import Lock


def read(folder: Path) -> list[Lock]:
    """The locks in a stack's folder; files that are no locks are ignored."""
    found = []
    for file in sorted(folder.glob("*.json")):
        try:
            content = json.loads(file.read_text(encoding="utf-8"))
            words = (str(content[key]) for key in ("username", "hostname", "timestamp"))
            found.append(Lock(file, int(content["pid"]), *words))
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return found


def clear_pending(folder: Path, pulumi: str, project: Path) -> int:
    """Remove abandoned pending operations from the state; returns how many there were.

    Uses Pulumi's own export and import. Pulumi shows its error when one of them fails.
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
    """Remove files beside the state that the killed run left unfinished; returns them.

    Call this only while its lock exists and no other is held, so that no Pulumi starts to write. A
    file that a process has open stays anyway.

    The state itself is written to another file and renamed. Its `.attrs` file (the content type,
    which Pulumi does not need) is not: truncated, it makes the state unreadable.
    """
    root = folder.parents[3]
    names = root / "stacks" / folder.parent.name / f"{folder.name}.json"
    torn = [*names.parent.glob(f"{names.name}*.tmp"), *folder.glob("*.tmp")]
    for file in (*names.parent.glob(f"{names.name}*.attrs"), *folder.glob("*.attrs")):
        try:
            json.loads(file.read_text(encoding="utf-8"))
        except ValueError:
            torn.append(file)
    in_use = lock_owners.open_files() if torn else frozenset()
    torn = [file for file in torn if str(file.resolve()) not in in_use]
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
    found = read(Path(folder))
    held = [(lock, why) for lock in found if (why := lock_owners.held(lock)) is not None]
    for lock, why in held:
        if why:  # Pulumi itself reports one that runs here
            print(f"The stack is locked by {lock.words}: {why}.")
            print(f"If that process has ended, remove the lock: rm {shlex.quote(str(lock.file))}")
    stale = [lock for lock in found if lock not in [each for each, _ in held]]
    if held or not stale:
        return 0
    for lock in stale:
        print(f"The stack is locked by {lock.words}, which ended without unlocking it.")
    if not (confirmed or _agrees()):
        files = " ".join(shlex.quote(str(lock.file)) for lock in stale)
        print(f"To continue, run the command again with --yes, or remove {files}")
        return 0
    mend(Path(folder))
    for lock in stale:
        lock.file.unlink(missing_ok=True)
        lock.file.with_name(f"{lock.file.name}.attrs").unlink(missing_ok=True)
    print("The lock is removed; this run finds and repairs what that one left unfinished.")
    try:
        clear_pending(Path(folder), pulumi, Path(project))
    except (subprocess.CalledProcessError, OSError, ValueError, KeyError) as error:
        print(f"Its pending operations stay in the state: {error}")
    return 0


def _agrees() -> bool:
    if not sys.stdin.isatty():
        return False
    return input("Remove the lock? [Y/n] ").strip().lower() in ("", "y", "yes")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
