"""Downloads the official Pulumi release, and resumes a partial download.

It is used only if its SHA-256 is the one that the release on GitHub, a second host, lists.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import platform
import re
import shutil
import tarfile
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from toolchain import pins, progress
from toolchain.places import Places

PROBE_SECONDS = 5
LIST_SECONDS = 30
LONGEST_LIST = 1 << 20
BLOCK = 1 << 18
SYSTEMS = {"Linux": "linux", "Darwin": "darwin"}
MACHINES = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}


class Unverified(Exception):
    """The archive is not what its publisher released, or its checksum is unknown."""


def archive_name(system: str, machine: str) -> str | None:
    """The name of the archive; None if Pulumi publishes none that we can use."""
    if system not in SYSTEMS or machine not in MACHINES:
        return None
    return f"pulumi-v{pins.PULUMI}-{SYSTEMS[system]}-{MACHINES[machine]}.tar.gz"


def install(
    console: progress.Console,
    places: Places,
    folder: Path,
    programs: Sequence[str],
    site: str = pins.PULUMI_DOWNLOADS,
    releases: str = pins.PULUMI_RELEASES,
) -> bool:
    """Put the programs into `folder`; False if a site does not answer or its answer is unusable."""
    name = archive_name(platform.system(), platform.machine())
    if name is None or not _answers(f"{site}/{name}"):
        return False
    archive = places.cache / f"{name}.partial"
    try:
        with console.step(f"Pulumi CLI {pins.PULUMI}, official download", "1 min") as step:
            wanted = _published(releases, name)
            _download(f"{site}/{name}", archive, step)
            _verify(archive, wanted)
            _unpack(archive, folder, programs)
            step.result = "checksum verified, unpacked"
    except Unverified as error:
        console.line(f"note    the download is not used: {error}; building from Go modules")
        archive.unlink(missing_ok=True)
        return False
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


def _published(releases: str, name: str) -> str:
    """The archive's SHA-256 in the list of checksums of its release."""
    address = f"{releases}/v{pins.PULUMI}/pulumi-{pins.PULUMI}-checksums.txt"
    try:
        with urllib.request.urlopen(address, timeout=LIST_SECONDS) as answer:
            if address.startswith("https:") and not answer.url.startswith("https:"):
                raise Unverified(f"{address} redirects to {answer.url}, which is not HTTPS")
            listed: str = answer.read(LONGEST_LIST).decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        raise Unverified(f"its checksum cannot be read from {address} ({error})") from None
    found = {words[0] for line in listed.splitlines() if (words := line.split())[1:] == [name]}
    if len(found) != 1 or not re.fullmatch(r"[0-9a-f]{64}", wanted := found.pop()):
        raise Unverified(f"{address} does not list exactly one SHA-256 of {name}")
    return wanted


def _verify(archive: Path, wanted: str) -> None:
    with archive.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != wanted:
        raise Unverified(f"its SHA-256 is {found}, but that of the release is {wanted}")


def _download(address: str, archive: Path, step: progress.Step) -> None:
    have = archive.stat().st_size if archive.exists() else 0
    request = urllib.request.Request(address, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        answer = urllib.request.urlopen(request, timeout=30)
    except urllib.error.HTTPError as error:
        if error.code == 416 and have:  # the archive is already complete
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
