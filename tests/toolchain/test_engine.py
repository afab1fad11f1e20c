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
from contextlib import closing
from pathlib import Path

import pytest

from causeway.engine.address import Address
from causeway.engine.client import Engine
from tests.certificates import docker_context
from toolchain import base_images, engine, progress
from toolchain.places import Places
from toolchain.problem import ToolchainError


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        answers = {
            "/_ping": b"OK",
            "/version": b'{"Version": "28.0.1", "ApiVersion": "1.48"}',
            "/v1.48/images/ours:1/json": b'{"Config": {"Labels": {"causeway.base": "abc"}}}',
            "/v1.48/images/theirs:1/json": b'{"Config": {"Labels": null}}',
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


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH", "DOCKER_HOST", "DOCKER_CONTEXT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker"))


def used(console: progress.Console, places: Places) -> Engine:
    found = engine.install(console, places)
    assert found is not None
    return found


def test_an_engine_that_answers_is_used_and_its_version_shown(
    host: str,
    console: progress.Console,
    written: io.StringIO,
    places: Places,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DOCKER_HOST", host)
    with closing(used(console, places)) as reached:
        assert reached.host == host
    assert "28.0.1 (API 1.48)" in written.getvalue()


def test_a_wrong_docker_host_is_an_error_and_no_other_engine_is_taken(
    console: progress.Console, places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    with pytest.raises(ToolchainError, match="at DOCKER_HOST=unix:///nowhere/") as refused:
        engine.install(console, places)
    assert "No such file or directory" in refused.value.log


@pytest.mark.parametrize("by", ["DOCKER_CONTEXT", "docker context use"])
def test_the_engine_of_a_docker_context_is_used_and_no_other_one_is_taken(
    by: str,
    host: str,
    tmp_path: Path,
    console: progress.Console,
    places: Places,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    docker_context(tmp_path / "docker", "near", host, None)
    docker_context(tmp_path / "docker", "gone", "unix:///nowhere/docker.sock", None)

    def choose(name: str) -> None:
        if by == "DOCKER_CONTEXT":
            monkeypatch.setenv("DOCKER_CONTEXT", name)
        else:
            (tmp_path / "docker" / "config.json").write_text(f'{{"currentContext": "{name}"}}')

    choose("near")
    with closing(used(console, places)) as reached:
        assert reached.host == host
    choose("gone")
    text = "answers at unix:///nowhere/docker.sock of docker context 'gone'"
    with pytest.raises(ToolchainError, match=text):
        engine.install(console, places)
    choose("none")
    with pytest.raises(ToolchainError, match="there is no docker context 'none'") as refused:
        engine.install(console, places)
    assert refused.value.way_out == "`docker context ls` lists them"


def test_an_engine_behind_ssh_is_left_unchecked(
    console: progress.Console,
    written: io.StringIO,
    places: Places,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "ssh://somebody@somewhere")
    assert engine.install(console, places) is None
    assert "ssh://somebody@somewhere is not checked" in written.getvalue()


def test_an_images_label_tells_absent_from_unlabelled(host: str) -> None:
    with closing(engine.reached(Address(host))) as ours:
        assert base_images.label(ours, "ours:1") == "abc"
        assert base_images.label(ours, "theirs:1") == ""
        assert base_images.label(ours, "missing:1") is None


@pytest.mark.parametrize("address", ["npipe:////./pipe/docker", "nonsense", "tcp://"])
def test_an_address_of_no_known_kind_does_not_answer(address: str) -> None:
    assert engine.answering(Address(address)) is None


def test_a_socket_that_nobody_listens_on_does_not_answer(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(tmp_path / "dead.sock"))
    assert engine.answering(Address(f"unix://{tmp_path}/dead.sock")) is None


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
    with pytest.raises(ToolchainError, match="the Docker engine exited at once") as caught:
        engine.start(
            console,
            Address(f"unix://{tmp_path}/docker.sock"),
            options=["--debug"],
            log=tmp_path / "log",
            pid_file=tmp_path / "pid",
        )
    assert "no iptables here" in caught.value.text()
