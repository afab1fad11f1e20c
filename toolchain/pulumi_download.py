"""The official Pulumi release, where Pulumi's download site answers; a half download is resumed."""

from __future__ import annotations

import http.client
import os
import platform
import shutil
import tarfile
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from toolchain import pins, progress
from toolchain.places import Places

PROBE_SECONDS = 5
BLOCK = 1 << 18
SYSTEMS = {"Linux": "linux", "Darwin": "darwin"}
MACHINES = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}


def archive_name(system: str, machine: str) -> str | None:
    """None where Pulumi publishes no archive that we know how to use."""
    if system not in SYSTEMS or machine not in MACHINES:
        return None
    return f"pulumi-v{pins.PULUMI}-{SYSTEMS[system]}-{MACHINES[machine]}.tar.gz"


def install(
    console: progress.Console,
    places: Places,
    folder: Path,
    programs: Sequence[str],
    site: str = pins.PULUMI_DOWNLOADS,
) -> bool:
    """Put the programs into folder; False where the site is out of reach or serves nonsense."""
    name = archive_name(platform.system(), platform.machine())
    if name is None or not _answers(f"{site}/{name}"):
        return False
    archive = places.cache / f"{name}.partial"
    try:
        with console.step(f"Pulumi CLI {pins.PULUMI}, official download", "1 min") as step:
            _download(f"{site}/{name}", archive, step)
            _unpack(archive, folder, programs)
            step.result = "unpacked"
    except (OSError, tarfile.TarError, KeyError, http.client.HTTPException, EOFError) as error:
        console.line(f"note    the download is not usable ({error}); building from Go modules")
        if not isinstance(error, (urllib.error.URLError, TimeoutError, http.client.HTTPException)):
            archive.unlink(missing_ok=True)
        return False
    archive.unlink()
    return True


def _answers(address: str) -> bool:
    request = urllib.request.Request(address, method="HEAD")
    try:
        with urllib.request.urlopen(request, timeout=PROBE_SECONDS) as answer:
            return bool(answer.status == 200)
    except (OSError, http.client.HTTPException):
        return False


def _download(address: str, archive: Path, step: progress.Step) -> None:
    have = archive.stat().st_size if archive.exists() else 0
    request = urllib.request.Request(address, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        answer = urllib.request.urlopen(request, timeout=30)
    except urllib.error.HTTPError as error:
        if error.code == 416 and have:  # nothing is left to fetch
            return
        raise
    with answer, archive.open("ab" if answer.status == 206 else "wb") as file:
        done = have if answer.status == 206 else 0
        total = done + int(answer.headers.get("Content-Length") or 0)
        while block := answer.read(BLOCK):
            file.write(block)
            done += len(block)
            step.detail = f"{done // 1_000_000} of {total // 1_000_000} MB"


def _unpack(archive: Path, folder: Path, programs: Sequence[str]) -> None:
    with tarfile.open(archive) as bundle:
        for program in programs:
            source = bundle.extractfile(f"pulumi/{program}")
            if source is None:
                raise KeyError(f"{program} is not a file in the archive")
            unfinished = folder / f"{program}.unfinished"
            with source, unfinished.open("wb") as target:
                shutil.copyfileobj(source, target)
            unfinished.chmod(0o755)
            os.replace(unfinished, folder / program)
