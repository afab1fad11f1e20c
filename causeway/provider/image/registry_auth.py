"""Credentials for a registry: the resource's, the provider's `registryAuth`, or Docker's own.

This module never contacts a registry; the credentials go with pulls, pushes and builds.
"""

from __future__ import annotations

import json
import os
from typing import Any

from causeway.engine.faults import Fault
from causeway.engine.logins import (
    HUB,
    Credentials,
    for_registry,
    host_of,
    registry_of,
    stored,
    unreadable_ignored,
)

# Functions below import the Docker SDK only where they need it: see `wire`.
# The address under which the engine looks up credentials for Docker Hub.
_HUB_INDEX = "https://index.docker.io/v1/"


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
        if host_of(server) == host:
            return _login(registry.get("username"), registry.get("password"), server)
    for entry in config.get("registryAuth") or []:
        if host_of(entry.get("address", "")) == host:
            return _of_entry(entry, host)
    return for_registry(host)


def for_build(config: dict[str, Any]) -> dict[str, Credentials]:
    """All credentials by registry, since a build may pull from any of them."""
    found: dict[str, Credentials] = {}
    with unreadable_ignored():
        found |= stored().get_all_credentials()
    for entry in config.get("registryAuth") or []:
        host = host_of(entry.get("address", ""))
        if credentials := _of_entry(entry, host):
            found[host] = credentials
    if HUB in found:
        found.setdefault(_HUB_INDEX, found[HUB])
    return found


def proxies(engine: str) -> dict[str, str]:
    """The proxy variables that ~/.docker/config.json sets for builds on this engine."""
    from docker.utils.config import load_general_config
    from docker.utils.proxy import ProxyConfig

    known: dict[str, Any] = load_general_config().get("proxies") or {}
    chosen = ProxyConfig.from_dict(known.get(engine, known.get("default", {})))
    return {name: str(value) for name, value in chosen.get_environment().items()}


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
    return for_registry(host)


def _of_docker_config(content: str, host: str, where: str) -> Credentials:
    from docker.errors import DockerException

    try:
        parsed = json.loads(content)
        if not isinstance(parsed, dict) or not parsed:
            # The SDK would fall back to the machine's own configuration.
            raise ValueError("not a JSON object with entries")
        found = stored(parsed).resolve_authconfig(host)
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
