"""As much of an engine as a test says: for what no real one can be brought to do."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from pathlib import Path

VERSION = b'{"ApiVersion": "1.41"}'


def answer(body: bytes, status: str = "200 OK") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


class Talker:
    """A server on a socket: its version first, then the answers it was made with.

    Each connection gets one. An empty one leaves the connection open and says nothing.
    """

    def __init__(self, path: Path, answers: tuple[bytes, ...]) -> None:
        self.host = f"unix://{path}"
        self.requests: list[bytes] = []
        self._answers = (answer(VERSION), *answers)
        self._open: list[socket.socket] = []
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(str(path))
        self._socket.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        for each in self._answers:
            connection, _ = self._socket.accept()
            self.requests.append(connection.recv(65536))
            if each:
                connection.sendall(each)
                connection.close()
            else:
                self._open.append(connection)

    def close(self) -> None:
        for each in (*self._open, self._socket):
            each.close()


Talks = Callable[..., Talker]
