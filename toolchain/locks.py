"""Locks that a killed Pulumi left on a local state: recognised by their process, and removed.

Pulumi's file backend writes who locked a stack (process, user, machine, time) and never looks
whether that process still runs. `python -m toolchain.locks [--yes] FOLDER PULUMI PROJECT` does, for
the locks of one stack; what the process is, is asked of `toolchain.holders`, and no clock. With the
lock go the note of creations under way, which Pulumi would keep and warn of for ever (what they
made is found by the provider), and files that were being written beside the state.
"""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from toolchain import holders
from toolchain.holders import Lock


def read(folder: Path) -> list[Lock]:
    """The locks in a stack's folder; a file that is no lock is passed over."""
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

    Only while its lock is there and no other is held: then no Pulumi begins to write. A file that
    some process has open stays all the same.

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
    in_use = holders.open_files() if torn else frozenset()
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
    held = [(lock, why) for lock in found if (why := holders.held(lock)) is not None]
    for lock, why in held:
        if why:  # of a Pulumi that runs here, Pulumi itself tells
            print(f"The stack is locked by {lock.words}: {why}.")
            print(f"If that process has ended: rm {shlex.quote(str(lock.file))}")
    stale = [lock for lock in found if lock not in [each for each, _ in held]]
    if held or not stale:
        return 0
    for lock in stale:
        print(f"The stack is locked by {lock.words}, which has ended without unlocking it.")
    if not (confirmed or _agrees()):
        files = " ".join(shlex.quote(str(lock.file)) for lock in stale)
        print(f"To go on, run again with --yes, or remove {files}")
        return 0
    mend(Path(folder))
    for lock in stale:
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
