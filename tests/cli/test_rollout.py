"""`scale` and `rollout`: what they refuse, what they hand to Pulumi, what they tell."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from cli.rollout import Probe
from live.replicas import exchanges
from tests.cli.run import Answer, causeway


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose Pulumi writes down how it was called."""
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (tmp_path / "stack.yaml").write_text(
        "services:\n  app: {image: app:1}\n  web: {image: web:1, ports: ['80:80']}\n"
    )
    (tmp_path / "Pulumi.dev.yaml").write_text("config: {'causeway:files': [stack.yaml]}\n")
    pulumi = tmp_path / ".venv" / "bin" / "pulumi"
    pulumi.parent.mkdir(parents=True)
    pulumi.write_text('#!/bin/sh\necho "$@" >> calls\n')
    pulumi.chmod(0o755)
    return tmp_path


def calls(project: Path) -> list[str]:
    file = project / "calls"
    return file.read_text().replace(f"{project}/", "").splitlines() if file.exists() else []


def scale(project: Path, *arguments: str) -> Answer:
    return causeway("scale", *arguments, folder=project)


def test_scale_writes_the_numbers_down_and_deploys(project: Path) -> None:
    answer = scale(project, "app=4")
    assert (answer.code, answer.out) == (0, "Pulumi.dev.yaml: app=4\n")
    assert calls(project) == [
        "config set --path causeway:scale.app 4 --stack dev --config-file Pulumi.dev.yaml",
        "up --yes --stack dev --config-file Pulumi.dev.yaml",
    ]


def test_scale_with_preview_writes_into_a_copy(project: Path) -> None:
    assert scale(project, "app=4", "--preview").code == 0
    asked, previewed = calls(project)
    assert asked.startswith("config set --path causeway:scale.app 4 --stack dev --config-file /")
    assert previewed.startswith("preview --stack dev --config-file /")


@pytest.mark.parametrize(
    ("number", "message"),
    [
        ("app", "'app' is not of the form SERVICE=NUMBER, such as flask_app=4"),
        ("app=-1", "'app=-1' is not of the form SERVICE=NUMBER, such as flask_app=4"),
        ("ap=2", "causeway:scale.ap: unknown service 'ap' (known: app, web)"),
        (
            "web=2",
            "stack.yaml:3: services.web.ports[0]: 2 replicas cannot share host port 80/tcp: leave "
            "the host port out, or publish a proxy in front of them",
        ),
    ],
)
def test_scale_refuses_what_cannot_be_and_changes_nothing(
    project: Path, number: str, message: str
) -> None:
    answer = scale(project, number)
    assert (answer.code, answer.err) == (2, f"error: {message}\n")
    assert calls(project) == []


def test_rollout_wants_a_url_to_ask(project: Path) -> None:
    answer = causeway("rollout", "--probe", "localhost", folder=project)
    assert (answer.code, answer.err) == (
        2,
        "error: 'localhost' is not a URL such as http://localhost:8080/\n",
    )


def test_what_was_exchanged_is_told_by_service() -> None:
    before = {"app": {"a": 5.0, "b": 5.0, "c": 5.0}, "lb": {"x": 0.0}, "old": {"o": 0.0}}
    after = {"app": {"d": 5.0, "e": 5.0}, "lb": {"x": 0.0}, "new": {"n": 0.0}}
    assert [str(each) for each in exchanges(before, after)] == [
        "app: 2 replaced, 1 removed, drained 5 s before the stop",
        "lb: 1 kept",
        "new: 1 added",
        "old: 1 removed",
    ]


class Answering(BaseHTTPRequestHandler):
    codes = iter(())

    def do_GET(self) -> None:
        self.send_response(next(self.codes, 200))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    made = HTTPServer(("127.0.0.1", 0), Answering)
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    yield made
    made.shutdown()
    made.server_close()
    thread.join()


def test_a_probe_counts_errors_of_the_server_and_no_others(
    server: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Answering, "codes", iter([200, 502, 404, 503]))
    with Probe(f"http://127.0.0.1:{server.server_port}/") as probe:
        deadline = time.monotonic() + 10
        while probe.sent < 6 and time.monotonic() < deadline:
            time.sleep(0.05)
    assert probe.sent >= 6
    assert [failure.partition(" ")[2] for failure in probe.failures] == ["502", "503"]
