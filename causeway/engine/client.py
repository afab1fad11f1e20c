"""The client of a Docker engine: its address, the time limit of a call, and the calls.

Paths, parameters and bodies are those of the Engine API, without the version prefix.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, urlencode

from . import address, contexts, wire
from .faults import EngineError, Fault, NotFound

# The default time limit of a call; a slow engine may need more.
CALL_SECONDS = float(os.environ.get("CAUSEWAY_CALL_SECONDS", "60"))
# Characters that are not quoted in a path, because names of images and plugins contain them.
_IN_PATHS = "/:@%"
Config = dict[str, Any]


def filters(**wanted: list[str]) -> dict[str, str]:
    """The filter parameter of the Engine API's lists, such as `filters(label=["a=b"])`."""
    return {"filters": json.dumps(wanted)}


class Engine:
    """An engine's API; every call has a time limit, `CALL_SECONDS` by default.

    Calls raise EngineError for an error response (NotFound for a 404), and Unreachable, Silent or
    BrokenOff when there is no response.
    `host` is the engine's address, `version` the engine's own version and `speaks` the newest API
    version that it supports, such as (1, 41). `timeout` limits the call that asks for them.
    """

    def __init__(
        self,
        host: str,
        config: Config,
        context: contexts.DockerContext | None = None,
        timeout: float = CALL_SECONDS,
    ) -> None:
        self.host = host
        self._wire = wire.Wire(host, config, context)
        self._prefix = ""
        self._info: dict[str, Any] | None = None
        told = self.call("GET", "/version", timeout=timeout)
        known = told if isinstance(told, dict) else {}
        self.version, newest = str(known.get("Version") or ""), str(known.get("ApiVersion"))
        found = re.fullmatch(r"(\d+)\.(\d+)", newest, re.ASCII)
        if not found:
            self.close()
            raise Fault(
                f"the server at {host} is not a Docker engine: it does not report an API version"
            )
        self.api_version = int(found[1]), int(found[2])
        self._prefix = f"/v{newest}"

    def close(self) -> None:
        self._wire.close()

    @property
    def info(self) -> dict[str, Any]:
        """The engine's description of itself (GET /info), requested once."""
        if self._info is None:
            self._info = dict(self.call("GET", "/info"))
        return self._info

    def call(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        params: dict[str, Any] | None = None,
        timeout: float = CALL_SECONDS,
        auth: str | None = None,
    ) -> Any:
        """Make a call; the result is the JSON of the response, or None when that is empty.

        `auth` is the encoded header with a registry's credentials.
        """
        answer = self._send(method, path, body, params, timeout, _with(auth)).read()
        return self._json(answer, path) if answer else None

    def _json(self, text: bytes, path: str) -> Any:
        try:
            return json.loads(text)
        except ValueError as error:
            raise Fault(
                f"the response of {self.host} to {path} is not valid JSON: {error}\n"
                "  what to do: check that it is a Docker engine, and any proxy in between"
            ) from None

    def find(self, path: str, **params: Any) -> Any:
        """A GET that returns None for a 404."""
        try:
            return self.call("GET", path, params=params or None)
        except NotFound:
            return None

    def bytes_of(
        self, method: str, path: str, *, body: Any = None, params: dict[str, Any] | None = None
    ) -> bytes:
        """The body of the response as it is: an archive, or the output of a process."""
        return self._send(method, path, body, params, CALL_SECONDS, {}).read()

    @contextmanager
    def events(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        params: dict[str, Any] | None = None,
        timeout: float | None = CALL_SECONDS,
        headers: dict[str, str] | None = None,
    ) -> Iterator[Iterator[dict[str, Any]]]:
        """A call whose response is a stream of JSON objects; `timeout` applies to each of them.

        `body` may be an open file, which is sent as it is.
        """
        answer = self._send(method, path, body, params, timeout, headers or {})
        try:
            yield (self._json(line, path) for line in answer.lines() if line.strip())
        finally:
            answer.close()

    def follow(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        params: dict[str, Any] | None = None,
        timeout: float = CALL_SECONDS,
        auth: str | None = None,
    ) -> None:
        """A call whose response is a stream of progress. Raises Fault for an error in it."""
        limits: dict[str, Any] = {"timeout": timeout, "headers": _with(auth)}
        with self.events(method, path, body=body, params=params, **limits) as events:
            for event in events:
                if event.get("error"):
                    raise Fault(str(event["error"]))

    def wait_for_exit(self, container: str, seconds: float) -> Callable[[], int]:
        """Start waiting for the next exit of a container; the result waits for its exit code.

        The engine sends the response headers as soon as it waits, so an exit right after the start
        is not missed, not even that of a container which the engine then removes.
        """
        params = {"condition": "next-exit"}
        path = f"/containers/{container}/wait"
        answer = self._send("POST", path, None, params, seconds, {})
        return lambda: int(self._json(answer.read(), path)["StatusCode"])

    def attach(self, container: str) -> wire.Stream:
        """The standard input of a container, and its outputs in frames, from now on."""
        params = {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
        path = f"/containers/{container}/attach"
        headers = {"Connection": "Upgrade", "Upgrade": "tcp"}
        return self._send("POST", path, None, params, CALL_SECONDS, headers).upgraded()

    def put_archive(self, container: str, folder: str, archive: bytes) -> None:
        """Extract a tar archive in a folder of a container."""
        path = f"/containers/{container}/archive"
        self.bytes_of("PUT", path, body=archive, params={"path": folder})

    def run(self, container: str, command: list[str]) -> tuple[int, bytes]:
        """Run a command in a running container; the result is its exit code and output."""
        wanted = {"Cmd": command, "AttachStdout": True, "AttachStderr": True}
        started = self.call("POST", f"/containers/{container}/exec", body=wanted)["Id"]
        once = {"Detach": False, "Tty": False}
        output = self.bytes_of("POST", f"/exec/{started}/start", body=once)
        code = self.call("GET", f"/exec/{started}/json")["ExitCode"]
        return int(code), wire.without_frames(output)

    def logs(self, container: dict[str, Any], **params: Any) -> bytes:
        """What an inspected container wrote to standard output and standard error."""
        wanted = {"stdout": 1, "stderr": 1, "tail": "all"} | params
        raw = self.bytes_of("GET", f"/containers/{container['Id']}/logs", params=wanted)
        return raw if container["Config"].get("Tty") else wire.without_frames(raw)

    def _send(
        self,
        method: str,
        path: str,
        body: Any,
        params: dict[str, Any] | None,
        timeout: float | None,
        headers: dict[str, str],
    ) -> wire.Answer:
        headers = {"User-Agent": "causeway", **headers}
        if isinstance(body, dict | list):
            body = json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        elif body is not None:
            headers["Content-Type"] = "application/x-tar"
        wanted = {key: value for key, value in (params or {}).items() if value is not None}
        query = f"?{urlencode(wanted, doseq=True)}" if wanted else ""
        target = f"{self._prefix}{quote(path, safe=_IN_PATHS)}{query}"
        answer = self._wire.send(method, target, body, headers, timeout)
        # An engine does not redirect; with 304 it says that nothing had to change.
        if answer.status < 300 or answer.status == 304:
            return answer
        raise (NotFound if answer.status == 404 else EngineError)(answer.status, _words(answer))


def _with(auth: str | None) -> dict[str, str]:
    return {"X-Registry-Auth": auth} if auth else {}


def _words(answer: wire.Answer) -> str:
    """The engine's error message."""
    text = answer.read().decode(errors="replace").strip()
    try:
        return str(json.loads(text)["message"]).strip()
    except (ValueError, KeyError, TypeError):
        return text or f"{answer.status} {answer.reason}"


def connect(config: Config, environment: Mapping[str, str] = os.environ) -> Engine:
    """The engine that the provider's configuration and the environment name (`address.chosen`).

    Raises the exceptions of a call when nothing answers; `faults.explain` turns them into messages.
    """
    found = address.chosen(config, environment)
    return Engine(found.host, config, found.context)
