"""HTTP to a Docker engine: over its socket or a TCP port, with TLS where that is configured.

This module uses the standard library's client: the Docker SDK or urllib3 takes longer to import
than the whole plugin, and Pulumi waits for that at every start (docs/decisions.md, 17).
"""

from __future__ import annotations

import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import IO, Any, TypeVar

from . import contexts, tls
from .address import endpoint
from .faults import CallTimeout, ConnectionLost, Unreachable, cause

CONNECT_SECONDS = 60.0
# How long an engine that did not answer a call has to answer a ping, and how long it then counts as
# silent for all further calls.
PROBE_SECONDS = 2.0
SILENCE_SECONDS = 5.0
_PORT = 2375
_PIECE = 65536
SWITCHING_PROTOCOLS = 101
STDOUT = 1  # of a frame; 2 are errors
Body = bytes | IO[bytes] | None
T = TypeVar("T")


class _SocketConnection(HTTPConnection):
    """HTTP over the Unix socket at `path`."""

    def __init__(self, path: str) -> None:
        super().__init__("localhost")
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class Answer:
    """A response; `read`, `lines` or `close` it. A connection read to its end is reused."""

    def __init__(
        self, response: HTTPResponse, opened: socket.socket, done: Callable[[bool], None]
    ) -> None:
        self.status = response.status
        self.reason = response.reason
        self._response = response
        self._socket = opened
        self._done = done

    def read(self) -> bytes:
        """The whole body. Raises Silent and BrokenOff."""
        try:
            return _told(self._response.read)
        finally:
            self.close()

    def lines(self) -> Iterator[bytes]:
        """The lines of the body as they arrive. Raises Silent and BrokenOff."""
        rest = b""
        while piece := _told(self._piece):
            *whole, rest = (rest + piece).split(b"\n")
            yield from whole
        if rest:
            yield rest

    def _piece(self) -> bytes:
        # Not `readline`, which takes a chunked stream that breaks off for one that ends.
        return self._response.read1(_PIECE) if self._response.chunked else self._response.read()

    def upgraded(self) -> Stream:
        """The connection itself, which no longer speaks HTTP. Raises BrokenOff if it still does."""
        if self.status != SWITCHING_PROTOCOLS:
            self.close()
            raise ConnectionLost("the connection was not handed over; a proxy may stand between")
        return Stream(self._response, self._socket, self.close)

    def close(self) -> None:
        done, self._done = self._done, lambda whole: None
        whole = self._response.isclosed() and not self._response.will_close
        self._response.close()
        done(whole)


class Stream:
    """Bytes both ways, as to a process that is attached to. Calls raise Silent and BrokenOff."""

    def __init__(
        self, response: HTTPResponse, opened: socket.socket, close: Callable[[], None]
    ) -> None:
        self._response = response
        self._socket = opened
        self._close = close

    def send(self, data: bytes) -> None:
        _told(lambda: self._socket.sendall(data))

    def receive(self, seconds: float) -> bytes:
        """What has come, at least a byte of it; empty at the end."""
        self._socket.settimeout(max(0.01, seconds))
        # Not off the socket: what came along with the head lies in the buffer already.
        received: bytes = _told(lambda: self._response.fp.read1(_PIECE))
        return received

    def close(self) -> None:
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._close()


