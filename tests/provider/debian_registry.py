"""Debian's docker-registry in an engine's network namespace: TLS by a private authority, a login.

The engine and this machine trust the authority through /etc/docker/certs.d/HOST:PORT, a folder of
this registry alone, which goes with it.
"""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from tests.engines import Engine

PORT = 5443
USER, PASSWORD = "causeway", "correct horse"
_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Registry:
    address: str
    log: Path

    @property
    def auth(self) -> dict[str, str]:
        return {"address": self.address, "username": USER, "password": PASSWORD}

    def call(self, method: str, path: str, kind: str, body: str = "") -> requests.Response:
        """The registry's own API, below /v2/; `kind` is the media type that is sent or wanted."""
        return requests.request(
            method,
            f"https://{self.address}/v2/{path}",
            data=body,
            headers={"Accept": kind, "Content-Type": kind},
            auth=(USER, PASSWORD),
            verify=str(Path("/etc/docker/certs.d") / self.address / "ca.crt"),
            timeout=_SECONDS,
        )


@contextmanager
def debian_registry(engine: Engine, folder: Path) -> Iterator[Registry]:
    """A registry at the engine's address. Raises AssertionError when it does not come up."""
    address = f"{engine.address}:{PORT}"
    _certificates(folder, engine.address)
    line = _run("htpasswd", "-Bbn", USER, PASSWORD)
    (folder / "htpasswd").write_text(line)
    (folder / "config.yml").write_text(
        f"""version: 0.1
storage:
  filesystem: {{rootdirectory: {folder}/data}}
  delete: {{enabled: true}}
http:
  addr: {address}
  tls: {{certificate: {folder}/server.crt, key: {folder}/server.key}}
auth:
  htpasswd: {{realm: test, path: {folder}/htpasswd}}
"""
    )
    trusted = Path("/etc/docker/certs.d") / address
    trusted.mkdir(parents=True, exist_ok=True)
    shutil.copy(folder / "ca.crt", trusted / "ca.crt")
    log = folder / "registry.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [
                *("nsenter", f"--net=/run/netns/{engine.netns}"),
                *("docker-registry", "serve", str(folder / "config.yml")),
            ],
            stdout=output,
            stderr=output,
        )
    try:
        _wait(engine.address, folder / "ca.crt", process, log)
        yield Registry(address, log)
    finally:
        process.terminate()
        process.wait(timeout=_SECONDS)
        shutil.rmtree(trusted)


def _certificates(folder: Path, address: str) -> None:
    """An authority of its own and a certificate that it signs for the address."""
    new_key = ["openssl", "req", "-newkey", "rsa:2048", "-nodes", "-subj"]
    authority = ["-keyout", f"{folder}/ca.key", "-out", f"{folder}/ca.crt"]
    _run(*new_key, "/CN=test authority", "-x509", "-days", "2", *authority)
    request = ["-keyout", f"{folder}/server.key", "-out", f"{folder}/server.csr"]
    _run(*new_key, f"/CN={address}", *request)
    (folder / "names").write_text(f"subjectAltName=IP:{address}\n")
    _run(
        *("openssl", "x509", "-req", "-days", "2", "-in", f"{folder}/server.csr"),
        *("-CA", f"{folder}/ca.crt", "-CAkey", f"{folder}/ca.key", "-CAcreateserial"),
        *("-extfile", f"{folder}/names", "-out", f"{folder}/server.crt"),
    )


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command[0]}: {done.stderr}"
    return done.stdout


def _wait(host: str, authority: Path, process: subprocess.Popen[bytes], log: Path) -> None:
    context = ssl.create_default_context(cafile=str(authority))
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with (
                socket.create_connection((host, PORT), timeout=2) as plain,
                context.wrap_socket(plain, server_hostname=host),
            ):
                return
        except ConnectionRefusedError:
            time.sleep(0.1)
    raise AssertionError(f"the registry did not come up:\n{log.read_text()}")
