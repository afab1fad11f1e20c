"""Locks of dead processes are told from those of living ones, and removed when asked."""

from __future__ import annotations

import io
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from toolchain import lock_owners, locks


def write(folder: Path, process: int, machine: str | None = None) -> Path:
    """A lock file as Pulumi writes it."""
    file = folder / f"lock-{process}.json"
    file.write_text(
        json.dumps(
            {
                "pid": process,
                "username": "ada",
                "hostname": machine or socket.gethostname(),
                "timestamp": "2026-01-02T03:04:05.238839345Z",
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


@pytest.fixture
def pulumi(tmp_path: Path) -> Iterator[int]:
    """The number of a running process whose program is called pulumi."""
    program = tmp_path / "bin" / "pulumi"
    program.parent.mkdir()
    shutil.copy(shutil.which("sleep") or "/bin/sleep", program)
    process = subprocess.Popen([str(program), "600"])
    yield process.pid
    process.kill()
    process.wait()


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
    assert (
        f"To continue, run the command again with --yes, or remove {file}"
        in capsys.readouterr().out
    )


def test_a_lock_of_a_running_pulumi_stays(
    tmp_path: Path, pulumi: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """However old it is: a clock that was set says nothing."""
    file = write(tmp_path, pulumi)
    locks.main(["--yes", *told(tmp_path)])
    assert file.exists()
    assert capsys.readouterr().out == ""


def test_beside_a_running_pulumi_nothing_is_touched(tmp_path: Path, pulumi: int, dead: int) -> None:
    folder = tmp_path / ".pulumi" / "locks" / "organization" / "shop" / "dev"
    folder.mkdir(parents=True)
    stacks = tmp_path / ".pulumi" / "stacks" / "shop"
    stacks.mkdir(parents=True)
    kept = [write(folder, pulumi), write(folder, dead), stacks / "dev.json.attrs"]
    kept.append(folder / "new.json.7.tmp")
    for file in kept[2:]:
        file.write_text("")
    locks.main(["--yes", *told(folder)])
    assert [file.exists() for file in kept] == [True, True, True, True]


def test_a_number_that_another_program_has_now_is_no_pulumis(tmp_path: Path) -> None:
    process = subprocess.Popen(["sleep", "600"])
    try:
        file = write(tmp_path, process.pid)
        locks.main(["--yes", *told(tmp_path)])
        assert not file.exists()
    finally:
        process.kill()
        process.wait()


def test_a_process_that_cannot_be_looked_at_counts_as_pulumi(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(*_: object) -> str:
        raise PermissionError

    monkeypatch.setattr(os, "readlink", forbidden)
    file = write(tmp_path, os.getpid())
    locks.main(["--yes", *told(tmp_path)])
    assert file.exists()


@pytest.mark.parametrize("number", [0, -1, 1 << 80])
def test_a_number_that_no_process_has_is_not_judged(tmp_path: Path, number: int) -> None:
    file = write(tmp_path, number)
    locks.main(["--yes", *told(tmp_path)])
    assert file.exists()


def test_a_lock_of_another_machine_stays_and_its_holder_is_named(
    tmp_path: Path, dead: int, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(tmp_path, dead, machine="elsewhere")
    locks.main(["--yes", *told(tmp_path)])
    assert file.exists()
    assert capsys.readouterr().out == (
        f"The stack is locked by process {dead} of ada on elsewhere since 2026-01-02T03:04:05Z: "
        f"{socket.gethostname()} cannot tell whether it still runs.\n"
        f"If that process has ended, remove the lock: rm {file}\n"
    )


@pytest.mark.parametrize("kind", ["nfs4", "9p", "virtiofs", "unknown"])
def test_a_lock_on_a_shared_file_system_stays_and_its_holder_is_named(
    tmp_path: Path,
    dead: int,
    kind: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Another machine may have the same name."""
    monkeypatch.setattr(lock_owners, "file_system", lambda _: kind)
    file = write(tmp_path, dead)
    locks.main(["--yes", *told(tmp_path)])
    assert file.exists()
    said = capsys.readouterr().out
    assert f"another machine with this name may share its folder (file system: {kind})" in said
    assert f"rm {file}" in said


def test_the_file_system_is_that_of_the_folders_device() -> None:
    assert lock_owners.file_system(Path("/proc/self/stat")) == "proc"
    assert lock_owners.file_system(Path("/absent")) == "unknown"


def test_a_file_that_a_process_has_open_is_not_mended(tmp_path: Path, dead: int) -> None:
    folder = tmp_path / ".pulumi" / "locks" / "organization" / "shop" / "dev"
    folder.mkdir(parents=True)
    write(folder, dead)
    stacks = tmp_path / ".pulumi" / "stacks" / "shop"
    stacks.mkdir(parents=True)
    torn = stacks / "dev.json.attrs"
    with torn.open("w"):
        locks.mend(folder)
        assert torn.exists()
    locks.mend(folder)
    assert not torn.exists()


def test_a_process_that_ended_and_was_not_waited_for_is_dead(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.read()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert lock_owners.held(locks.read(write(tmp_path, process.pid).parent)[0]) is None
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
