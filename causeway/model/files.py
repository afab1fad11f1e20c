"""Which files may be read: regular files of a limited size.

A FIFO would block a preview, and a device has no end. A missing file is not an error here.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable
from functools import cache

# Distinguishes Git, OCI and web addresses from paths, as the loader and Docker do.
REMOTE = re.compile(r"(?:[a-z][a-z0-9+.-]*:|[\w.-]+@[\w.-]+:|github\.com/)", re.IGNORECASE)
LARGEST = 1 << 20  # bytes; large real files have 200 kB, and the loader fails near this size
# For a secret or config, which may be a large database; the plugin holds it in memory.
LARGEST_CONTENT = 64 << 20
MOST_FILES = 1000  # in a folder that is a config
KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a FIFO"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISSOCK, "a socket"),
)


def why_unreadable(path: str, largest: int = LARGEST) -> str | None:
    """Why a file is not read; None if it may be read or does not exist."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return _fault(status, largest)


def why_unreadable_content(path: str) -> str | None:
    """The same for the file of a secret or config."""
    return why_unreadable(path, LARGEST_CONTENT)


def files_in(folder: str) -> tuple[str, ...] | None:
    """The paths of all files below a folder, sorted, one more than `MOST_FILES` at most; None if it
    is no folder."""
    if not os.path.isdir(folder):
        return None
    found: list[str] = []
    for parent, folders, names in os.walk(folder):
        folders.sort()
        found += [os.path.join(parent, name) for name in names]
        if len(found) > MOST_FILES:
            break
    return tuple(sorted(found)[: MOST_FILES + 1])


def content(path: str) -> bytes | None:
    """The content of a file; None if it cannot or may not be read."""
    try:
        # Open a FIFO without waiting for its writer, and check the file that was actually opened.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError):
        return None
    with open(handle, "rb") as file:
        if _fault(os.fstat(handle)):
            return None
        try:
            found = file.read(LARGEST + 1)
        except OSError:
            return None
    return found if len(found) <= LARGEST else None


def cached_reader() -> Callable[[str], bytes | None]:
    """`content` that reads each file only once, whatever path is used for it."""
    kept = cache(content)
    return lambda path: kept(os.path.realpath(path))


def _fault(status: os.stat_result, largest: int = LARGEST) -> str | None:
    for is_kind, name in KINDS:
        if is_kind(status.st_mode):
            return f"is {name}, not a regular file"
    if status.st_size > largest:
        size = f"{status.st_size / (1 << 20):.1f} MiB"
        return f"is {size} in size; the limit is {largest >> 20} MiB"
    return None
