"""Which engine is used, and what setup says when none answers."""

from __future__ import annotations

import http.server
import io
import os
import socket
import socketserver
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from toolchain import engine, engine_api, progress
from toolchain.engine_api import Engine
from toolchain.places import Places
from toolchain.problem import ToolchainError


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        answers = {
            "/_ping": b"OK",
            "/version": b'{"Version": "28.0.1", "ApiVersion": "1.48"}',
            "/images/ours%3A1/json": b'{"Config": {"Labels": {"causeway.base": "abc"}}}',
            "/images/theirs%3A1/json": b'{"Config": {"Labels": null}}',
        }
        body = answers.get(self.path)
        self.send_response(404 if body is None else 200)
        self.end_headers()
        self.wfile.write(body or b"")

    def address_string(self) -> str:
        return "unix"

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def host(tmp_path: Path) -> Iterator[str]:
    path = tmp_path / "docker.sock"
    with socketserver.UnixStreamServer(str(path), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"unix://{path}"
        server.shutdown()
        thread.join()


@pytest.fixture
def written() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def console(written: io.StringIO) -> progress.Console:
    return progress.Console(written)


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(project=tmp_path, cache=tmp_path)


def test_the_default_address_is_the_default_socket() -> None:
    assert engine_api.host({}) == "unix:///var/run/docker.sock"
    assert engine_api.host({"DOCKER_HOST": ""}) == "unix:///var/run/docker.sock"
    assert engine_api.host({"DOCKER_HOST": "tcp://a:1"}) == "tcp://a:1"


def test_an_engine_that_answers_is_used_and_its_version_shown(
    host: str,
    console: progress.Console,
    written: io.StringIO,
    places: Places,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DOCKER_HOST", host)
    assert engine.install(console, places) == Engine(host)
    assert "28.0.1 (API 1.48)" in written.getvalue()


def test_a_wrong_docker_host_is_an_error_and_no_other_engine_is_taken(
    console: progress.Console, places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    with pytest.raises(ToolchainError, match="at DOCKER_HOST=unix:///nowhere/"):
        engine.install(console, places)


def test_an_engine_behind_ssh_is_left_unchecked(
    console: progress.Console, places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "ssh://somebody@somewhere")
    assert engine.install(console, places) == Engine("ssh://somebody@somewhere")


def test_an_images_label_tells_absent_from_unlabelled(host: str) -> None:
    ours = Engine(host)
    assert ours.image_label("ours:1", "causeway.base") == "abc"
    assert ours.image_label("theirs:1", "causeway.base") == ""
    assert ours.image_label("missing:1", "causeway.base") is None


@pytest.mark.parametrize("address", ["npipe:////./pipe/docker", "nonsense", "tcp://"])
def test_an_address_of_no_known_kind_does_not_answer(address: str) -> None:
    assert not Engine(address).ping()


def test_a_socket_that_nobody_listens_on_does_not_answer(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(tmp_path / "dead.sock"))
    assert not Engine(f"unix://{tmp_path}/dead.sock").ping()


def test_missing_programs_are_named_by_their_packages(tmp_path: Path) -> None:
    programs = {"causeway-no-such": "no-such-package", "also-no-such": "another"}
    absent = engine.absent_packages(programs, {"PATH": str(tmp_path)})
    assert absent == ["no-such-package", "another"]


def test_the_pid_file_of_a_dead_engine_is_removed(tmp_path: Path) -> None:
    file = tmp_path / "docker.pid"
    file.write_text("999999999")
    engine.remove_stale(file)
    assert not file.exists()


def test_a_pid_file_whose_number_belongs_to_another_program_is_removed(tmp_path: Path) -> None:
    file = tmp_path / "docker.pid"
    file.write_text(str(os.getpid()))
    engine.remove_stale(file)
    assert not file.exists()


def test_an_engine_that_ends_at_once_shows_the_end_of_its_log(
    console: progress.Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dockerd = tmp_path / "dockerd"
    dockerd.write_text(f"#!{sys.executable}\nraise SystemExit('no iptables here')\n")
    dockerd.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolchainError, match="the Docker engine ended at once") as caught:
        engine.start(
            console,
            Engine(f"unix://{tmp_path}/docker.sock"),
            options=["--debug"],
            log=tmp_path / "log",
            pid_file=tmp_path / "pid",
        )
    assert "no iptables here" in caught.value.text()