class Wire:
    """The connections to an engine at `host`. Raises Fault for an invalid address.

    An engine that let a call time out and has not answered since gets a ping before the next call,
    so that not every call to a hung engine takes its whole time limit.
    """

    def __init__(
        self, host: str, config: dict[str, Any], context: contexts.DockerContext | None = None
    ) -> None:
        self._make = _maker(host, config, context)
        # Used from many threads: list.pop and list.append are atomic.
        self._idle: list[HTTPConnection] = []
        self._heard = 0  # answers so far
        self._is_doubted = False
        self._silent_until = 0.0
        self._probing = threading.Lock()

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()

    def send(
        self, method: str, target: str, body: Body, headers: dict[str, str], timeout: float | None
    ) -> Answer:
        """Send a request; `timeout` in seconds applies to each part of the response.

        Raises Unreachable, Silent, BrokenOff.
        """
        if self._is_doubted:
            self._probe()
        heard = self._heard
        try:
            return self._sent(self._connected(timeout), method, target, body, headers, timeout)
        except CallTimeout:
            # If other calls were answered meanwhile, only this call takes long.
            self._is_doubted = self._is_doubted or heard == self._heard
            raise

    def _probe(self) -> None:
        """Raises Silent when the engine does not answer a ping; for a while afterwards, at once."""
        with self._probing:
            if not self._is_doubted:
                return
            if time.monotonic() < self._silent_until:
                raise CallTimeout("it has not answered the previous calls either")
            connection = self._make()
            connection.timeout = PROBE_SECONDS
            try:
                self._sent(connection, "GET", "/_ping", None, {}, PROBE_SECONDS).read()
            except CallTimeout:
                self._silent_until = time.monotonic() + SILENCE_SECONDS
                raise

    def _sent(
        self,
        connection: HTTPConnection,
        method: str,
        target: str,
        body: Body,
        headers: dict[str, str],
        timeout: float | None,
    ) -> Answer:
        def done(whole: bool) -> None:
            if whole:
                self._idle.append(connection)
            else:
                connection.close()

        try:
            if connection.sock is None:
                _told(connection.connect, Unreachable)
            opened = connection.sock  # of which the connection lets go where the answer is its last
            opened.settimeout(timeout)
            _told(lambda: _ask(connection, method, target, body, headers))
            response = _told(connection.getresponse)
        except BaseException:
            connection.close()
            raise
        self._heard += 1
        self._is_doubted = False
        return Answer(response, opened, done)

    def _connected(self, timeout: float | None) -> HTTPConnection:
        """An idle connection that the engine has not closed, or else a new one."""
        with suppress(IndexError):  # none is idle, or another thread took it
            while True:
                connection = self._idle.pop()
                if not _is_over(connection):
                    return connection
                connection.close()
        connection = self._make()
        connection.timeout = min(timeout or CONNECT_SECONDS, CONNECT_SECONDS)
        return connection


def _ask(
    connection: HTTPConnection, method: str, target: str, body: Body, headers: dict[str, str]
) -> None:
    # The engine may answer before it has read the whole request.
    with suppress(BrokenPipeError, ConnectionResetError):
        connection.request(method, target, body, headers)


def _is_over(connection: HTTPConnection) -> bool:
    """Whether an idle connection is readable, which can only mean that the engine closed it."""
    watch = select.poll()
    watch.register(connection.sock, select.POLLIN)
    return bool(watch.poll(0))


def _told(step: Callable[[], T], failure: type[Unreachable] = ConnectionLost) -> T:
    try:
        return step()
    except TimeoutError as error:
        raise CallTimeout(str(error)) from error
    except (OSError, HTTPException) as error:
        raise failure(cause(error)) from error


def _maker(
    host: str, config: dict[str, Any], context: contexts.DockerContext | None
) -> Callable[[], HTTPConnection]:
    """A function that creates a connection to `host`."""
    place = endpoint(host)
    if place.scheme == "unix":
        return lambda: _SocketConnection(place.path)
    security = tls.security(config, place.scheme, place.port, context)
    if security is None:
        return lambda: HTTPConnection(place.name, place.port or _PORT)
    return lambda: HTTPSConnection(place.name, place.port or tls.TLS_PORT, context=security)


def frames(raw: bytes) -> tuple[list[tuple[int, bytes]], bytes]:
    """The whole frames at the start of `raw`, as (output, content), and the bytes after them.

    The engine sends so what a process without a terminal writes. A header has 8 bytes; the first of
    them STDOUT or 2 for errors, the last 4 are the length of the data, in
    big-endian order (Engine API, ContainerAttach).
    """
    found, start = [], 0
    while len(raw) >= start + 8:
        end = start + 8 + int.from_bytes(raw[start + 4 : start + 8], "big")
        if len(raw) < end:
            break
        found.append((raw[start], raw[start + 8 : end]))
        start = end
    return found, raw[start:]


def without_frames(raw: bytes) -> bytes:
    """The contents of all frames, also of one that breaks off."""
    found, rest = frames(raw)
    return b"".join([content for _, content in found] + [rest[8:]])
