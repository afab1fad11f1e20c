"""As much of an engine as a test says: for what no real one can be brought to do."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from causeway.engine.client import Engine

VERSION = b'{"ApiVersion": "1.41"}'


def answer(body: bytes, status: str = "200 OK", *, stays: bool = False) -> bytes:
    """An answer whose connection ends with it, or stays open for the next question."""
    after = "" if stays else "Connection: close\r\n"
    return f"HTTP/1.1 {status}\r\n{after}Content-Length: {len(body)}\r\n\r\n".encode() + body


class Talker:
    """A server on a socket: its version first, then the answers it was made with, in this order.

    A connection ends after an answer, unless the answer says that it stays. An empty answer says
    nothing at all, on a connection that stays.
    """

    def __init__(self, path: Path, answers: tuple[bytes, ...], version: bytes = VERSION) -> None:
        self.host = f"unix://{path}"
        self.requests: list[bytes] = []
        self.connections: list[socket.socket] = []
        self._answers = (answer(version), *answers)
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(str(path))
        self._socket.listen()
        threading.Thread(target=self._serve_until_closed, daemon=True).start()

    def _serve_until_closed(self) -> None:
        with suppress(OSError):  # a test may end before all answers were asked for
            self._serve()

    def _serve(self) -> None:
        stays = False
        for each in self._answers:
            asked = _question(self.connections[-1]) if stays else b""
            if not asked:  # also when the other side has ended it
                self.connections.append(self._socket.accept()[0])
                asked = _question(self.connections[-1])
            self.requests.append(asked)
            self.connections[-1].sendall(each)
            stays = b"Connection: close" not in each
            if not stays:
                self.connections[-1].close()

    def close(self) -> None:
        for each in (*self.connections, self._socket):
            each.close()


def _question(connection: socket.socket) -> bytes:
    """The head and what its Content-Length announces; empty when there is none."""
    told = b""
    while part := connection.recv(65536):
        told += part
        head, _, body = told.partition(b"\r\n\r\n")
        size = re.search(rb"Content-Length: (\d+)", head)
        if len(body) >= (int(size[1]) if size else 0):
            break
    return told


Talks = Callable[..., Talker]
Speaks = Callable[..., tuple[Engine, Talker]]
