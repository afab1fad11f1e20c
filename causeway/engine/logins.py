"""The credentials that `docker login` stored on this machine, as a pull sends them.

This module never contacts a registry. The Docker SDK reads the credentials and asks the credential
helpers; only the functions that need it import it.
"""

from __future__ import annotations

import base64
import json
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

HUB = "docker.io"
Credentials = dict[str, Any]


def host_of(address: str) -> str:
    """The host of a registry's address; Docker Hub's one name for all of its addresses."""
    host = re.sub("^https?://", "", address or HUB).partition("/")[0]
    return HUB if host == f"index.{HUB}" else host


def registry_of(image: str) -> str:
    """The registry host of an image name; Docker Hub by default."""
    host, _, rest = image.partition("/")
    if rest and ("." in host or ":" in host or host == "localhost"):
        return host_of(host)
    return HUB


def stored(parsed: dict[str, Any] | None = None) -> Any:
    """The SDK's AuthConfig of this machine, or of a parsed config.json."""
    from docker.auth import load_config

    return load_config(config_dict=parsed)


def for_registry(host: str) -> Credentials:
    """The credentials for a registry; {} without any, or without the helper that has them."""
    found: Credentials | None = None
    with unreadable_ignored():
        found = stored().resolve_authconfig(host)
    return dict(found or {})


def header(credentials: Credentials) -> str:
    """The value of X-Registry-Auth or X-Registry-Config."""
    return base64.urlsafe_b64encode(json.dumps(credentials).encode()).decode()


@contextmanager
def unreadable_ignored() -> Iterator[None]:
    """Ignore credentials that cannot be read and a credential helper that is not installed.

    Only a pull that needs its credentials fails, with the registry's error message.
    """
    from docker.credentials.errors import StoreError
    from docker.errors import DockerException

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with suppress(DockerException, StoreError, OSError, ValueError):
            yield
