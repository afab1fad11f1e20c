"""The commands of README.md, found and made runnable.

A block fenced as ```sh is run, all of them in the order they stand in, in one shell that stops at
the first failure; a block fenced as ```output is what the block before it prints: each of its
lines must be found in that order. A line `...` stands for anything. Commands that a test cannot run
(such as `git clone`) stand in a block fenced as ```sh not-run, and `NOT_RUN` below lists them, so
that none slips in unseen.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

FENCE = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
NOT_RUN = {
    "git checkout": "the copy is no repository; it undoes what the tour edited",
    "git clone": "there is nothing to clone from in a test; the copy of the project stands for it",
    "cd causeway": "the copy has another name",
    "make test": "it runs this very test",
    ". .venv/bin/activate": "the tests put the environment first on PATH themselves",
}


@dataclass(frozen=True, slots=True)
class Block:
    commands: str
    printed: tuple[str, ...] = ()


def blocks(readme: str) -> list[Block]:
    """The blocks to run. Raises ValueError for one that is not run and not listed."""
    found: list[Block] = []
    for match in FENCE.finditer(readme):
        info, text = match["info"].strip(), match["text"]
        if info == "sh":
            found.append(Block(text))
        elif info == "output":
            if not found:
                raise ValueError("README.md has an output block before the first command")
            lines = tuple(line.strip() for line in text.splitlines() if line.strip())
            found[-1] = Block(found[-1].commands, lines)
        elif info == "sh not-run":
            for line in text.splitlines():
                if line.strip() and not line.startswith(tuple(NOT_RUN)):
                    raise ValueError(f"README.md says not-run, and NOT_RUN lacks it: {line}")
        elif info in ("", "bash", "shell", "console"):
            raise ValueError(f"README.md has a block fenced as {info!r}: say `sh`, `text` or else")
    return found


def missing(block: Block, output: str) -> str | None:
    """The first promised line that the output lacks, in order; None when all are there."""
    position = 0
    for line in block.printed:
        if line == "...":
            continue
        at = output.find(line, position)
        if at < 0:
            return line
        position = at + len(line)
    return None
