"""Locks of dead processes are told from those of living ones, and removed when asked."""

from __future__ import annotations

import io
import json
import os
import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from toolchain import locks


def write(folder: Path, process: int, machine: str | None = None, age: float = 0.0) -> Path:
    """A lock file as Pulumi writes it."""
    moment = datetime.now(UTC) - timedelta(seconds=age)
    file = folder / f"lock-{process}.json"
    file.write_text(
        json.dumps(
            {
                "pid": process,
                "username": "ada",
                "hostname": machine or socket.gethostname(),
                "timestamp": f"{moment:%Y-%m-%dT%H:%M:%S}.238839345Z",
            }
        )
    )
    return file


def told(folder: Path, pulumi: str = "/nowhere/pulumi") -> list[str]:
    return [str(folder), pulumi, str(folder)]


@pytest.fixture
def dead() -> int:
    """The number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_a_lock_of_a_dead_process_is_removed_with_yes(
    tmp_path: Path, dead: int, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(tmp_path, dead)
    assert locks.main(["--yes", *told(tmp_path)]) == 0
    assert not file.exists()
    assert f"process {dead} of ada" in capsys.readouterr().out


def test_without_yes_and_without_a_terminal_the_way_out_is_said(
    tmp_path: Path, dead: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    file = write(tmp_path, dead)
    assert locks.main(told(tmp_path)) == 0
    assert file.exists()
    assert f"To go on, run again with --yes, or remove {file}" in capsys.readouterr().out


def test_a_lock_of_a_running_process_stays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(tmp_path, os.getpid())
    locks.main(["--yes", *told(tmp_path)])
    assert file.exists()
    assert capsys.readouterr().out == ""


def test_a_lock_of_another_machine_stays(tmp_path: Path, dead: int) -> None:
    file = write(tmp_path, dead, machine="elsewhere")
    locks.main(["--yes", *told(tmp_path)])
    assert file.exists()


def test_a_number_that_another_process_got_since_is_a_dead_one(tmp_path: Path) -> None:
    file = write(tmp_path, os.getpid(), age=365 * 24 * 3600)
    locks.main(["--yes", *told(tmp_path)])
    assert not file.exists()


def test_a_process_that_ended_and_was_not_waited_for_is_dead(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.read()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert locks.is_stale(locks.read(write(tmp_path, process.pid).parent)[0])
    process.wait()
    process.stdout.close()


def test_a_file_that_is_no_lock_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "torn.json").write_text('{"pid": 1')
    assert locks.read(tmp_path) == []
    assert locks.main(["--yes", *told(tmp_path)]) == 0


# As much of Pulumi as is used: exports the file `exported`, keeps what is imported.
PULUMI = """#!/bin/sh
case "$*" in
    *"--stack dev export --file "*) cp exported "${7}" ;;
    *"--stack dev import --file "*) cp "${7}" imported ;;
esac
"""


def test_creations_under_way_go_with_the_lock(tmp_path: Path, dead: int) -> None:
    folder = tmp_path / ".pulumi" / "locks" / "organization" / "shop" / "dev"
    folder.mkdir(parents=True)
    write(folder, dead)
    state = tmp_path / ".pulumi" / "stacks" / "shop" / "dev.json"
    state.parent.mkdir(parents=True)
    latest = {"resources": ["kept"], "pending_operations": [{"type": "creating"}]}
    state.write_text(json.dumps({"version": 3, "checkpoint": {"latest": latest}}))
    (tmp_path / "exported").write_text(json.dumps({"version": 3, "deployment": latest}))
    pulumi = tmp_path / "pulumi"
    pulumi.write_text(PULUMI)
    pulumi.chmod(0o755)
    locks.main(["--yes", str(folder), str(pulumi), str(tmp_path)])
    imported = json.loads((tmp_path / "imported").read_text())
    assert imported == {"version": 3, "deployment": {"resources": ["kept"]}}


def test_files_cut_short_beside_the_state_go_with_the_lock(tmp_path: Path, dead: int) -> None:
    folder = tmp_path / ".pulumi" / "locks" / "organization" / "shop" / "dev"
    folder.mkdir(parents=True)
    write(folder, dead)
    stacks = tmp_path / ".pulumi" / "stacks" / "shop"
    stacks.mkdir(parents=True)
    kept = {"dev.json": "{}", "dev.json.bak.attrs": "{}", "dev2.json.attrs": ""}
    torn = {"dev.json.attrs": "", "dev.json.bak.attrs.18.tmp": "{", "dev.json.18.tmp": "{}"}
    for name, text in (kept | torn).items():
        (stacks / name).write_text(text)
    locks.main(["--yes", *told(folder)])
    assert {file.name for file in stacks.iterdir()} == set(kept)
