"""HTTP to a Docker engine: over its socket or a TCP port, with TLS where that is configured.

urllib3 keeps the connections. The Docker SDK would bring `requests` with it, which takes a quarter of
the plugin's start to import and half of its processor time for calls (docs/decisions.md, 17).
"""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import urllib3

from .faults import Fault

# Connections kept open, one for each call at the same time; see WORKERS in `__main__`.
POOL = 64
CONNECT_SECONDS = 60.0
_PORT, _TLS_PORT = 2375, 2376


class _SocketConnection(urllib3.connection.HTTPConnection):
    """HTTP over the Unix socket at `socket_path`."""

    def __init__(self, *args: Any, socket_path: str, **rest: Any) -> None:
        super().__init__(*args, **rest)
        self._socket_path = socket_path

    def connect(self) -> None:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(self.timeout)
        try:
            connection.connect(self._socket_path)
        except BaseException:
            connection.close()
            raise
        self.sock = connection


class _SocketPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _SocketConnection


def pool(host: str, config: dict[str, Any]) -> urllib3.HTTPConnectionPool:
    """Connections to the engine at `host`; none is opened yet. Raises Fault for a bad address."""
    kept: dict[str, Any] = {"maxsize": POOL, "retries": False}
    scheme, _, rest = host.partition("://")
    if scheme == "unix" and rest:
        return _SocketPool("localhost", socket_path=rest, **kept)
    if scheme not in ("tcp", "http", "https"):
        raise Fault(_unserved(host, scheme, rest))
    tls = _tls(config)
    try:
        place = urlsplit(f"//{rest}")
        name, port = place.hostname or "", place.port
    except ValueError as error:
        raise Fault(f"{host!r} is no engine's address: {error}") from None
    if not name or place.path.strip("/"):
        raise Fault(f"{host!r} is no engine's address: it should look like tcp://HOST:PORT")
    if tls or scheme == "https":
        return urllib3.HTTPSConnectionPool(name, port or _TLS_PORT, **kept, **tls)
    return urllib3.HTTPConnectionPool(name, port or _PORT, **kept)


def _unserved(host: str, scheme: str, rest: str) -> str:
    if scheme == "ssh":
        return (
            f"the engine at {host} cannot be reached: ssh is not spoken here\n"
            "  what to do: forward its socket, `ssh -nNT -L /tmp/engine.sock:/var/run/docker.sock "
            f"{rest}`, and set DOCKER_HOST=unix:///tmp/engine.sock"
        )
    return f"{host!r} is no engine's address: unix:///PATH and tcp://HOST:PORT are"


def _tls(config: dict[str, Any]) -> dict[str, Any]:
    """What the connections need to know about certificates; {} without TLS."""
    folder = config.get("certPath") or (
        os.environ.get("DOCKER_CERT_PATH") if os.environ.get("DOCKER_TLS_VERIFY") else None
    )
    if folder:
        names = ("ca.pem", "cert.pem", "key.pem")
        authority, certificate, key = (os.path.join(str(folder), name) for name in names)
    elif config.get("caMaterial") or config.get("certMaterial"):
        authority, certificate, key = (
            _file_of(config.get(name)) for name in ("caMaterial", "certMaterial", "keyMaterial")
        )
    else:
        return {}
    tls: dict[str, Any] = {"cert_reqs": "CERT_REQUIRED" if authority else "CERT_NONE"}
    if authority:
        tls["ca_certs"] = authority
    if certificate and key:
        tls |= {"cert_file": certificate, "key_file": key}
    return tls


def _file_of(material: Any) -> str:
    """PEM text in a private file, as the TLS library wants paths; gone with the process's tmp."""
    if not material:
        return ""
    with tempfile.NamedTemporaryFile("w", suffix=".pem", delete=False) as handle:
        handle.write(str(material))
        return handle.name


def lines(response: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
    """The lines of an answer as they come; its connection is closed when nobody reads on."""
    rest = b""
    try:
        for part in response.stream():
            *whole, rest = (rest + part).split(b"\n")
            yield from whole
        if rest:
            yield rest
    finally:
        response.close()


def without_frames(raw: bytes) -> bytes:
    """The output of a process without a terminal, which the engine sends in frames.

    A frame is 8 bytes, the last 4 of them the length of what follows, highest byte first.
    """
    output, start = bytearray(), 0
    while start + 8 <= len(raw):
        end = start + 8 + int.from_bytes(raw[start + 4 : start + 8], "big")
        output += raw[start + 8 : end]
        start = end
    return bytes(output)
