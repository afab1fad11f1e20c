"""A Docker context as the docker command stores it: the engine's address and its TLS files.

The Docker SDK is not used for this: it ignores a ca.pem without a client certificate, and all
contexts where there is no config.json.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

from docker.errors import DockerException

DEFAULT = "default"
SOCKET = "unix:///var/run/docker.sock"


@dataclass(frozen=True, slots=True)
class DockerContext:
    """`material` is the folder with ca.pem, cert.pem and key.pem, or None."""

    name: str
    host: str
    material: Path | None
    skips_verification: bool = False


def configuration() -> Path:
    """The docker command's configuration folder."""
    return Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker")


def read(name: str) -> DockerContext:
    """Raises the Docker SDK's exception for a context that does not exist or cannot be read."""
    identity = hashlib.sha256(name.encode()).hexdigest()
    folder = configuration() / "contexts"
    file = folder / "meta" / identity / "meta.json"
    try:
        endpoint = json.loads(file.read_text(encoding="utf-8"))["Endpoints"]["docker"]
        host, skips = str(endpoint.get("Host") or SOCKET), bool(endpoint.get("SkipTLSVerify"))
    except FileNotFoundError:
        raise DockerException(
            f"there is no docker context {name!r}\n  what to do: `docker context ls` lists them"
        ) from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DockerException(
            f"the docker context {name!r} cannot be read from {file}: "
            f"{type(error).__name__}: {error}"
        ) from None
    material = folder / "tls" / identity / "docker"
    return DockerContext(name, host, material if material.exists() else None, skips)
