"""Output: plain text in a pipe, in colour on a terminal unless NO_COLOR is set.

Other control characters are shown as text.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from typing import TextIO

from causeway.model.errors import visible

STYLES = {"red": "31", "green": "32", "yellow": "33", "cyan": "36", "dim": "2", "bold": "1"}
PIPED_WIDTH = 120
_OWN = re.compile(rf"(\033\[(?:0|{'|'.join(STYLES.values())})m)")


class Console:
    def __init__(self, out: TextIO, err: TextIO, environment: Mapping[str, str]) -> None:
        self.out = out
        self.err = err
        wanted = not environment.get("NO_COLOR") and environment.get("TERM") != "dumb"
        self.is_coloured = wanted and out.isatty()
        self.errors_coloured = wanted and err.isatty()
        self.width = shutil.get_terminal_size().columns if out.isatty() else PIPED_WIDTH

    def print(self, text: str = "") -> None:
        shown = _beside_colours(text) if self.is_coloured else visible(text)
        self.out.write(shown if shown.endswith("\n") else shown + "\n")

    def flush(self) -> None:
        """Call this before another program writes, so that its output comes after ours."""
        self.out.flush()

    def styled(self, text: str, style: str) -> str:
        if not self.is_coloured or style not in STYLES:
            return text
        return f"\033[{STYLES[style]}m{visible(text)}\033[0m"

    def error(self, text: str) -> None:
        self._note("error", text, "31")

    def warning(self, text: str) -> None:
        self._note("warning", text, "33")

    def _note(self, word: str, text: str, code: str) -> None:
        shown = f"\033[{code}m{word}:\033[0m" if self.errors_coloured else f"{word}:"
        self.err.write(f"{shown} {visible(text)}\n")


def _beside_colours(text: str) -> str:
    return "".join(part if _OWN.fullmatch(part) else visible(part) for part in _OWN.split(text))
