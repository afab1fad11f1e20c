"""What a command may write to a terminal."""

from __future__ import annotations

import io
import json

import pytest

from causeway.cli.console import Console


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


HOSTILE = "web\x1b[2J\x1b[31m\r\u202e"
SHOWN = "web\\x1b[2J\\x1b[31m\\x0d\\u202e"


def test_what_would_steer_a_terminal_is_printed_as_text() -> None:
    out, err = io.StringIO(), io.StringIO()
    console = Console(out, err, {})
    console.print(f"one\n\t{HOSTILE}")
    console.error(HOSTILE)
    console.warning(HOSTILE)
    assert out.getvalue() == f"one\n\t{SHOWN}\n"
    assert err.getvalue() == f"error: {SHOWN}\nwarning: {SHOWN}\n"


def test_our_own_colours_stay_and_those_of_a_name_do_not() -> None:
    out, err = Terminal(), Terminal()
    console = Console(out, err, {"TERM": "xterm"})
    console.print(f"{console.styled(HOSTILE, 'green')} is open")
    console.error(HOSTILE)
    assert out.getvalue() == f"\033[32m{SHOWN}\033[0m is open\n"
    assert err.getvalue() == f"\033[31merror:\033[0m {SHOWN}\n"


def test_json_stays_json() -> None:
    out = io.StringIO()
    Console(out, io.StringIO(), {}).print(json.dumps(["\x7f\x9b\u202e\x1b"], ensure_ascii=False))
    assert json.loads(out.getvalue()) == ["\x7f\x9b\u202e\x1b"]


@pytest.mark.parametrize("style", ["", "unknown"])
def test_text_without_a_style_steers_nothing_on_a_terminal(style: str) -> None:
    out = Terminal()
    console = Console(out, Terminal(), {"TERM": "xterm"})
    console.print(console.styled("web\x1b[2J", style))
    assert out.getvalue() == "web\\x1b[2J\n"
