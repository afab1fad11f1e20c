"""Who holds a lock of Pulumi's, told by what is to be seen of its process and never by a clock.

A lock counts as left behind only when it is certain: it is of this machine, on a file system that
no other machine shares, and no Pulumi with its number runs. What cannot be looked at is a Pulumi.
"""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PROCESSES = Path("/proc")
# Clones and containers share names, and a state on a share is one for all of them.
LOCAL = frozenset(
    {
        *("bcachefs", "btrfs", "ecryptfs", "exfat", "ext2", "ext3", "ext4", "f2fs", "jfs", "ntfs3"),
        *("overlay", "ramfs", "reiserfs", "tmpfs", "vfat", "xfs", "zfs"),
    }
)


@dataclass(frozen=True, slots=True)
class Lock:
    """One lock file, and what it says; `moment` is the time as Pulumi wrote it."""

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
    """Why a lock has to stay, empty when a Pulumi of this machine has it; None when nobody has."""
    if lock.machine != socket.gethostname():
        return f"whether it runs cannot be seen from {socket.gethostname()}"
    kind = file_system(lock.file)
    if kind not in LOCAL:
        return f"another machine of this name may share its folder (file system: {kind})"
    return "" if _is_pulumi(lock.process) or _is_inside(lock.process) else None


def file_system(file: Path) -> str:
    """The kind of file system that a file is on, `unknown` where the kernel does not tell."""
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
    # btrfs gives files a device that no mount has: the longest folder that is mounted decides.
    path = str(file.resolve())
    above = [
        (len(folder), after.split()[0])
        for before, _, after in mounts
        if path.startswith((folder := before.split()[4]).rstrip("/") + "/")
    ]
    return max(above)[1] if above else "unknown"


def open_files() -> frozenset[str]:
    """Every path that some process has open, as far as this user may look."""
    found = set()
    for process in _processes():
        with contextlib.suppress(OSError):
            for each in (process / "fd").iterdir():
                with contextlib.suppress(OSError):  # closed meanwhile
                    found.add(os.readlink(each))
    return frozenset(found)


def _is_pulumi(process: int) -> bool:
    """Whether a process of this number runs that is, or may be, a Pulumi."""
    if not _runs(process):
        return False
    folder = PROCESSES / str(process)
    try:
        # A process ends when its last thread does; a zombie only waits to be looked at.
        states = [
            (task / "stat").read_text().rpartition(")")[2].split()[0]
            for task in (folder / "task").iterdir()
        ]
        if states and all(state in "ZX" for state in states):
            return False
        names = (Path(os.readlink(folder / "exe")).name, (folder / "comm").read_text())
    except OSError:
        # Looked at in the moment of its end, or not to be looked at.
        return _runs(process)
    return any("pulumi" in name.lower() for name in names)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        pass  # somebody else's, or a number that none can have
    return True


def _is_inside(process: int) -> bool:
    """Whether a Pulumi runs in a container of this machine that has this number there."""
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
    """Their folders; none where the kernel shows none."""
    if PROCESSES.is_dir():
        yield from (folder for folder in PROCESSES.iterdir() if folder.name.isdigit())
