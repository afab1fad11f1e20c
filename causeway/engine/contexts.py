"""Reads a Docker context as the docker command stores it: the engine's address and TLS files.

The Docker SDK does not serve: it ignores a CA certificate without a client certificate, and all
contexts when there is no config.json.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .faults import Fault


@dataclass(frozen=True, slots=True)
class DockerContext:
    """`host` is empty for the default socket; `material` is the folder with ca.pem, cert.pem and
    key.pem, or None without one."""

    name: str
    host: str
    material: Path | None
    skips_verification: bool = False


def configuration(environment: Mapping[str, str] = os.environ) -> Path:
    """The configuration folder of the docker command."""
    return Path(environment.get("DOCKER_CONFIG") or Path.home() / ".docker")


def settings(environment: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """The docker command's config.json; empty if it cannot be read, as for that command."""
    try:
        text = (configuration(environment) / "config.json").read_text(encoding="utf-8")
        return dict(json.loads(text))
    except (OSError, ValueError, TypeError):
        return {}


def current(environment: Mapping[str, str] = os.environ) -> str:
    """The context that `docker context use` set; empty without one."""
    return str(settings(environment).get("currentContext") or "")


def read(name: str, environment: Mapping[str, str] = os.environ) -> DockerContext:
    """The context of this name. Raises Fault when it does not exist or cannot be read."""
    identity = hashlib.sha256(name.encode()).hexdigest()
    folder = configuration(environment) / "contexts"
    file = folder / "meta" / identity / "meta.json"
    try:
        endpoint = json.loads(file.read_text(encoding="utf-8"))["Endpoints"]["docker"]
        host, skips = str(endpoint.get("Host") or ""), bool(endpoint.get("SkipTLSVerify"))
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
