"""What a step prints, and how a failing command is reported; plus the small pure parts."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path

import pytest

from toolchain import address, lock, progress, stacks, venv
from toolchain.places import Places, find
from toolchain.problem import ToolchainError


def test_a_step_says_how_long_it_takes_and_how_it_ended() -> None:
    out = io.StringIO()
    with progress.Console(out).step("Bread", "an hour") as step:
        step.result = "two loaves"
    assert re.fullmatch(
        r"start   Bread \(usually an hour\)\ndone    Bread: two loaves \(\d+ s\)\n", out.getvalue()
    )


def test_a_step_that_fails_says_so() -> None:
    out = io.StringIO()
    with pytest.raises(ValueError, match="burnt"), progress.Console(out).step("Bread", "an hour"):
        raise ValueError("burnt")
    assert "failed  Bread" in out.getvalue()


def test_signs_of_life_are_plain_lines_without_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "PLAIN_INTERVAL", 0.01)
    out = io.StringIO()
    with progress.Console(out).step("Bread", "an hour") as step:
        step.detail = "rising"
        while "rising" not in out.getvalue():
            pass
    assert "        Bread: 0 s, rising\n" in out.getvalue()


def test_a_failing_command_shows_its_last_lines_and_the_way_out(tmp_path: Path) -> None:
    console = progress.Console(io.StringIO())
    command = [sys.executable, "-c", "print('flour is out'); raise SystemExit(3)"]
    with (
        pytest.raises(ToolchainError, match="failed with exit code 3") as caught,
        console.step("Bread", "an hour") as step,
    ):
        progress.run(command, step, log=tmp_path / "log", way_out="buy flour")
    assert "  | flour is out" in caught.value.text()
    assert "What to do: buy flour" in caught.value.text()


def test_a_missing_command_is_no_traceback(tmp_path: Path) -> None:
    console = progress.Console(io.StringIO())
    with (
        pytest.raises(ToolchainError, match="/nowhere/oven cannot be started"),
        console.step("Bread", "an hour") as step,
    ):
        progress.run(["/nowhere/oven"], step, log=tmp_path / "log", way_out="")


def test_the_cache_lies_where_the_user_says() -> None:
    assert find({"HOME": "/home/eve"}).cache == Path("/home/eve/.cache/causeway")
    with_setting = {"HOME": "/home/eve", "XDG_CACHE_HOME": "/big"}
    assert find(with_setting).cache == Path("/big/causeway")


def test_locks_lose_every_address() -> None:
    text = "--index-url file:/a\n--find-links /b\nflask==2.0.1 \\\n    --hash=sha256:1\n"
    assert lock.without_addresses(text) == "flask==2.0.1 \\\n    --hash=sha256:1\n"


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_the_committed_locks_hold_hashes_and_no_addresses(name: str) -> None:
    text = (find({"HOME": "/home/eve"}).project / name).read_text(encoding="utf-8")
    assert "://" not in text
    pins = re.findall(r"^[a-z0-9-]+==\S+(?: ;.*)? \\\n    --hash=sha256:", text, re.MULTILINE)
    assert len(pins) == len(re.findall(r"^[a-z]", text, re.MULTILINE))


def test_a_lock_that_differs_in_comments_only_needs_no_new_environment(tmp_path: Path) -> None:
    lock_file = tmp_path / "lock.txt"
    lock_file.write_text("# one\nflask==2.0.1\n    # via shop\n")
    before = venv.lock_key(lock_file)
    lock_file.write_text("flask==2.0.1\n")
    assert venv.lock_key(lock_file) == before
    lock_file.write_text("flask==2.0.2\n")
    assert venv.lock_key(lock_file) != before


def test_addresses_are_shown_once_each_in_order() -> None:
    outputs: dict[str, object] = {
        "url": "http://localhost:8080",
        "urls": {"nginx": ["http://localhost:8080", "http://localhost:8081"]},
        "networks": {"front": "x"},
    }
    assert address.lines(outputs) == ["http://localhost:8080", "http://localhost:8081"]


def test_a_stack_without_published_ports_has_no_address() -> None:
    assert address.lines({}) == []


def test_stacks_are_missing_until_their_state_exists(tmp_path: Path) -> None:
    places = Places(project=tmp_path, cache=tmp_path)
    (tmp_path / "Pulumi.yaml").write_text("name: shop\n")
    folder = tmp_path / ".pulumi-state" / ".pulumi" / "stacks" / "shop"
    folder.mkdir(parents=True)
    (folder / "staging.json").write_text("{}")
    assert stacks.missing(places) == ["dev", "prod"]


def test_the_selected_stack_is_this_projects(tmp_path: Path) -> None:
    places = Places(project=Path("/srv/shop"), cache=tmp_path)
    with_name = Places(project=tmp_path, cache=tmp_path)
    (tmp_path / "Pulumi.yaml").write_text("name: shop\n")
    assert stacks.project_sum(places.project) == "0afcfe4cda3769433d61f279d29f7109103fe9ff"
    workspaces = tmp_path / "workspaces"
    workspaces.mkdir()
    name = f"shop-{stacks.project_sum(tmp_path)}-workspace.json"
    (workspaces / name).write_text(
        '{"stacks": {"file://./.pulumi-state": "organization/shop/prod"}}'
    )
    assert stacks.selected(with_name, {"PULUMI_HOME": str(tmp_path)}) == "prod"
    assert stacks.selected(with_name, {"PULUMI_HOME": "/nowhere"}) == ""
