"""The marker `engine` can be believed: a test without it that starts one fails."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import guard
from tests.browser.chromium import browser
from tests.end_to_end.project import ROOT, Project
from tests.engines import Engine
from tests.provider.plugin import Plugin

TESTS = """
import subprocess, sys
import pytest
from tests.engines import Engine

@pytest.fixture
def other_engine():
    raise AssertionError("this test was not chosen")

def test_with_an_engine(other_engine):
    pass

def test_of_its_own_accord():
    Engine.start()

def test_that_swallows():
    try:
        Engine.start()
    except BaseException:
        pass

def test_in_a_child():
    program = "from tests.engines import Engine; Engine.start()"
    subprocess.run([sys.executable, "-c", program], stderr=subprocess.DEVNULL)

def test_without():
    assert sys.executable
"""


def opened() -> None:
    with browser():
        pass


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the guard writes meanwhile, so that this test does not fail itself."""
    file = tmp_path / "told"
    monkeypatch.setenv(guard.VARIABLE, str(file))
    return file


@pytest.mark.parametrize(
    ("start", "what"),
    [
        (Engine.start, "a Docker engine"),
        (opened, "a browser"),
        (lambda: Project.copy(Path("/nowhere"), ""), "a copy of the project"),
        (lambda: Plugin("unix:///run/causeway-test/x/docker.sock"), "the plugin for unix:///run/"),
        (lambda: Plugin(""), "the plugin for the engine of this machine"),
        (lambda: subprocess.run(["nsenter", "--version"], check=False), "the program nsenter"),
    ],
    ids=["engine", "browser", "project", "plugin", "plugin-by-default", "program"],
)
def test_what_the_marker_stands_for_is_refused_without_it(
    told: Path, start: Callable[[], object], what: str
) -> None:
    with pytest.raises(guard.EngineStarted, match=what):
        start()
    assert told.read_text().startswith(what)


def test_a_test_without_the_marker_fails_however_it_starts_an_engine(tmp_path: Path) -> None:
    file = tmp_path / "test_some.py"
    file.write_text(TESTS)
    ran = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*ran, "--rootdir", str(tmp_path), "-m", "not engine", "-rA", str(file)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    outcomes = {
        (words[0], words[1].rpartition("::")[2])
        for line in done.stdout.partition("short test summary info")[2].splitlines()
        if len(words := line.split()) > 1 and "::" in words[1]
    }
    assert outcomes == {
        ("FAILED", "test_of_its_own_accord"),
        ("ERROR", "test_of_its_own_accord"),
        ("PASSED", "test_that_swallows"),
        ("ERROR", "test_that_swallows"),
        ("PASSED", "test_in_a_child"),
        ("ERROR", "test_in_a_child"),
        ("PASSED", "test_without"),
    }, done.stdout
    assert "1 deselected" in done.stdout
