"""Credentials for a registry: the resource's, the provider's `registryAuth`, Docker's own config.

Never asks a registry anything; what is found goes along with pulls, pushes and builds.
"""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import docker.auth
import docker.errors
from docker.credentials.errors import StoreError

from .faults import Fault

Credentials = dict[str, Any]


def registry_of(image: str) -> str:
    """The host of an image name's registry; Docker Hub's when it names none."""
    host, _, rest = image.partition("/")
    if rest and ("." in host or ":" in host or host == "localhost"):
        return _host(host)
    return str(docker.auth.INDEX_NAME)


def for_image(
    config: dict[str, Any], image: str, registry: dict[str, Any] | None = None
) -> Credentials:
    """The credentials to send for `image`; {} when there are none.

    `registry` are those of the resource itself: server, username, password. Raises Fault for a
    registryAuth entry that cannot be read.
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
    """All credentials, by registry: a build may pull from any of them."""
    found: dict[str, Credentials] = {}
    with _helpers_may_be_missing():
        known = docker.auth.load_config()
        found |= known.get_all_credentials()  # type: ignore[no-untyped-call] # untyped stubs
    for entry in config.get("registryAuth") or []:
        host = _host(entry.get("address", ""))
        if credentials := _of_entry(entry, host):
            found[host] = credentials
    if docker.auth.INDEX_NAME in found:
        # The engine looks Docker Hub up under its old address.
        found.setdefault(docker.auth.INDEX_URL, found[docker.auth.INDEX_NAME])
    return found


def header(credentials: dict[str, Any]) -> str:
    """The value of X-Registry-Auth or X-Registry-Config."""
    encoded = docker.auth.encode_header(credentials)
    return encoded.decode() if isinstance(encoded, bytes) else str(encoded)


@contextmanager
def _helpers_may_be_missing() -> Iterator[None]:
    """A credential helper that is configured but not installed, as under WSL, is no error yet.

    Only a pull that needs its credentials fails, with the registry's words.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with suppress(docker.errors.DockerException, StoreError, OSError):
            yield


def _of_this_machine(host: str) -> Credentials:
    """What `docker login` left for a registry."""
    found: Credentials | None = None
    with _helpers_may_be_missing():
        found = docker.auth.load_config().resolve_authconfig(host)
    return dict(found or {})


def _of_entry(entry: dict[str, Any], host: str) -> Credentials:
    """A registryAuth entry: configFile wins over configFileContent over username and password."""
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
    try:
        parsed = json.loads(content)
        if not isinstance(parsed, dict) or not parsed:
            # The SDK would fall back to the machine's own configuration.
            raise ValueError("not a JSON object with entries")
        found = docker.auth.load_config(config_dict=parsed).resolve_authconfig(host)
    except (ValueError, AttributeError, docker.errors.DockerException) as error:
        raise Fault(
            f"registryAuth of {host}: {where} is no Docker configuration ({error})\n"
            "  what to do: it should look like ~/.docker/config.json after `docker login`"
        ) from None
    if not found:
        raise Fault(
            f"registryAuth of {host}: {where} has no credentials for {host}\n"
            f"  what to do: `docker login {host}`, or remove the entry"
        )
    return dict(found)


def _login(username: Any, password: Any, server: str) -> Credentials:
    return {"username": username or "", "password": password or "", "serveraddress": server}


def _host(address: str) -> str:
    return str(docker.auth.resolve_index_name(address or docker.auth.INDEX_NAME))
