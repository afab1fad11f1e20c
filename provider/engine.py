"""The connection to a Docker engine: where it is, how long a call may take, raw calls.

The Docker SDK does transport, TLS and registry credentials; bodies are written as the
Engine API documents them, because the SDK lacks some fields (gateway priority, for one).
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import docker
import docker.errors
import requests.exceptions
from docker.context import ContextAPI
from docker.tls import TLSConfig

from .faults import Fault

# The limit on a call that does not say otherwise; a slow engine may need more.
CALL_SECONDS = float(os.environ.get("CAUSEWAY_CALL_SECONDS", "60"))
POOL = 32
Config = dict[str, Any]


def filters(**wanted: list[str]) -> dict[str, str]:
    """The parameter by which the Engine API's lists are narrowed: `filters(label=["a=b"])`."""
    return {"filters": json.dumps(wanted)}


class Engine(docker.APIClient):
    """An engine's API; every call has a limit of `CALL_SECONDS` unless it says otherwise."""

    host: str

    def merge_environment_settings(
        self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any
    ) -> Any:
        # A REQUESTS_CA_BUNDLE of the environment would replace the authority of this engine.
        told = self.verify if verify is None else verify
        return super().merge_environment_settings(url, proxies, stream, told, cert)

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
        """One call; its JSON answer, or None without one. Raises docker.errors.APIError.

        `auth` is the encoded header with a registry's credentials.
        """
        response = self._ask(method, path, body, params, timeout, auth, stream=False)
        return response.json() if response.content else None

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
        """A call that answers with progress until it is done; Fault for an error among it."""
        response = self._ask(method, path, body, params, timeout, auth, stream=True)
        for line in response.iter_lines():
            event = json.loads(line) if line.strip() else {}
            if event.get("error"):
                raise Fault(str(event["error"]))

    def ending(self, container: str, seconds: float) -> Callable[[], int]:
        """Listen for the next end of a container, from now on; the result waits for its exit code.

        The engine answers with the head as soon as it listens, so an end right after the start
        is not missed, not even that of a container which the engine then removes.
        """
        params = {"condition": "next-exit"}
        path = f"/containers/{container}/wait"
        response = self._ask("POST", path, None, params, seconds, None, stream=True)
        return lambda: int(response.json()["StatusCode"])

    def _ask(
        self,
        method: str,
        path: str,
        body: Any,
        params: dict[str, Any] | None,
        timeout: float,
        auth: str | None,
        *,
        stream: bool,
    ) -> requests.Response:
        response = self.request(
            method,
            f"{self.base_url}/v{self.api_version}{path}",
            json=body,
            params=params,
            timeout=timeout,
            headers={"X-Registry-Auth": auth} if auth else None,
            stream=stream,
        )
        try:
            response.raise_for_status()
        except requests.exceptions.HTTPError as error:
            docker.errors.create_api_error_from_http_exception(error)
        return response

    def find(self, path: str, **params: Any) -> Any:
        """A GET whose 404 is an answer: None."""
        try:
            return self.call("GET", path, params=params or None)
        except docker.errors.NotFound:
            return None

    @property
    def speaks(self) -> tuple[int, int]:
        """The API's version, as (1, 41)."""
        major, minor = str(self.api_version).split(".")[:2]
        return int(major), int(minor)


def connect(config: Config) -> Engine:
    """The engine that the provider's configuration, DOCKER_HOST or the default socket names.

    Raises whatever the SDK raises when nothing answers; `faults.explain` words it.
    """
    host = address(config)
    if host.startswith("ssh://") and find_spec("paramiko") is None:
        there = host.removeprefix("ssh://")
        raise Fault(
            f"the engine at {host} cannot be reached: the Docker SDK needs paramiko for ssh\n"
            f"  what to do: forward its socket, `ssh -nNT -L /tmp/engine.sock:/var/run/docker.sock "
            f"{there}`, and set DOCKER_HOST=unix:///tmp/engine.sock; or `.venv/bin/pip install "
            "paramiko`"
        )
    engine = Engine(
        base_url=host,
        version="auto",
        timeout=CALL_SECONDS,  # type: ignore[arg-type] # the stubs want whole seconds
        tls=_tls(config),
        num_pools=POOL,
        max_pool_size=POOL,
        use_ssh_client=host.startswith("ssh://"),
    )
    engine.host = host
    return engine


def address(config: Config) -> str:
    """Where the engine is: docker:host, docker:context, DOCKER_HOST, else the default socket."""
    if config.get("host"):
        return str(config["host"])
    if config.get("context"):
        found = ContextAPI.get_context(config["context"])
        if found is None:
            raise Fault(
                f"there is no docker context {config['context']!r}\n"
                "  what to do: `docker context ls` lists them"
            )
        return str(found.Host)
    return os.environ.get("DOCKER_HOST") or "unix:///var/run/docker.sock"


def _tls(config: Config) -> TLSConfig | bool:
    path = config.get("certPath") or (
        os.environ.get("DOCKER_CERT_PATH") if os.environ.get("DOCKER_TLS_VERIFY") else None
    )
    if path:
        names = ("ca.pem", "cert.pem", "key.pem")
        authority, certificate, key = (os.path.join(str(path), name) for name in names)
    elif config.get("caMaterial") or config.get("certMaterial"):
        authority, certificate, key = (
            _file_of(config.get(name)) for name in ("caMaterial", "certMaterial", "keyMaterial")
        )
    else:
        return False
    pair = (certificate, key) if certificate and key else None
    return TLSConfig(client_cert=pair, ca_cert=authority or None, verify=bool(authority))


def _file_of(material: Any) -> str:
    """PEM text in a private file, as the TLS library wants paths; gone with the process's tmp."""
    if not material:
        return ""
    with tempfile.NamedTemporaryFile("w", suffix=".pem", delete=False) as handle:
        handle.write(str(material))
        return handle.name
