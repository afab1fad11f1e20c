"""Credentials for a registry: the resource's, the provider's `registryAuth`, or Docker's own.

This module never contacts a registry; the credentials go with pulls, pushes and builds.
"""

from __future__ import annotations

import base64
import json
import os
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from causeway.engine.faults import Fault

# Functions below import the Docker SDK only where they need it: see `wire`.
HUB = "docker.io"
# The address under which the engine looks up credentials for Docker Hub.
_HUB_INDEX = "https://index.docker.io/v1/"

Credentials = dict[str, Any]


def registry_of(image: str) -> str:
    """The registry host of an image name; Docker Hub by default."""
    host, _, rest = image.partition("/")
    if rest and ("." in host or ":" in host or host == "localhost"):
        return _host(host)
    return HUB


def for_image(
    config: dict[str, Any], image: str, registry: dict[str, Any] | None = None
) -> Credentials:
    """The credentials to send for `image`; {} when there are none.

    `registry` are the resource's own: server, username, password. Raises Fault for a registryAuth
    entry that cannot be read.
    """
    host = registry_of(image)
    if registry and (registry.get("username") or registry.get("password")):
        server = registry.get("server") or host
        if _host(server) == host:
            return _login(registry.get("username"), registry.get("password"), server)
    for entry in config.get("registryAuth") or []:
        if _host(entry.get("address", "")) == host:
            return _of_entry(entry, host)
    return _of_this_machine(host)


def for_build(config: dict[str, Any]) -> dict[str, Credentials]:
    """All credentials by registry, since a build may pull from any of them."""
    found: dict[str, Credentials] = {}
    with _helpers_may_be_missing():
        found |= _logins().get_all_credentials()
    for entry in config.get("registryAuth") or []:
        host = _host(entry.get("address", ""))
        if credentials := _of_entry(entry, host):
            found[host] = credentials
    if HUB in found:
        found.setdefault(_HUB_INDEX, found[HUB])
    return found


def header(credentials: dict[str, Any]) -> str:
    """The value of X-Registry-Auth or X-Registry-Config."""
    return base64.urlsafe_b64encode(json.dumps(credentials).encode()).decode()


def proxies(engine: str) -> dict[str, str]:
    """The proxy variables that ~/.docker/config.json sets for builds on this engine."""
    from docker.utils.config import load_general_config
    from docker.utils.proxy import ProxyConfig

    known: dict[str, Any] = load_general_config().get("proxies") or {}
    chosen = ProxyConfig.from_dict(known.get(engine, known.get("default", {})))
    return {name: str(value) for name, value in chosen.get_environment().items()}


@contextmanager
def _helpers_may_be_missing() -> Iterator[None]:
    """Ignore a credential helper that is configured but not installed, as under WSL.

    Only a pull that needs its credentials fails, with the registry's error message.
    """
    from docker.credentials.errors import StoreError
    from docker.errors import DockerException

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with suppress(DockerException, StoreError, OSError):
            yield


def _logins(parsed: dict[str, Any] | None = None) -> Any:
    """The credentials that `docker login` stored on this machine, or those in `parsed`."""
    from docker.auth import load_config

    return load_config(config_dict=parsed)


def _of_this_machine(host: str) -> Credentials:
    """The credentials that `docker login` stored for a registry."""
    found: Credentials | None = None
    with _helpers_may_be_missing():
        found = _logins().resolve_authconfig(host)
    return dict(found or {})


def _of_entry(entry: dict[str, Any], host: str) -> Credentials:
    """The credentials of a registryAuth entry: configFile overrides configFileContent, which
    overrides username and password."""
    if entry.get("authDisabled"):
        return {}
    if entry.get("configFile"):
        path = os.path.expanduser(str(entry["configFile"]))
        try:
            with open(path, encoding="utf-8") as handle:
                content = handle.read()
        except OSError as error:
            raise Fault(
                f"registryAuth of {host}: configFile {path!r} cannot be read: {error.strerror}"
            ) from None
        return _of_docker_config(content, host, f"configFile {path!r}")
    if entry.get("configFileContent"):
        return _of_docker_config(str(entry["configFileContent"]), host, "configFileContent")
    username = entry.get("username") or os.environ.get("DOCKER_REGISTRY_USER")
    password = entry.get("password") or os.environ.get("DOCKER_REGISTRY_PASS")
    if username and password:
        return _login(username, password, host)
    return _of_this_machine(host)


def _of_docker_config(content: str, host: str, where: str) -> Credentials:
    from docker.errors import DockerException

    try:
        parsed = json.loads(content)
        if not isinstance(parsed, dict) or not parsed:
            # The SDK would fall back to the machine's own configuration.
            raise ValueError("not a JSON object with entries")
        found = _logins(parsed).resolve_authconfig(host)
    except (ValueError, AttributeError, DockerException) as error:
        raise Fault(
            f"registryAuth of {host}: {where} is not a valid Docker configuration ({error})\n"
            "  what to do: use the format of ~/.docker/config.json after `docker login`"
        ) from None
    if not found:
        raise Fault(
            f"registryAuth of {host}: {where} has no credentials for {host}\n"
            f"  what to do: run `docker login {host}`, or remove the entry"
        )
    return dict(found)


def _login(username: Any, password: Any, server: str) -> Credentials:
    return {"username": username or "", "password": password or "", "serveraddress": server}


def _host(address: str) -> str:
    host = re.sub("^https?://", "", address or HUB).partition("/")[0]
    return HUB if host == f"index.{HUB}" else host
