"""Finds out who holds a Pulumi lock by inspecting its process, never by its age.

A lock is stale only when that is certain: it was written on this machine, its file system is shared
with no other machine, and no Pulumi with its process id runs. A process that cannot be inspected
counts as a Pulumi.
"""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PROCESSES = Path("/proc")
# Local file systems. Clones and containers may share a host name and a state on a network mount.
LOCAL = frozenset(
    {
        *("bcachefs", "btrfs", "ecryptfs", "exfat", "ext2", "ext3", "ext4", "f2fs", "jfs", "ntfs3"),
        *("overlay", "ramfs", "reiserfs", "tmpfs", "vfat", "xfs", "zfs"),
    }
)


@dataclass(frozen=True, slots=True)
class Lock:
    """One lock file and its content; `moment` is the time as Pulumi wrote it."""

    file: Path
    process: int
    user: str
    machine: str
    moment: str

    @property
    def words(self) -> str:
        said = f"process {self.process} of {self.user} on {self.machine} since {self.moment[:19]}Z"
        return "".join(each if each.isprintable() else "?" for each in said)


def held(lock: Lock) -> str | None:
    """Why a lock must stay; empty if a Pulumi on this machine holds it, None if nobody does."""
    if lock.machine != socket.gethostname():
        return f"{socket.gethostname()} cannot tell whether it still runs"
    kind = file_system(lock.file)
    if kind not in LOCAL:
        return f"another machine with this name may share its folder (file system: {kind})"
    return "" if _is_pulumi(lock.process) or _is_inside(lock.process) else None


def file_system(file: Path) -> str:
    """The type of the file system that a file is on, or `unknown`."""
    try:
        device = os.stat(file).st_dev
        wanted = f"{os.major(device)}:{os.minor(device)}"
        lines = (PROCESSES / "self" / "mountinfo").read_text().splitlines()
    except OSError:
        return "unknown"
    mounts = [line.partition(" - ") for line in lines]
    kinds = {after.split()[0] for before, _, after in mounts if before.split()[2] == wanted}
    if kinds:
        return kinds.pop() if len(kinds) == 1 else "unknown"
    # btrfs reports devices that no mount has: the longest matching mount point decides.
    path = str(file.resolve())
    above = [
        (len(folder), after.split()[0])
        for before, _, after in mounts
        if path.startswith((folder := before.split()[4]).rstrip("/") + "/")
    ]
    return max(above)[1] if above else "unknown"


def open_files() -> frozenset[str]:
    """Every path that a process has open, as far as this user can see."""
    found = set()
    for process in _processes():
        with contextlib.suppress(OSError):
            for each in (process / "fd").iterdir():
                with contextlib.suppress(OSError):  # closed meanwhile
                    found.add(os.readlink(each))
    return frozenset(found)


def _is_pulumi(process: int) -> bool:
    """Whether a process with this id runs that is, or may be, a Pulumi."""
    if not _runs(process):
        return False
    folder = PROCESSES / str(process)
    try:
        # A process ends with its last thread; a zombie has already ended.
        states = [
            (task / "stat").read_text().rpartition(")")[2].split()[0]
            for task in (folder / "task").iterdir()
        ]
        if states and all(state in "ZX" for state in states):
            return False
        names = (Path(os.readlink(folder / "exe")).name, (folder / "comm").read_text())
    except OSError:
        # It has just ended, or it cannot be inspected.
        return _runs(process)
    return any("pulumi" in name.lower() for name in names)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        pass  # it belongs to another user, or is no valid process id
    return True


def _is_inside(process: int) -> bool:
    """Whether a Pulumi with this process id runs in a container on this machine."""
    for folder in _processes():
        try:
            lines = (folder / "status").read_text().splitlines()
        except OSError:
            continue
        numbers = next((line.split()[1:] for line in lines if line.startswith("NSpid:")), [])
        if str(process) in numbers[1:] and _is_pulumi(int(folder.name)):
            return True
    return False


def _processes() -> Iterator[Path]:
    """The /proc folders of all processes; none where there is no /proc."""
    if PROCESSES.is_dir():
        yield from (folder for folder in PROCESSES.iterdir() if folder.name.isdigit())
