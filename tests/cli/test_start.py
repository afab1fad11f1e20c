"""A command imports what it uses: nothing of the other commands, and for the help no command."""

from __future__ import annotations

import subprocess
import sys

import pytest

from causeway.cli.arguments import COMMANDS
from tests.cli.run import ROOT

HEAVY = (
    "causeway.drawing",
    "causeway.engine.client",
    "causeway.live",
    "http.server",
    "urllib.error",
)


def imported(*words: str) -> set[str]:
    """The modules in memory after the arguments are parsed."""
    program = (
        "import sys\n"
        "from causeway.cli.__main__ import parser\n"
        "words = sys.argv[1:]\n"
        "parser(words).parse_args(words) if words else parser(words)\n"
        "print(*sys.modules)"
    )
    told = subprocess.run(
        [sys.executable, "-c", program, *words], cwd=ROOT, capture_output=True, text=True
    )
    assert told.returncode == 0, told.stderr
    return set(told.stdout.split())


def commands(modules: set[str]) -> set[str]:
    return {name for name in COMMANDS if f"causeway.cli.{name}" in modules}


def test_the_help_imports_no_command_and_no_model() -> None:
    modules = imported()
    assert commands(modules) == set()
    assert {each for each in modules if each.startswith("causeway.model.")} == {
        "causeway.model.errors",
        "causeway.model.values",
    }


def test_reach_of_a_file_imports_neither_drawing_nor_engine() -> None:
    modules = imported("reach", "-f", "compose.yaml")
    assert commands(modules) == {"reach"}
    assert [each for each in modules if each.startswith(HEAVY)] == []


def test_a_drawing_imports_no_server() -> None:
    modules = imported("draw", "-f", "compose.yaml")
    assert commands(modules) == {"draw"}
    assert "http.server" not in modules


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_has_its_options_and_those_of_all(command: str) -> None:
    told = subprocess.run(
        [sys.executable, "-m", "causeway.cli", command, "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert told.returncode == 0
    assert "--engine-version VERSION" in told.stdout
    assert "--file FILE" in told.stdout
