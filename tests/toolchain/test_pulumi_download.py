"""The official download and the list of its checksums, from servers of the test's own."""

from __future__ import annotations

import hashlib
import http.server
import io
import platform
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from toolchain import pins, progress, pulumi_download
from toolchain.places import Places

PROGRAMS = ("pulumi", "pulumi-language-python")


def archive(names: tuple[str, ...]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as bundle:
        for name in names:
            entry = tarfile.TarInfo(f"pulumi/{name}")
            entry.size = 9
            bundle.addfile(entry, io.BytesIO(b"#!/bin/sh"))
    return buffer.getvalue()


class Site(http.server.ThreadingHTTPServer):
    """The archive and, below another path, its checksums; `listed` None is a list out of reach."""

    body = b""
    listed: str | None = ""
    ranges: list[str | None]


class Handler(http.server.BaseHTTPRequestHandler):
    server: Site

    def do_HEAD(self) -> None:
        self.send_response(200)
        self.end_headers()

    def do_GET(self) -> None:
        if self.path.startswith("/releases/"):
            expected = f"/releases/v{pins.PULUMI}/pulumi-{pins.PULUMI}-checksums.txt"
            body = (self.server.listed or "").encode()
            known = self.path == expected and self.server.listed is not None
            self.send_response(200 if known else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            return
        wanted = self.headers.get("Range")
        self.server.ranges.append(wanted)
        body = self.server.body
        if wanted:
            body = body[int(wanted.removeprefix("bytes=").rstrip("-")) :]
        self.send_response(206 if wanted else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def site() -> Iterator[Site]:
    with Site(("127.0.0.1", 0), Handler) as server:
        server.ranges = []
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def places(tmp_path: Path) -> Places:
    (tmp_path / "cache").mkdir()
    return Places(project=tmp_path, cache=tmp_path / "cache")


def install(site: Site, places: Places, folder: Path, out: io.StringIO | None = None) -> bool:
    console = progress.Console(out or io.StringIO())
    address = f"http://127.0.0.1:{site.server_address[1]}"
    return pulumi_download.install(
        console, places, folder, PROGRAMS, address, f"{address}/releases"
    )


def publish(site: Site, body: bytes) -> None:
    """The archive with a list that is right."""
    name = pulumi_download.archive_name(platform.system(), platform.machine())
    site.body = body
    site.listed = f"{'0' * 64}  other.tar.gz\n{hashlib.sha256(body).hexdigest()}  {name}\n"


def partial(places: Places) -> Path:
    name = pulumi_download.archive_name(platform.system(), platform.machine())
    return places.cache / f"{name}.partial"


def test_programs_are_unpacked_and_executable(site: Site, places: Places, tmp_path: Path) -> None:
    publish(site, archive(PROGRAMS))
    assert install(site, places, tmp_path)
    assert (tmp_path / "pulumi").stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "pulumi-language-python").read_bytes() == b"#!/bin/sh"
    assert not partial(places).exists()


def test_a_half_download_is_resumed(site: Site, places: Places, tmp_path: Path) -> None:
    publish(site, archive(PROGRAMS))
    partial(places).write_bytes(site.body[:20])
    assert install(site, places, tmp_path)
    assert site.ranges == ["bytes=20-"]


def test_a_page_in_place_of_the_archive_is_not_installed(
    site: Site, places: Places, tmp_path: Path
) -> None:
    publish(site, b"<html>Please log in</html>")
    assert not install(site, places, tmp_path)
    assert not (tmp_path / "pulumi").exists()
    assert not partial(places).exists()


def test_an_archive_without_the_language_host_is_not_installed(
    site: Site, places: Places, tmp_path: Path
) -> None:
    publish(site, archive(("pulumi",)))
    assert not install(site, places, tmp_path)
    assert not (tmp_path / "pulumi-language-python").exists()


def test_an_archive_that_is_not_the_released_one_is_not_used(
    site: Site, places: Places, tmp_path: Path
) -> None:
    publish(site, b"released")
    site.body = archive(PROGRAMS)
    told = io.StringIO()
    assert not install(site, places, tmp_path, told)
    released = hashlib.sha256(b"released").hexdigest()
    found = hashlib.sha256(site.body).hexdigest()
    assert (
        f"the download is not used: its SHA-256 is {found}, but that of the release is {released}; "
        "building from Go modules"
    ) in told.getvalue()
    assert not (tmp_path / "pulumi").exists()
    assert not partial(places).exists()


@pytest.mark.parametrize(
    ("listed", "said"),
    [
        (None, "its checksum cannot be read from "),
        ("", "does not list exactly one SHA-256 of pulumi-v"),
        ("<html>Please log in</html>", "does not list exactly one SHA-256 of pulumi-v"),
        ("{good}  {name}.sbom\n", "does not list exactly one SHA-256 of pulumi-v"),
        ("{short}  {name}\n", "does not list exactly one SHA-256 of pulumi-v"),
        ("{good}  {name}\n{bad}  {name}\n", "does not list exactly one SHA-256 of pulumi-v"),
    ],
)
def test_a_download_whose_checksum_nobody_tells_is_not_used(
    site: Site, places: Places, tmp_path: Path, listed: str | None, said: str
) -> None:
    site.body = archive(PROGRAMS)
    name = pulumi_download.archive_name(platform.system(), platform.machine())
    good = hashlib.sha256(site.body).hexdigest()
    sums = {"good": good, "bad": "0" * 64, "short": good[:60], "name": name}
    site.listed = listed and listed.format(**sums)
    told = io.StringIO()
    assert not install(site, places, tmp_path, told)
    assert said in told.getvalue()
    assert site.ranges == []
    assert not (tmp_path / "pulumi").exists()


def test_a_resumed_download_is_verified_as_a_whole(
    site: Site, places: Places, tmp_path: Path
) -> None:
    publish(site, archive(PROGRAMS))
    partial(places).write_bytes(b"x" * 20)
    assert not install(site, places, tmp_path)
    assert site.ranges == ["bytes=20-"]
    assert not partial(places).exists()
