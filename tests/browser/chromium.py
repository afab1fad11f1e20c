"""A headless Chromium, driven over its own pipe: real clicks and keys, and every error it tells.

Two pipes and JSON are all it takes, so that the environment needs no driver and no library.
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests import guard

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
)
# Chromium reads commands from 3 and answers on 4, whatever numbers the pipes have here.
WITH_PIPES = """\
import fcntl, os, sys
pipes = [fcntl.fcntl(int(each), fcntl.F_DUPFD, 10) for each in sys.argv[1:3]]
os.dup2(pipes[0], 3)
os.dup2(pipes[1], 4)
os.execv(sys.argv[3], sys.argv[3:])
"""
PATIENCE_SECONDS = 30.0
KEYS = {"Enter": 13, "Escape": 27, "Tab": 9, " ": 32}
KEYS |= {"ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40}


class Refused(Exception):
    """The browser's answer to a command that it cannot obey, as while a page gives way."""


class Browser:
    def __init__(self, to: int, back: int) -> None:
        self._to, self._back = to, back
        self._pending = b""
        self._number = 0
        self._session: str | None = None
        self.events: list[dict[str, Any]] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)[
            "sessionId"
        ]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        self.resize(1440, 1000)

    def call(self, method: str, **values: Any) -> dict[str, Any]:
        self._number += 1
        message = {"id": self._number, "method": method, "params": values}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        number = self._number
        result: dict[str, Any] = self._until(lambda told: told.get("id") == number)["result"]
        return result

    def wait_for(self, event: str) -> dict[str, Any]:
        return self._until(lambda told: told.get("method") == event)

    def _until(self, is_wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            while b"\0" in self._pending:
                text, _, self._pending = self._pending.partition(b"\0")
                told: dict[str, Any] = json.loads(text)
                if "method" in told:
                    self.events.append(told)
                if is_wanted(told):
                    if "error" in told:
                        raise Refused(str(told["error"]))
                    return told
            left = deadline - time.monotonic()
            assert left > 0, f"no answer; last events: {self.events[-3:]}"
            if select.select([self._back], [], [], left)[0]:
                read = os.read(self._back, 1 << 16)
                assert read, "the browser has ended"
                self._pending += read

    def open(self, address: str) -> None:
        self.call("Page.navigate", url=address)
        self.wait_for("Page.loadEventFired")

    def resize(self, width: int, height: int) -> None:
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def scheme(self, name: str) -> None:
        """`light` or `dark`, as the reader's system says."""
        feature = {"name": "prefers-color-scheme", "value": name}
        self.call("Emulation.setEmulatedMedia", features=[feature])

    def run(self, script: str) -> Any:
        """The value of an expression in the page."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def until(self, script: str) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self._holds(script):
            assert time.monotonic() < deadline, f"never: {script}"
            time.sleep(0.05)

    def _holds(self, script: str) -> bool:
        try:
            return bool(self.run(script))
        except Refused:  # the page is being loaded anew
            return False

    def move(self, selector: str) -> tuple[float, float]:
        """The pointer over the middle of the first element, scrolled into sight before."""
        place = self.run(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)});"
            "e.scrollIntoView({block: 'center', inline: 'center', behavior: 'instant'});"
            "const b = e.getBoundingClientRect();"
            "return [b.x + b.width / 2, b.y + b.height / 2] })()"
        )
        self._mouse("mouseMoved", place)
        return place[0], place[1]

    def click(self, selector: str) -> None:
        place = self.move(selector)
        for kind in ("mousePressed", "mouseReleased"):
            self._mouse(kind, place, button="left", clickCount=1)

    def _mouse(self, kind: str, place: tuple[float, float], **values: Any) -> None:
        self.call("Input.dispatchMouseEvent", type=kind, x=place[0], y=place[1], **values)

    def press(self, key: str) -> None:
        values: dict[str, Any] = {"key": key, "code": key, "windowsVirtualKeyCode": KEYS[key]}
        text = {"Enter": "\r", " ": " "}.get(key)
        down = {"type": "keyDown", **({"text": text} if text else {})}
        self.call("Input.dispatchKeyEvent", **values, **down)
        self.call("Input.dispatchKeyEvent", **values, type="keyUp")

    def type(self, text: str) -> None:
        self.call("Input.insertText", text=text)

    def screenshot(self, file: Path) -> None:
        shot = self.call("Page.captureScreenshot", format="png")["data"]
        file.write_bytes(base64.b64decode(shot))

    def errors(self) -> list[str]:
        """What went wrong in pages so far: exceptions, console errors, refused requests."""
        found = []
        self.call("Runtime.evaluate", expression="0")
        for event in self.events:
            told = event["params"]
            if event["method"] == "Runtime.exceptionThrown":
                found.append(str(told["exceptionDetails"]))
            elif event["method"] == "Log.entryAdded" and told["entry"]["level"] != "verbose":
                found.append(told["entry"]["text"])
            elif event["method"] == "Runtime.consoleAPICalled" and told["type"] in (
                "error",
                "warning",
                "assert",
            ):
                found.append(str(told["args"]))
        return found

    def requests(self) -> list[str]:
        return [
            event["params"]["request"]["url"]
            for event in self.events
            if event["method"] == "Network.requestWillBeSent"
        ]


@contextmanager
def browser() -> Iterator[Browser]:
    guard.starts("a browser")
    program = shutil.which("chromium") or shutil.which("google-chrome")
    assert program, "no chromium: `make test` installs it"
    to_read, to_write = os.pipe()
    back_read, back_write = os.pipe()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            [
                *(sys.executable, "-c", WITH_PIPES, str(to_read), str(back_write)),
                *(program, *FLAGS, f"--user-data-dir={profile}", "about:blank"),
            ],
            pass_fds=(to_read, back_write),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_read)
        os.close(back_write)
        try:
            opened = Browser(to_write, back_read)
            yield opened
            os.write(to_write, b'{"id":0,"method":"Browser.close"}\0')
            process.wait(PATIENCE_SECONDS)
        finally:
            process.kill()
            process.wait()
            os.close(to_write)
            os.close(back_read)
