"""The journal: records on disk what a run is about to create, before it asks the engine.

A run that ends normally deletes its journal. The journal of a killed run stays: together with the
state, it proves that an object was begun and never recorded in the state. Only such objects are
removed, and only containers that such a run stopped are started, without asking the user.
"""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class StoppedContainer:
    """A container that was stopped for its successor, with what is needed to restore it."""

    id: str
    name: str
    policy: dict[str, Any]
    running: bool
    urn: str


@dataclass(slots=True)
class KilledRuns:
    """What killed runs had begun: (run, URN) pairs, and containers set aside."""

    begun: set[tuple[str, str]] = field(default_factory=set)
    parked: list[StoppedContainer] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)


class Journal:
    """The journal of one run, in the folder of its state; created with its first entry."""

    def __init__(self, folder: Path, run: str) -> None:
        self.folder = folder
        self._file = folder / f"{run}.jsonl"
        self._lock = threading.Lock()
        self._handle: int | None = None
        self._open: set[str] = set()

    def begin(self, urn: str) -> None:
        """Record that an object of this resource is about to be created. Raises OSError when that
        fails."""
        with self._lock:
            self._open.add(urn)
            self._write({"begin": urn})

    def record_stopped(self, parked: StoppedContainer) -> None:
        """Record that a container is about to be stopped for its successor."""
        with self._lock:
            self._write(
                {
                    "park": {
                        key: getattr(parked, key) for key in StoppedContainer.__dataclass_fields__
                    }
                }
            )

    def end(self, urn: str) -> None:
        """Close the entry: Pulumi has the object's id, or no object was created."""
        with self._lock:
            self._open.discard(urn)

    def close(self) -> None:
        """Delete the journal: Pulumi ends this run normally and has recorded its results."""
        with self._lock:
            if self._handle is None:
                return
            if not self._open:
                with suppress(OSError):
                    self._file.unlink()
                    self.folder.rmdir()  # fails while another run's journal is there
                return
            # Keep only the entries of objects that may be left on the engine.
            with suppress(OSError):
                os.ftruncate(self._handle, 0)
                os.lseek(self._handle, 0, os.SEEK_SET)
                self._append(_process(), *({"begin": urn} for urn in sorted(self._open)))

    def _write(self, entry: dict[str, Any]) -> None:
        if self._handle is None:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
            self._handle = os.open(self._file, flags, 0o600)
            self._append(_process(), entry)
        else:
            self._append(entry)

    def _append(self, *entries: dict[str, Any]) -> None:
        assert self._handle is not None
        os.write(self._handle, "".join(json.dumps(each) + "\n" for each in entries).encode())
        os.fsync(self._handle)


def killed_runs(folder: Path, own: str) -> KilledRuns:
    """The entries of all journals in a state's folder whose process no longer exists."""
    found = KilledRuns()
    with suppress(OSError):
        for file in sorted(folder.glob("*.jsonl")):
            lines = list(_lines(file))
            if file.stem == own or not lines or not _is_gone(lines[0]):
                continue
            found.files.append(file)
            for line in lines[1:]:
                if "begin" in line:
                    found.begun.add((file.stem, str(line["begin"])))
                elif isinstance(line.get("park"), dict):
                    with suppress(TypeError):
                        found.parked.append(StoppedContainer(**line["park"]))
    return found


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    """The complete lines of a journal; the last one may be truncated."""
    for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict):
            yield entry


def _process() -> dict[str, Any]:
    process = os.getpid()
    return {
        "process": process,
        "began": _began(process),
        "boot": _boot(),
        "host": socket.gethostname(),
    }


def _is_gone(head: dict[str, Any]) -> bool:
    """Whether the process of a journal certainly no longer exists; unknown for another machine."""
    if "process" not in head or head.get("host") != socket.gethostname():
        return False
    if head.get("boot") != _boot():
        return True
    try:
        os.kill(int(head["process"]), 0)
    except ProcessLookupError:
        return True
    except (OSError, ValueError, TypeError):
        return False
    began = _began(int(head["process"]))
    return began is not None and began != head.get("began")


def _began(process: int) -> str | None:
    """When a process started, in the kernel's ticks since boot; "" for a zombie, None where that is
    unknown."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return "" if fields[0] == "Z" else fields[19]


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""
