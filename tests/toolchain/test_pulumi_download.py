"""The official download, from a server of the test's own."""

from __future__ import annotations

import http.server
import io
import platform
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from toolchain import progress, pulumi_download
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
    body = b""
    ranges: list[str | None]


class Handler(http.server.BaseHTTPRequestHandler):
    server: Site

    def do_HEAD(self) -> None:
        self.send_response(200)
        self.end_headers()

    def do_GET(self) -> None:
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
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def places(tmp_path: Path) -> Places:
    (tmp_path / "cache").mkdir()
    return Places(project=tmp_path, cache=tmp_path / "cache")


def install(site: Site, places: Places, folder: Path) -> bool:
    console = progress.Console(io.StringIO())
    address = f"http://127.0.0.1:{site.server_address[1]}"
    return pulumi_download.install(console, places, folder, PROGRAMS, address)


def partial(places: Places) -> Path:
    name = pulumi_download.archive_name(platform.system(), platform.machine())
    return places.cache / f"{name}.partial"


def test_programs_are_unpacked_and_executable(site: Site, places: Places, tmp_path: Path) -> None:
    site.body = archive(PROGRAMS)
    assert install(site, places, tmp_path)
    assert (tmp_path / "pulumi").stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "pulumi-language-python").read_bytes() == b"#!/bin/sh"
    assert not partial(places).exists()


def test_a_half_download_is_resumed(site: Site, places: Places, tmp_path: Path) -> None:
    site.body = archive(PROGRAMS)
    partial(places).write_bytes(site.body[:20])
    assert install(site, places, tmp_path)
    assert site.ranges == ["bytes=20-"]


def test_a_page_in_place_of_the_archive_is_not_installed(
    site: Site, places: Places, tmp_path: Path
) -> None:
    site.body = b"<html>Please log in</html>"
    assert not install(site, places, tmp_path)
    assert not (tmp_path / "pulumi").exists()
    assert not partial(places).exists()


def test_an_archive_without_the_language_host_is_not_installed(
    site: Site, places: Places, tmp_path: Path
) -> None:
    site.body = archive(("pulumi",))
    assert not install(site, places, tmp_path)
    assert not (tmp_path / "pulumi-language-python").exists()
