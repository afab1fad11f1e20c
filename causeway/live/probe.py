"""A prober in a network namespace, started as a small container or as a command.

Its image needs `python3`; the app's image needs nothing. The prober reads commands from standard
input, so it ends, and its container is removed, whatever happens to this process.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from causeway.contract import PROBE_LABEL
from causeway.engine.client import Engine, filters
from causeway.engine.faults import CallTimeout, ConnectionLost, EngineError
from causeway.engine.wire import STDOUT, Stream, frames

SCRIPT = Path(__file__).with_name("prober.py")
LONGEST_SECONDS = 600
GREETING_SECONDS = 60.0
STALE_SECONDS = 120.0  # a probe starts at once or never


class ProbeError(Exception):
    """A prober cannot be started or does not answer."""


@dataclass(frozen=True, slots=True, order=True)
class Attempt:
    """One thing to try: a TCP connection, or a UDP datagram that carries a token."""

    protocol: str
    address: str
    port: int


@dataclass(frozen=True, slots=True)
class Greeting:
    """A namespace seen from inside. `raw`: whether arriving packets can be observed."""

    raw: bool
    addresses: tuple[str, ...]
    tcp: frozenset[int]
    udp: frozenset[int]
    seen: Mapping[str, int] = field(default_factory=dict)  # UDP token -> port at which it arrived
    opened: frozenset[str] = frozenset()  # `source port:destination port` of incoming TCP


class Line(Protocol):
    """A connection to a prober: one line per message, both ways."""

    def say(self, text: str) -> None: ...

    def hear(self, seconds: float) -> str: ...

    def close(self) -> None: ...


class ProbeProcess:
    """A place to probe from."""

    def __init__(self, name: str, line: Line) -> None:
        self.name = name
        self._line = line
        self.greeting = _greeting(self._hear(GREETING_SECONDS))

    def attempt(
        self, wanted: Mapping[str, Attempt], timeout: float, limit: float
    ) -> dict[str, tuple[str, int]]:
        """Outcome and source port by identifier; `limit` bounds the whole batch, in seconds."""
        orders = [[name, each.protocol, each.address, each.port] for name, each in wanted.items()]
        self._line.say(json.dumps({"try": orders, "timeout": timeout}))
        answers = self._hear(limit)["results"]
        return {name: (str(answer[0]), int(answer[1])) for name, answer in answers.items()}

    def resolve(self, names: Sequence[str], timeout: float) -> dict[str, tuple[str, ...]]:
        """IPv4 addresses by name, as Docker's DNS server answers here."""
        self._line.say(json.dumps({"names": sorted(set(names)), "timeout": timeout}))
        answers = self._hear(timeout + GREETING_SECONDS)["resolved"]
        return {str(name): tuple(found) for name, found in answers.items()}

    def look(self) -> Greeting:
        """The namespace now, with the tokens that have arrived."""
        self._line.say(json.dumps({"seen": True}))
        self.greeting = _greeting(self._hear(GREETING_SECONDS))
        return self.greeting

    def close(self) -> None:
        self._line.close()

    def _hear(self, seconds: float) -> dict[str, Any]:
        text = self._line.hear(seconds)
        try:
            heard = json.loads(text)
        except ValueError:
            heard = None
        if not isinstance(heard, dict):
            raise ProbeError(
                f"the probe in {self.name} sent no valid answer: {text.strip()[:300]!r}"
            )
        return heard


def _greeting(heard: Mapping[str, Any]) -> Greeting:
    return Greeting(
        raw=bool(heard["raw"]),
        addresses=tuple(heard["addresses"]),
        tcp=frozenset(heard["tcp"]),
        udp=frozenset(heard["udp"]),
        seen=dict(heard.get("seen", {})),
        opened=frozenset(heard.get("opened", ())),
    )


def start_container(api: Engine, image: str, network_mode: str, name: str) -> ProbeProcess:
    """A probe in a container's namespace (`container:ID`) or the host's (`host`)."""
    return _opened(name, ContainerLine(api, image, network_mode, name))


