"""What a run begins on the engine, on the disk before the engine is asked.

A run that Pulumi ends in order takes its journal away. The journal of a run that was killed stays,
and is the proof, beside the state, that an object was begun and never recorded: nothing else is
removed or set going again without a question.
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
class Parked:
    """A container that was stopped for its successor: what brings it back as it was."""

    id: str
    name: str
    policy: dict[str, Any]
    running: bool
    urn: str


@dataclass(slots=True)
class Abandoned:
    """What runs that were killed had begun: (run, URN) pairs and containers set aside."""

    begun: set[tuple[str, str]] = field(default_factory=set)
    parked: list[Parked] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)


class Journal:
    """The journal of one run, below the folder of its state; made when first written to."""

    def __init__(self, folder: Path, run: str) -> None:
        self.folder = folder
        self._file = folder / f"{run}.jsonl"
        self._lock = threading.Lock()
        self._handle: int | None = None
        self._open: set[str] = set()

    def begin(self, urn: str) -> None:
        """An object of this resource is about to be made. Raises OSError when it cannot be kept."""
        with self._lock:
            self._open.add(urn)
            self._write({"begin": urn})

    def park(self, parked: Parked) -> None:
        """A container is about to be stopped for its successor."""
        with self._lock:
            self._write(
                {"park": {key: getattr(parked, key) for key in Parked.__dataclass_fields__}}
            )

    def end(self, urn: str) -> None:
        """Pulumi has the object's id, or there is no object."""
        with self._lock:
            self._open.discard(urn)

    def close(self) -> None:
        """Pulumi ends this run in order, and has recorded what it was told."""
        with self._lock:
            if self._handle is None:
                return
            if not self._open:
                with suppress(OSError):
                    self._file.unlink()
                    self.folder.rmdir()  # unless another run's journal is there
                return
            # Something may be left on the engine: only that stays in the journal.
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


def abandoned(folder: Path, own: str) -> Abandoned:
    """What the journals in a state's folder tell of runs whose process is no more."""
    found = Abandoned()
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
                        found.parked.append(Parked(**line["park"]))
    return found


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    """Its whole lines: the last one may be cut short."""
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
    """Whether the process of a journal is certainly no more; on another machine nobody knows."""
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
    """When a process began, in the kernel's ticks since boot; "" for one that has ended and was
    not waited for, None where nobody can tell."""
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
