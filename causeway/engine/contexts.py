"""Reads a Docker context as the docker command stores it: the engine's address and TLS files.

The Docker SDK does not serve: it ignores a CA certificate without a client certificate, and all
contexts when there is no config.json.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .faults import Fault

DEFAULT = "default"
SOCKET = "unix:///var/run/docker.sock"


@dataclass(frozen=True, slots=True)
class DockerContext:
    """`material` is the folder with ca.pem, cert.pem and key.pem, or None without one."""

    name: str
    host: str
    material: Path | None
    skips_verification: bool = False


def configuration() -> Path:
    """The configuration folder of the docker command."""
    return Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker")


def chosen(config: dict[str, Any]) -> DockerContext | None:
    """The context that locates the engine; None when another setting does.

    Raises Fault for a context that does not exist or cannot be read.
    """
    name = config.get("context")
    # The context named `default` means: use the environment.
    if config.get("host") or not name or name == DEFAULT:
        return None
    return read(str(name))


def read(name: str) -> DockerContext:
    """The context of this name. Raises Fault when it does not exist or cannot be read."""
    identity = hashlib.sha256(name.encode()).hexdigest()
    folder = configuration() / "contexts"
    file = folder / "meta" / identity / "meta.json"
    try:
        endpoint = json.loads(file.read_text(encoding="utf-8"))["Endpoints"]["docker"]
        host, skips = str(endpoint.get("Host") or SOCKET), bool(endpoint.get("SkipTLSVerify"))
    except FileNotFoundError:
        raise Fault(
            f"there is no docker context {name!r}\n  what to do: `docker context ls` lists them"
        ) from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Fault(
            f"the docker context {name!r} cannot be read from {file}: "
            f"{type(error).__name__}: {error}\n  what to do: recreate it with "
            "`docker context create`, or set docker:host to the engine's address"
        ) from None
    material = folder / "tls" / identity / "docker"
    return DockerContext(name, host, material if material.exists() else None, skips)