def remove_stale_probes(api: Engine, older_than: float = STALE_SECONDS) -> list[str]:
    """Remove probes that never started because their run was killed; returns their ids.

    Probes that did start end with their run, and the engine removes them.
    """
    removed = []
    now = datetime.fromisoformat(str(api.call("GET", "/info")["SystemTime"]))
    created = {"all": 1} | filters(label=[PROBE_LABEL], status=["created"])
    for each in api.call("GET", "/containers/json", params=created):
        age = now - datetime.fromtimestamp(each["Created"], UTC)
        if age.total_seconds() >= older_than:
            with suppress(EngineError):
                api.call("DELETE", f"/containers/{each['Id']}")
                removed.append(str(each["Id"]))
    return removed


def start_command(command: Sequence[str], name: str) -> ProbeProcess:
    """A probe where `command` starts Python, for example this machine, outside the engine's."""
    return _opened(name, ProcessLine([*command, *_arguments()], name))


def _opened(name: str, line: Line) -> ProbeProcess:
    try:
        return ProbeProcess(name, line)
    except BaseException:
        line.close()
        raise


def _arguments() -> list[str]:
    return ["-I", "-S", "-c", SCRIPT.read_text(encoding="utf-8"), str(LONGEST_SECONDS)]


class ContainerLine:
    """An attached container that joins a namespace; the engine removes it when it ends."""

    def __init__(self, api: Engine, image: str, network_mode: str, name: str) -> None:
        self._api, self._name = api, name
        self._rest, self._output, self._errors = b"", b"", b""
        self._stream: Stream | None = None
        wanted = {
            "Image": image,
            "Entrypoint": ["python3"],
            "Cmd": _arguments(),
            "User": "0:0",
            "Labels": {PROBE_LABEL: name},
            "OpenStdin": True,
            "StdinOnce": True,  # its input ends with the connection
            "HostConfig": {
                "NetworkMode": network_mode,
                "AutoRemove": True,
                "CapDrop": ["ALL"],
                "CapAdd": ["NET_RAW"],
                "SecurityOpt": ["no-new-privileges"],
                "ReadonlyRootfs": True,
                "LogConfig": {"Type": "none"},
            },
        }
        wanted |= dict.fromkeys(("AttachStdin", "AttachStdout", "AttachStderr"), True)
        self._id = api.call("POST", "/containers/create", body=wanted)["Id"]
        try:
            self._stream = api.attach(self._id)
            api.call("POST", f"/containers/{self._id}/start")
        except BaseException:
            self.close()
            raise

    def say(self, text: str) -> None:
        assert self._stream is not None
        with suppress(ConnectionLost):  # `hear` tells what it has said before it ended
            self._stream.send(text.encode() + b"\n")

    def hear(self, seconds: float) -> str:
        deadline = time.monotonic() + seconds
        while b"\n" not in self._output:
            found, self._rest = frames(self._rest + self._received(deadline))
            for kind, content in found:
                if kind == STDOUT:
                    self._output += content
                else:
                    self._errors += content
        line, _, self._output = self._output.partition(b"\n")
        return line.decode(errors="replace")

    def _received(self, deadline: float) -> bytes:
        assert self._stream is not None
        try:
            received = self._stream.receive(deadline - time.monotonic())
        except CallTimeout:
            raise ProbeError(f"the probe in {self._name} did not answer in time") from None
        except ConnectionLost:
            received = b""
        if received:
            return received
        said = self._errors.decode(errors="replace").strip() or "nothing"
        raise ProbeError(f"the probe in {self._name} ended; its output: {said[-500:]}")

    def close(self) -> None:
        """Stop the container; the engine removes it."""
        if self._stream is not None:
            self._stream.close()
        with suppress(EngineError):  # the engine may have removed it already
            self._api.call("DELETE", f"/containers/{self._id}", params={"force": 1})


class ProcessLine:
    """A process on this machine; it shares our standard error."""

    def __init__(self, command: Sequence[str], name: str) -> None:
        self._name = name
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def say(self, text: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(text + "\n")
        self._process.stdin.flush()

    def hear(self, seconds: float) -> str:
        # The prober limits its own attempts and its whole run time.
        assert self._process.stdout is not None
        text = self._process.stdout.readline()
        if not text:
            raise ProbeError(f"the probe in {self._name} exited with code {self._process.wait()}")
        return text

    def close(self) -> None:
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()
        self._process.kill()
        self._process.wait()
