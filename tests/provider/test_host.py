"""Whose machine is believed to be the engine's."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from causeway.engine import machine as host
from causeway.engine.machine import Host, look
from tests.engines import Engine
from tests.provider.surroundings import Surroundings

# As `ssh -L` does: it listens here, and passes on to where the engine is.
FORWARD = """
import socket, sys, threading
def copy(source, target):
    while part := source.recv(65536):
        target.sendall(part)
    target.shutdown(socket.SHUT_WR)
here = socket.socket(socket.AF_UNIX)
here.bind(sys.argv[1])
here.listen()
print("listening", flush=True)
while True:
    near = here.accept()[0]
    far = socket.socket(socket.AF_UNIX)
    far.connect(sys.argv[2])
    for pair in ((near, far), (far, near)):
        threading.Thread(target=copy, args=pair, daemon=True).start()
"""


@pytest.fixture
def forwarded(engine: Engine, tmp_path: Path) -> Iterator[str]:
    path = str(tmp_path / "forwarded.sock")
    command = [sys.executable, "-c", FORWARD, path, engine.host.removeprefix("unix://")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "listening\n"
        yield f"unix://{path}"
        process.terminate()


def test_an_engine_that_listens_itself_is_seen(engine: Engine) -> None:
    assert "docker0" in look(engine.host, {}).interfaces


def test_nothing_is_claimed_of_an_engine_behind_a_forwarded_socket(forwarded: str) -> None:
    surroundings = Surroundings(forwarded)
    context = surroundings.context()
    assert context.api.call("GET", "/info")["KernelVersion"] == os.uname().release
    assert look(forwarded, context.api.call("GET", "/info")) == Host()
    assert not context.cache.facts().host.is_seen
    surroundings.close()


def told_here() -> dict[str, Any]:
    """What the engine of this machine says of itself."""
    pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return {
        "Name": os.uname().nodename,
        "KernelVersion": os.uname().release,
        "MemTotal": pages * size,
    }


@pytest.mark.parametrize("process", ["ssh", "socat", "python", "systemd-socket-"])
def test_a_program_that_may_pass_on_is_not_the_engine(
    process: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "read_text", lambda path, *_: f"{process}\n")
    assert not host._is_engine(7, told_here())


def test_systemd_is_believed_where_the_engine_tells_of_this_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = Path("/proc/1/comm").read_text().strip()
    monkeypatch.setattr(host, "SYSTEMD", (1, first))
    assert host._is_engine(1, told_here())


@pytest.mark.parametrize("key", ["Name", "KernelVersion", "MemTotal"])
def test_systemd_is_not_believed_where_the_engine_tells_of_another_machine(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Path("/proc/1/comm").read_text().strip()
    monkeypatch.setattr(host, "SYSTEMD", (1, first))
    assert not host._is_engine(1, told_here() | {key: "other"})
