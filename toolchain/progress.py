"""The output of setup: each step, how long it usually takes, its progress and its result.

A terminal gets a live line, anything else a plain line every 15 seconds.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from toolchain.problem import ToolchainError

PLAIN_INTERVAL = 15.0
LIVE_INTERVAL = 0.5


class Step:
    """A running step. `detail` is its latest progress, `result` the text of the final line."""

    def __init__(self, title: str, out: TextIO, live: bool) -> None:
        self.title = title
        self.detail = ""
        self.result = ""
        self._out = out
        self._live = live
        self._started = time.monotonic()
        self._ended = threading.Event()
        self._ticker = threading.Thread(target=self._tick, daemon=True)
        self._ticker.start()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._started

    def _tick(self) -> None:
        interval = LIVE_INTERVAL if self._live else PLAIN_INTERVAL
        while not self._ended.wait(interval):
            text = f"        {self.title}: {self.seconds:.0f} s"
            if self.detail:
                text += f", {self.detail}"
            if self._live:
                width = shutil.get_terminal_size().columns - 1
                self._out.write("\r\x1b[K" + text[:width])
            else:
                self._out.write(text[:160] + "\n")
            self._out.flush()

    def end(self, mark: str) -> None:
        self._ended.set()
        self._ticker.join()
        clear = "\r\x1b[K" if self._live else ""
        result = f": {self.result}" if self.result else ""
        self._out.write(f"{clear}{mark:<7} {self.title}{result} ({self.seconds:.0f} s)\n")
        self._out.flush()


class Console:
    def __init__(self, out: TextIO | None = None) -> None:
        self.out = out or sys.stdout
        self.live = self.out.isatty() and os.environ.get("TERM") != "dumb"

    def line(self, text: str) -> None:
        self.out.write(text + "\n")
        self.out.flush()

    def already(self, title: str, detail: str) -> None:
        self.line(f"ok      {title}: already done ({detail})")

    @contextmanager
    def step(self, title: str, usually: str) -> Iterator[Step]:
        self.line(f"start   {title} (usually {usually})")
        step = Step(title, self.out, self.live)
        try:
            yield step
        except BaseException:
            step.end("failed")
            raise
        step.end("done")


def run(
    command: Sequence[str],
    step: Step,
    *,
    log: Path,
    way_out: str,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
    sign_of_life: Callable[[str], str] = str,
) -> None:
    """Run a command; its output goes to a log file, its latest line to the step.

    Raises ToolchainError with the last lines of the output when the command fails.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    tail: deque[str] = deque(maxlen=15)
    with log.open("w", encoding="utf-8") as record:
        try:
            process = subprocess.Popen(
                command,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
            )
        except OSError as error:
            raise ToolchainError(f"{command[0]} cannot be started: {error}", way_out) from None
        with process:
            assert process.stdout is not None
            try:
                for line in process.stdout:
                    record.write(line)
                    if line.strip():
                        tail.append(line.rstrip())
                        step.detail = sign_of_life(line.strip())
            except BaseException:
                process.terminate()
                raise
    if process.returncode != 0:
        raise ToolchainError(
            f"{Path(command[0]).name} failed with exit code {process.returncode}"
            f" (full output: {log})",
            way_out,
            "\n".join(tail),
        )


def output(command: Sequence[str], *, seconds: float = 30) -> str | None:
    """The output of a quick command, or None if it is missing, fails or hangs."""
    try:
        finished = subprocess.run(
            command, capture_output=True, text=True, timeout=seconds, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return finished.stdout.strip() if finished.returncode == 0 else None
