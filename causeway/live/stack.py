"""A deployed stack on its engine: its containers by service, their addresses, commands inside them.

Containers and networks are found by the labels that each of a stack carries.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection
from contextlib import closing
from pathlib import Path
from typing import Any

import docker
import docker.errors
from docker.tls import TLSConfig

from causeway.contract import PROJECT_LABEL, REPLICA_LABEL, SERVICE_LABEL, STACK_LABEL

from . import contexts

# The engine's CA certificate, and the certificate and key of this client.
MATERIAL = ("ca.pem", "cert.pem", "key.pem")
PAIR = MATERIAL[1:]


class Engine(docker.APIClient):
    """A connection to an engine."""

    def merge_environment_settings(
        self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any
    ) -> Any:
        # REQUESTS_CA_BUNDLE in the environment would replace the CA certificate of this engine.
        told = self.verify if verify is None else verify
        return super().merge_environment_settings(url, proxies, stream, told, cert)


# The error of an engine or of the connection to it.
EngineFault = docker.errors.DockerException


# The Docker SDK needs another package for ssh, even to start the system's ssh.
FORWARD = (
    "this command cannot connect through ssh://\n"
    "  what to do: forward the engine's socket with `ssh -nNT -L "
    "/tmp/engine.sock:/var/run/docker.sock {there}` and set DOCKER_HOST=unix:///tmp/engine.sock"
)


class NotFound(Exception):
    """Something that a stack should have on the engine is missing."""


def engine(host: str, certificates: str = "", context: str = "") -> Engine:
    """The engine at `host`, as in DOCKER_HOST, else that of a Docker context; an empty text means
    the default socket.

    `certificates` is a folder with ca.pem, cert.pem and key.pem. Without one, TLS is used when the
    context has certificates or DOCKER_TLS_VERIFY is set, as with the docker command.
    """
    found = contexts.read(context) if context and not host else None
    address = found.host if found else host or contexts.SOCKET
    if address.startswith("ssh://"):
        raise EngineFault(FORWARD.format(there=address.removeprefix("ssh://")))
    tls: TLSConfig | bool = False
    if address.startswith(("tcp://", "https://")):
        tls = _of_context(found) if found and not certificates else _tls(certificates)
    return Engine(base_url=address, version="auto", tls=tls)


def _tls(certificates: str) -> TLSConfig | bool:
    if certificates:
        return _of_folder(Path(certificates))
    # Set but empty means off, as for the docker command.
    if not os.environ.get("DOCKER_TLS_VERIFY"):
        return False
    return _of_folder(Path(os.environ.get("DOCKER_CERT_PATH") or contexts.configuration()))


def _of_context(context: contexts.DockerContext) -> TLSConfig | bool:
    verified = not context.skips_verification
    if context.material:
        there = {each.name for each in context.material.glob("*.pem")} & set(MATERIAL)
        # A certificate needs its key; a folder without any of the three files is incomplete.
        pair = set(PAIR) if not there or there & set(PAIR) else set()
        return _of_folder(context.material, there | pair, verified)
    if context.skips_verification:
        return TLSConfig(verify=False)
    if context.host.rstrip("/").endswith(":2376") and not context.host.startswith("https://"):
        raise EngineFault(
            f"the docker context {context.name!r} uses the TLS port 2376 but has no certificates"
        )
    return False


def _of_folder(folder: Path, names: Collection[str] = MATERIAL, verified: bool = True) -> TLSConfig:
    """TLS with these files of a folder; without ca.pem, the system's CA certificates count."""
    if missing := [name for name in MATERIAL if name in names and not (folder / name).is_file()]:
        raise EngineFault(
            f"the TLS certificates in {folder} are incomplete: missing {', '.join(missing)}\n"
            "  what to do: put ca.pem, cert.pem and key.pem there, or name their folder in "
            "docker:certPath or DOCKER_CERT_PATH"
        )
    authority, certificate, key = (str(folder / name) for name in MATERIAL)
    pair = (certificate, key) if set(PAIR) <= set(names) else None
    authority = authority if MATERIAL[0] in names else ""
    return TLSConfig(client_cert=pair, ca_cert=authority, verify=verified)


def has_swarm(host: str) -> bool:
    """Whether the engine at `host` is a swarm manager, which can create overlay networks."""
    with closing(engine(host)) as api:
        swarm = api.info().get("Swarm") or {}
    return swarm.get("LocalNodeState") == "active" and bool(swarm.get("ControlAvailable"))


class LiveStack:
    """The running containers of one Pulumi stack, on the engine at `host`."""

    def __init__(self, host: str, project: str, stack: str) -> None:
        self._api = engine(host)
        self._project, self._stack = project, stack

    def close(self) -> None:
        self._api.close()

    def container(self, target: str) -> dict[str, Any]:
        """Inspect the container of a service; `web-2` is its second replica."""
        named = re.fullmatch(r"(.+)-(\d+)", target)
        wanted = [(target, "1"), *([(named[1], named[2])] if named else [])]
        for service, replica in wanted:
            labels = [
                *(f"{PROJECT_LABEL}={self._project}", f"{STACK_LABEL}={self._stack}"),
                *(f"{SERVICE_LABEL}={service}", f"{REPLICA_LABEL}={replica}"),
            ]
            for found in self._api.containers(filters={"label": labels}):
                inspected: dict[str, Any] = self._api.inspect_container(found["Id"])
                return inspected
        raise NotFound(f"stack {self._stack} has no running container of {target}")

    def network_name(self, key: str) -> str:
        """The name on the engine of a network, given its key in the stack's Compose file."""
        labels = [f"{PROJECT_LABEL}={self._project}", f"{STACK_LABEL}={self._stack}"]
        names = [str(each["Name"]) for each in self._api.networks(filters={"label": labels})]
        for name in sorted(names, key=len):
            # A `name:` in the file usually ends with the key, too.
            if name == f"{self._project}-{self._stack}_{key}" or name.endswith(key):
                return name
        raise NotFound(f"stack {self._stack} has no network {key}")

    def network(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self._api.inspect_network(name)
        return found

    def address(self, target: str, network: str = "") -> str:
        """The IPv4 address of a container, on `network` if it has several."""
        endpoints = self.container(target)["NetworkSettings"]["Networks"]
        addresses = {name: each["IPAddress"] for name, each in endpoints.items()}
        if network:
            return str(addresses[self.network_name(network)])
        if len(addresses) != 1:
            raise NotFound(f"{target} is on {len(addresses)} networks: name one of them")
        return str(next(iter(addresses.values())))

    def run(self, container: str, command: str) -> tuple[int, str]:
        """Run a shell command inside a container; returns (exit code, output)."""
        made = self._api.exec_create(container, ["sh", "-c", command])
        output = self._api.exec_start(made["Id"]).decode(errors="replace")
        return int(self._api.exec_inspect(made["Id"])["ExitCode"]), output

    def connect(self, container: str, network: str) -> None:
        self._api.connect_container_to_network(container, network)

    def disconnect(self, container: str, network: str) -> None:
        self._api.disconnect_container_from_network(container, network)


def part(description: dict[str, Any], path: str) -> str:
    """The JSON of one part of an inspected object, named as in `docker inspect --format`."""
    value: Any = description
    for key in filter(None, path.split(".")):
        value = value.get(key) if isinstance(value, dict) else None
    return json.dumps(value, sort_keys=True)
