"""`scale` and `rollout`: what they refuse, what they hand to Pulumi, what they tell."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import nullcontext
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, cast

import pytest

from causeway.cli import rollout, verify
from causeway.cli.console import Console
from causeway.cli.rollout import Probe
from causeway.engine.client import Engine as Client
from causeway.engine.faults import Unreachable
from causeway.live.replicas import conditions, service_changes
from causeway.live.verify import Report
from causeway.model.loaded import Loaded
from causeway.model.source import SourceIndex
from causeway.model.values import Place, Service, Stack
from tests.cli.run import ROOT, Answer, causeway


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


FAILING = """#!/bin/sh
echo "$@" >> calls
case "$1" in
    config) echo "  causeway:scale: {{app: 4}}" >> Pulumi.dev.yaml ;;
    up) {} exit 255 ;;
esac
"""


def test_scale_puts_the_old_numbers_back_when_the_update_fails(project: Path) -> None:
    (project / ".venv" / "bin" / "pulumi").write_text(FAILING.format(""))
    before = (project / "Pulumi.dev.yaml").read_text()
    answer = scale(project, "app=4")
    assert answer.code == 255
    assert answer.err == (
        "error: Pulumi.dev.yaml is restored\n"
        "error: the update failed and may be incomplete: `causeway scale app=4 --stack dev` tries "
        "again, `pulumi up --stack dev` restores the old numbers\n"
    )
    assert (project / "Pulumi.dev.yaml").read_text() == before
    assert not (project / ".Pulumi.dev.yaml.unfinished").exists()


def test_scale_leaves_a_configuration_that_somebody_else_changed_meanwhile(project: Path) -> None:
    pulumi = project / ".venv" / "bin" / "pulumi"
    pulumi.write_text(FAILING.format('echo "  # mine" >> Pulumi.dev.yaml;'))
    answer = scale(project, "app=4")
    assert (answer.code, answer.err) == (
        255,
        "error: Pulumi.dev.yaml was changed during the update, so it keeps the new numbers\n",
    )
    assert (project / "Pulumi.dev.yaml").read_text().endswith("# mine\n")


def test_scale_puts_the_old_text_back_when_a_number_cannot_be_written(project: Path) -> None:
    pulumi = project / ".venv" / "bin" / "pulumi"
    pulumi.write_text("#!/bin/sh\necho half >> Pulumi.dev.yaml\nexit 1\n")
    before = (project / "Pulumi.dev.yaml").read_text()
    answer = scale(project, "app=4")
    assert (answer.code, answer.err) == (1, "error: Pulumi.dev.yaml is restored\n")
    assert (project / "Pulumi.dev.yaml").read_text() == before


def test_ctrl_c_lets_pulumi_end_in_its_own_way(project: Path) -> None:
    """One that is killed leaves its lock."""
    (project / ".venv" / "bin" / "pulumi").write_text(
        "#!/bin/sh\ntrap 'asked=1' INT\n: > begun\n"
        'while [ -z "$asked" ]; do sleep 0.05; done\nsleep 1\n: > ended\nexit 3\n'
    )
    script = (
        "import sys; from pathlib import Path; from causeway.cli.pulumi import call; "
        "from causeway.model.project import StackConfig; "
        "sys.exit(call(StackConfig('shop-dev', (), Path.cwd(), 'dev'), 'up'))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        start_new_session=True,
    )
    while not (project / "begun").exists():
        assert process.poll() is None
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(timeout=60) == 3
    assert (project / "ended").exists()


class Engine:
    """As much of an engine as `conditions` asks: (id, service, state, health, exit code)."""

    def __init__(self, *rows: tuple[str, str, str, str, int]) -> None:
        self.rows = {row[0]: row for row in rows}
        self.holders: set[str] = set()

    def call(self, method: str, path: str, **_: object) -> list[dict[str, Any]]:
        assert (method, path) == ("GET", "/containers/json")
        return [
            {
                "Id": key,
                "Names": [f"/{key}"],
                "Labels": {"causeway.service": row[1]}
                | ({"causeway.role": "network"} if key in self.holders else {}),
            }
            for key, row in self.rows.items()
        ]

    def find(self, path: str) -> dict[str, Any]:
        _, _, state, health, code = self.rows[path.split("/")[2]]
        checked = {"Health": {"Status": health}} if health else {}
        return {"State": {"Status": state, "ExitCode": code, **checked}}


MIXED = Engine(
    ("app-1", "app", "running", "healthy", 0),
    ("app-2", "app", "running", "unhealthy", 0),
    ("app-3", "app", "exited", "", 137),
    ("job-1", "job", "exited", "", 0),
    ("web-1", "web", "restarting", "", 1),
    ("lb-1-network", "lb", "running", "", 0),
)
MIXED.holders.add("lb-1-network")


def stack_of(*names: str) -> Stack:
    services = [Service(name=name, place=Place("", 0, "")) for name in names]
    services.append(Service(name="off", place=Place("", 0, ""), replicas=0))
    return Stack(name="shop-dev", files=(), services=tuple(services))


def test_what_there_is_of_each_service_is_told_by_its_containers() -> None:
    found = conditions(cast(Client, MIXED), "shop", "dev", ["app", "lb"])
    assert [(str(each), each.is_dead) for each in found] == [
        ("app: 1 of 3 run: app-1 (healthy), app-2 (unhealthy), app-3 (exited with 137)", False),
        ("job: 0 of 1 run: job-1 (exited with 0)", False),
        ("lb: no container", True),
        ("web: 0 of 1 run: web-1 (restarting)", True),
    ]


def test_a_failed_rollout_tells_what_serves_and_not_what_should(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(rollout, "engine", lambda _: nullcontext(MIXED))
    monkeypatch.setattr(rollout, "call", lambda *_: 255)
    loaded = Loaded(stack_of("app", "lb"), SourceIndex(files=()))
    monkeypatch.setattr(rollout, "load_stack", lambda _: loaded)
    monkeypatch.chdir(project)
    options = argparse.Namespace(file=[], stack="dev", probe=None)
    console = Console(sys.stdout, sys.stderr, {})
    assert rollout.run(options, console) == 255
    told = capsys.readouterr().out
    assert (
        "the roll-out stopped; the next `pulumi up` resumes it. Containers now:\n"
        "  app: 1 of 3 run: app-1 (healthy), app-2 (unhealthy), app-3 (exited with 137)\n"
        "  job: 0 of 1 run: job-1 (exited with 0)\n"
        "  lb: no container\n"
        "  web: 0 of 1 run: web-1 (restarting)\n"
    ) in told
    assert "what served before goes on" not in told


def test_a_failed_rollout_without_an_engine_says_that_nothing_is_known(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answers: list[list[dict[str, Any]]] = [[]]

    def call(*_: object, **__: object) -> list[dict[str, Any]]:
        if not answers:
            raise Unreachable("refused")
        return answers.pop()

    gone = Engine()
    monkeypatch.setattr(gone, "call", call)
    monkeypatch.setattr(rollout, "engine", lambda _: nullcontext(gone))
    monkeypatch.setattr(rollout, "call", lambda *_: 255)
    monkeypatch.chdir(project)
    options = argparse.Namespace(file=[], stack="dev", probe=None)
    assert rollout.run(options, Console(sys.stdout, sys.stderr, {})) == 255
    assert capsys.readouterr().err == (
        "error: unknown which containers serve now: the engine does not answer (refused)\n"
    )


@pytest.mark.parametrize(
    ("declared", "code", "said"),
    [
        (("app", "job"), 0, ""),
        (
            ("app", "web"),
            1,
            "error: a declared service has no running container: "
            "web: 0 of 1 run: web-1 (restarting)\n",
        ),
        (
            ("app", "lb"),
            1,
            "error: a declared service has no running container: lb: no container\n",
        ),
    ],
)
def test_verify_fails_with_a_declared_service_of_which_nothing_runs(
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    declared: tuple[str, ...],
    code: int,
    said: str,
) -> None:
    monkeypatch.setattr(verify, "engine", lambda _: nullcontext(MIXED))
    monkeypatch.setattr(verify, "_verified", lambda *_: (Report(()), (), stack_of(*declared)))
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.chdir(project)
    options = argparse.Namespace(
        file=[], stack="dev", live=False, deploying=False, junit=None, json=False, tap=False
    )
    assert verify.run(options, Console(sys.stdout, sys.stderr, {})) == code
    assert capsys.readouterr().err == said


def test_rollout_wants_a_url_to_ask(project: Path) -> None:
    answer = causeway("rollout", "--probe", "localhost", folder=project)
    assert (answer.code, answer.err) == (
        2,
        "error: 'localhost' is not a URL such as http://localhost:8080/\n",
    )


def test_what_was_exchanged_is_told_by_service() -> None:
    before = {"app": {"a": 5.0, "b": 5.0, "c": 5.0}, "lb": {"x": 0.0}, "old": {"o": 0.0}}
    after = {"app": {"d": 5.0, "e": 5.0}, "lb": {"x": 0.0}, "new": {"n": 0.0}}
    assert [str(each) for each in service_changes(before, after)] == [
        "app: 2 replaced, 1 removed, drained for 5 s before stopping",
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
    thread = threading.Thread(target=made.serve_forever, args=(0.01,), daemon=True)
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
        deadline = time.monotonic() + 60
        while probe.sent < 6 and time.monotonic() < deadline:
            time.sleep(0.05)
    assert probe.sent >= 6
    assert [failure.partition(" ")[2] for failure in probe.failures] == ["502", "503"]
