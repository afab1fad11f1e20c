"""A client that sends requests at a constant rate, whatever the answers, and records each of them.

Four kinds take turns: GET and POST, each on a new connection and on a kept one. A request fails
when it gets no answer, a wrong one, or a late one. One case is reported but is no failure: a GET on
a kept connection that the server had closed is sent again on a new one, as RFC 9110 (9.2.2) allows
and every browser does. A POST is never sent again. Like the clients of Node and Apache, this one
obeys the server's `Keep-Alive: timeout=`: it drops a connection that was idle nearly that long.
"""

from __future__ import annotations

import asyncio
import itertools
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

LIMIT_SECONDS = 10.0
IDLE_SECONDS = 60.0  # where the server says nothing
MARGIN_SECONDS = 0.5
KINDS = (("GET", False), ("POST", False), ("GET", True), ("POST", True))


@dataclass(slots=True)
class Request:
    """One request; `at` is a time of `time.monotonic`, `seconds` its duration."""

    kind: str
    at: float
    seconds: float = 0.0
    error: str | None = None
    again: bool = False
    replica: str = ""
    version: str = ""


@dataclass(slots=True)
class _Connection:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    good_until: float = 0.0

    def usable(self) -> bool:
        gone = self.reader.at_eof() or self.writer.is_closing()
        return not gone and time.monotonic() < self.good_until


Pool = list[_Connection]


class _Closed(Exception):
    """The server had closed a kept connection before it saw the request."""


@dataclass(slots=True)
class Load:
    """`rate` requests a second to host:port; a context manager that runs in a thread."""

    host: str
    port: int
    rate: int = 200
    path: str = "/"
    requests: list[Request] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> Load:
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        assert self._thread is not None
        self._thread.join(LIMIT_SECONDS + 5)

    async def _run(self) -> None:
        kept: dict[str, Pool] = {"GET": [], "POST": []}
        tasks = set()
        begun = time.monotonic()
        for number in itertools.count():
            if self._stop.is_set():
                break
            await asyncio.sleep(max(0.0, begun + number / self.rate - time.monotonic()))
            method, keeps = KINDS[number % len(KINDS)]
            task = asyncio.create_task(self._one(number, method, kept[method] if keeps else None))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        await asyncio.gather(*tasks)
        for connection in itertools.chain(*kept.values()):
            connection.writer.close()

    async def _one(self, number: int, method: str, pool: Pool | None) -> None:
        kind = f"{method}{' kept' if pool is not None else ''}"
        request = Request(kind, time.monotonic())
        self.requests.append(request)
        try:
            async with asyncio.timeout(LIMIT_SECONDS):
                try:
                    await self._send(request, number, method, pool)
                except _Closed:
                    if method != "GET":
                        raise
                    request.again = True
                    await self._send(request, number, method, None)
        except TimeoutError:
            request.error = "no answer in time"
        except (OSError, EOFError, ValueError, _Closed) as error:
            request.error = f"{type(error).__name__}: {error}"
        request.seconds = time.monotonic() - request.at

    async def _send(self, request: Request, number: int, method: str, pool: Pool | None) -> None:
        connection = None
        while pool and connection is None:
            last = pool.pop()
            if last.usable():
                connection = last
            else:
                last.writer.close()
        reused = connection is not None
        if connection is None:
            connection = _Connection(*await asyncio.open_connection(self.host, self.port))
        reader, writer = connection.reader, connection.writer
        keeps = pool is not None
        try:
            body = f"{number}".encode() if method == "POST" else b""
            head = (
                f"{method} {self.path} HTTP/1.1\r\nHost: {self.host}\r\n"
                f"Content-Length: {len(body)}\r\n"
                f"Connection: {'keep-alive' if keeps else 'close'}\r\n\r\n"
            )
            try:
                writer.write(head.encode() + body)
                first = await reader.readline()
            except ConnectionError as error:
                if reused:
                    raise _Closed(str(error)) from None
                raise
            if not first and reused:
                raise _Closed("end of stream")
            fields = await self._fields(reader)
            text = await reader.readexactly(int(fields.get("content-length", "0")))
            request.replica = fields.get("x-replica", "")
            request.version = fields.get("x-version", "")
            status = first.split(b" ")[1] if first.count(b" ") else first
            if status != b"200":
                raise ValueError(f"answered {status.decode(errors='replace')}")
            if text != (body or b"hello"):
                raise ValueError(f"answered with {text[:40]!r}")
        except BaseException:
            writer.close()
            raise
        if pool is not None and fields.get("connection", "keep-alive").lower() != "close":
            told = fields.get("keep-alive", "").partition("timeout=")[2].partition(",")[0]
            idle = float(told) - MARGIN_SECONDS if told.isdigit() else IDLE_SECONDS
            connection.good_until = time.monotonic() + idle
            pool.append(connection)
        else:
            writer.close()

    async def _fields(self, reader: asyncio.StreamReader) -> dict[str, str]:
        fields = {}
        while line := (await reader.readline()).decode(errors="replace").strip():
            name, _, value = line.partition(":")
            fields[name.lower()] = value.strip()
        return fields


def failed(requests: list[Request]) -> list[Request]:
    return [request for request in requests if request.error is not None]


def quantile(requests: list[Request], share: float) -> float:
    """The time within which `share` of the answered requests finished, in seconds."""
    taken = sorted(request.seconds for request in requests if request.error is None)
    return taken[min(len(taken) - 1, int(share * len(taken)))] if taken else 0.0


def per_replica(requests: list[Request]) -> dict[str, int]:
    return dict(sorted(Counter(request.replica for request in requests).items()))


def interrupted(requests: list[Request], window: float = 0.1) -> float:
    """Seconds with failed requests, counted in windows of a tenth of a second."""
    if not requests:
        return 0.0
    begun = min(request.at for request in requests)
    return len({int((request.at - begun) / window) for request in failed(requests)}) * window
