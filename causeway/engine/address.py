"""The address of the engine: where it is configured, and which forms are supported.

A stack's own settings take precedence. After them comes the docker command's order: DOCKER_HOST,
DOCKER_CONTEXT, the context that `docker context use` set, the default socket.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from . import contexts
from .faults import Fault

SOCKET = "unix:///var/run/docker.sock"
# The context named `default` means: use the environment.
DEFAULT = "default"
KINDS = "unix:///PATH or tcp://HOST:PORT"
# Where only the user can put a socket: in /tmp, somebody else could be there first.
FORWARDED = "$HOME/.docker/run/engine.sock"


@dataclass(frozen=True, slots=True)
class Address:
    """`host` has the form of DOCKER_HOST. `setting` is where it comes from, empty for the default
    socket; `context` is the docker context that holds it, None without one."""

    host: str
    setting: str = ""
    context: contexts.DockerContext | None = None

    def __str__(self) -> str:
        return f"{self.host} of docker context {self.context.name!r}" if self.context else self.host


def chosen(config: Mapping[str, Any], environment: Mapping[str, str] = os.environ) -> Address:
    """The engine's address, from the provider's `host` or `context` or from the environment.

    Raises Fault for a docker context that does not exist or cannot be read. The order after the
    configuration: https://docs.docker.com/reference/cli/docker/context/use/
    """
    if config.get("host"):
        return Address(str(config["host"]), "docker:host")
    host = environment.get("DOCKER_HOST")
    name, setting = config.get("context"), "docker:context"
    if not name and not host:
        name, setting = environment.get("DOCKER_CONTEXT"), "DOCKER_CONTEXT"
        if not name:
            name, setting = contexts.current(environment), "docker context use"
    if name and name != DEFAULT:
        context = contexts.read(str(name), environment)
        return Address(context.host or SOCKET, setting, context)
    return Address(host, "DOCKER_HOST") if host else Address(SOCKET)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where to connect: the Unix socket at `path`, or else a TCP port of the machine `name`.

    `port` is None where the address has none; `scheme` is unix, tcp, http or https.
    """

    scheme: str
    path: str = ""
    name: str = ""
    port: int | None = None


def is_ssh(host: str) -> bool:
    return host.startswith("ssh://")


def endpoint(host: str) -> Endpoint:
    """The parts of an address. Raises Fault for an invalid address or one that is not supported."""
    scheme, _, rest = host.partition("://")
    if scheme == "unix" and rest:
        return Endpoint(scheme, path=rest)
    if scheme in ("ssh", "npipe"):
        cure = f"\n  what to do: {_forwarding(host)}" if is_ssh(host) else ""
        raise Fault(
            f"the engine at {host} cannot be reached: {scheme}:// is not supported, use {KINDS}"
            f"{cure}"
        )
    if scheme not in ("tcp", "http", "https"):
        raise Fault(f"{host!r} is not a valid engine address: use {KINDS}")
    try:
        place = urlsplit(f"//{rest}")
        name, port = place.hostname or "", place.port
    except ValueError as error:
        raise Fault(f"{host!r} is not a valid engine address: {error}") from None
    if not name or place.path.strip("/"):
        raise Fault(f"{host!r} is not a valid engine address: use tcp://HOST:PORT")
    return Endpoint(scheme, name=name, port=port)


def _forwarding(host: str) -> str:
    there = shlex.quote(f"ssh://{urlsplit(host).netloc}")
    return (
        "forward its socket into a folder that only you can write, `mkdir -p ~/.docker/run; "
        f"ssh -nNT -L {FORWARDED}:/var/run/docker.sock {there}`, "
        f"and set DOCKER_HOST=unix://{FORWARDED}"
    )
