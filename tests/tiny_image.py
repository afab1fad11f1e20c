"""The image that tests run: a static busybox and nothing else, made in seconds without a registry.

Its command is `pause`: it does nothing and ends at once on SIGTERM; `sleep` as process 1 does not.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

import docker

from tests.engine_host import PATH, EngineError

TINY = "causeway-test/tiny:1"
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "causeway" / "tests"
PAUSE = """#!/bin/sh
trap 'exit 0' TERM INT
while :; do sleep 3600 & wait $!; done
"""


def import_tiny(api: docker.APIClient) -> str:
    """Make sure that the engine has the tiny image; its name."""
    if not api.images(name=TINY):
        repository, tag = TINY.split(":")
        api.import_image_from_data(
            rootfs().read_bytes(),
            repository=repository,
            tag=tag,
            changes=["LABEL causeway.test=tiny", "ENV PATH=/bin", 'CMD ["pause"]'],
        )
    return TINY


def tiny_digests(image_id: str) -> tuple[str, str]:
    """What engines tell as the repository digest of the tiny image, which no registry knows:
    nothing, or where containerd stores the images, its id."""
    return "", f"causeway-test/tiny@{image_id}"


def rootfs() -> Path:
    """The image's file system as a tar file, kept in the user's cache folder."""
    target = CACHE / "tiny-1.tar"
    if target.exists():
        return target
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as work:
        busybox = _busybox(Path(work))
        partial = Path(work) / "tiny.tar"
        with tarfile.open(partial, "w") as tar:
            for folder in ("bin", "dev", "etc", "home", "proc", "root", "run", "sys", "tmp", "var"):
                entry = tarfile.TarInfo(folder)
                entry.type, entry.mode = tarfile.DIRTYPE, 0o1777 if folder == "tmp" else 0o755
                tar.addfile(entry)
            _add_file(tar, "bin/busybox", busybox.read_bytes(), 0o755)
            _add_file(tar, "bin/pause", PAUSE.encode(), 0o755)
            _add_file(tar, "etc/passwd", b"root:x:0:0:root:/root:/bin/sh\n", 0o644)
            _add_file(tar, "etc/group", b"root:x:0:\n", 0o644)
            listed = subprocess.run([busybox, "--list"], capture_output=True, text=True, check=True)
            for applet in listed.stdout.split():
                link = tarfile.TarInfo(f"bin/{applet}")
                link.type, link.linkname = tarfile.SYMTYPE, "busybox"
                if applet != "busybox":
                    tar.addfile(link)
        partial.rename(target)
    return target


def _add_file(tar: tarfile.TarFile, name: str, content: bytes, mode: int) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), mode
    tar.addfile(entry, io.BytesIO(content))


def _busybox(work: Path) -> Path:
    """A statically linked busybox: the machine's own, else the one in Debian's package."""
    installed = shutil.which("busybox", path=PATH)
    if installed and b"/lib64/ld-linux" not in Path(installed).read_bytes()[:4096]:
        return Path(installed)
    if not shutil.which("apt-get"):
        raise EngineError("no static busybox: install the package busybox-static")
    # Unpacked, not installed: the tests leave the machine's packages as they are.
    command = ["apt-get", "download", "-qq", "-o", "APT::Sandbox::User=root", "busybox-static"]
    done = subprocess.run(command, cwd=work, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        subprocess.run(["apt-get", "update", "-qq"], check=True)
        subprocess.run(command, cwd=work, check=True)
    package = next(work.glob("busybox-static_*.deb"))
    subprocess.run(["dpkg-deb", "-x", package, work / "unpacked"], check=True)
    return next((work / "unpacked").rglob("bin/busybox"))
