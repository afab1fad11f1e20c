"""The few Docker Engine API requests that setup needs, over a Unix socket or TCP (with TLS)."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import socket
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

from toolchain.problem import ToolchainError

DEFAULT_HOST = "unix:///var/run/docker.sock"


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine's address as in DOCKER_HOST. Requests raise OSError when it cannot be reached."""

    host: str

    def ping(self) -> bool:
        try:
            status, _ = self.request("GET", "/_ping", seconds=5)
        except (OSError, http.client.HTTPException):
            return False
        return status == 200

    def version(self) -> str:
        """'20.10.24 (API 1.41)', or an empty text when the engine does not answer."""
        try:
            _, body = self.request("GET", "/version", seconds=5)
            answer = json.loads(body)
            return f"{answer['Version']} (API {answer['ApiVersion']})"
        except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
            return ""

    def image_label(self, image: str, label: str) -> str | None:
        """The value of a label, an empty text if it is not set, None if there is no such image."""
        status, body = self.request("GET", f"/images/{quote(image)}/json")
        if status != 200:
            return None
        labels = (json.loads(body).get("Config") or {}).get("Labels") or {}
        return str(labels.get(label, ""))

    def registry_serves(self, image: str, seconds: float) -> bool:
        """Whether the engine itself, not this process, can reach the image's registry."""
        try:
            path = f"/distribution/{quote(image)}/json"
            status, _ = self.request("GET", path, seconds=seconds)
        except (OSError, http.client.HTTPException):
            return False
        return status == 200

    def import_image(self, archive: Path, image: str, changes: Sequence[str]) -> None:
        """Import a root file system as an image. Raises ToolchainError with the engine's answer."""
        repository, _, tag = image.rpartition(":")
        query = urlencode(
            [("fromSrc", "-"), ("repo", repository), ("tag", tag)]
            + [("changes", change) for change in changes]
        )
        with archive.open("rb") as body:
            status, answer = self.request(
                "POST", f"/images/create?{query}", body=body, size=archive.stat().st_size
            )
        said = answer.decode(errors="replace").strip()
        if status != 200 or '"errorDetail"' in said:
            raise ToolchainError(f"the engine could not import {image}", "", said)

    def request(
        self,
        method: str,
        path: str,
        *,
        seconds: float = 120,
        body: object = None,
        size: int = 0,
    ) -> tuple[int, bytes]:
        connection = self._connection(seconds)
        headers = {"Host": "docker"}
        if body is not None:
            headers |= {"Content-Length": str(size), "Content-Type": "application/x-tar"}
        try:
            # An engine that rejects a request answers before it has read the body, and disconnects.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                connection.request(method, path, body=body, headers=headers)  # type: ignore[arg-type]
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def _connection(self, seconds: float) -> http.client.HTTPConnection:
        address = urlsplit(self.host)
        if address.scheme == "unix":
            return _UnixConnection(address.path, seconds)
        if address.scheme in ("tcp", "http", "https") and address.hostname:
            folder = os.environ.get("DOCKER_CERT_PATH") or f"{Path.home()}/.docker"
            if address.scheme == "https" or os.environ.get("DOCKER_TLS_VERIFY"):
                context = ssl.create_default_context(cafile=f"{folder}/ca.pem")
                context.load_cert_chain(f"{folder}/cert.pem", f"{folder}/key.pem")
                return http.client.HTTPSConnection(
                    address.hostname, address.port or 2376, timeout=seconds, context=context
                )
            return http.client.HTTPConnection(
                address.hostname, address.port or 2375, timeout=seconds
            )
        raise OSError(f"the address {self.host!r} is neither unix:// nor tcp://")


def is_checkable(host: str) -> bool:
    """Only Docker's own client can reach an engine behind ssh://; setup does not check it."""
    return not host.startswith("ssh://")


def host(environment: Mapping[str, str] = os.environ) -> str:
    return environment.get("DOCKER_HOST") or DEFAULT_HOST
