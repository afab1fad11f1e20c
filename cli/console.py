"""Where output goes: plain when piped, in colour on a terminal unless NO_COLOR is set."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from typing import TextIO

STYLES = {"red": "31", "green": "32", "yellow": "33", "cyan": "36", "dim": "2", "bold": "1"}
PIPED_WIDTH = 120


class Console:
    def __init__(self, out: TextIO, err: TextIO, environment: Mapping[str, str]) -> None:
        self.out = out
        self.err = err
        wanted = not environment.get("NO_COLOR") and environment.get("TERM") != "dumb"
        self.is_coloured = wanted and out.isatty()
        self.errors_coloured = wanted and err.isatty()
        self.width = shutil.get_terminal_size().columns if out.isatty() else PIPED_WIDTH

    def print(self, text: str = "") -> None:
        self.out.write(text if text.endswith("\n") else text + "\n")

    def flush(self) -> None:
        """Before another program writes: what was printed comes first."""
        self.out.flush()

    def styled(self, text: str, style: str) -> str:
        if not self.is_coloured or style not in STYLES:
            return text
        return f"\033[{STYLES[style]}m{text}\033[0m"

    def error(self, text: str) -> None:
        self._note("error", text, "31")

    def warning(self, text: str) -> None:
        self._note("warning", text, "33")

    def _note(self, word: str, text: str, code: str) -> None:
        shown = f"\033[{code}m{word}:\033[0m" if self.errors_coloured else f"{word}:"
        self.err.write(f"{shown} {text}\n")
