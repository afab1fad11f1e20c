"""Which engine is meant, from plain mappings and files, and what an address is made of."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from causeway.engine.address import SOCKET, Address, Endpoint, chosen, endpoint
from causeway.engine.faults import Fault
from tests.certificates import docker_context

HOST = {"DOCKER_HOST": "tcp://by-variable:1"}
CONTEXT = {"DOCKER_CONTEXT": "named"}


@pytest.fixture
def folder(tmp_path: Path) -> dict[str, str]:
    """The docker command's folder, with three contexts, of which one is in use."""
    for name in ("stack", "named", "used"):
        docker_context(tmp_path, name, f"tcp://{name}:1", None)
    (tmp_path / "config.json").write_text(json.dumps({"currentContext": "used"}))
    return {"DOCKER_CONFIG": str(tmp_path)}


@pytest.mark.parametrize(
    ("config", "environment", "host", "setting"),
    [
        (
            {"host": "tcp://by-stack:1", "context": "stack"},
            HOST | CONTEXT,
            "tcp://by-stack:1",
            "docker:host",
        ),
        ({"context": "stack"}, HOST | CONTEXT, "tcp://stack:1", "docker:context"),
        ({}, HOST | CONTEXT, "tcp://by-variable:1", "DOCKER_HOST"),
        ({}, CONTEXT, "tcp://named:1", "DOCKER_CONTEXT"),
        ({}, {}, "tcp://used:1", "docker context use"),
        # Empty is not set, as for the docker command.
        ({"host": "", "context": ""}, {"DOCKER_HOST": "", **CONTEXT}, "tcp://named:1", None),
        ({}, {"DOCKER_HOST": "", "DOCKER_CONTEXT": ""}, "tcp://used:1", None),
        # The context of this name is no other one than DOCKER_HOST or the default socket.
        ({"context": "default"}, HOST | CONTEXT, "tcp://by-variable:1", "DOCKER_HOST"),
        ({"context": "default"}, CONTEXT, SOCKET, ""),
        ({}, {"DOCKER_CONTEXT": "default"}, SOCKET, ""),
    ],
)
def test_the_first_that_is_set_names_the_engine(
    folder: dict[str, str],
    config: dict[str, str],
    environment: dict[str, str],
    host: str,
    setting: str | None,
) -> None:
    found = chosen(config, folder | environment)
    assert found.host == host
    assert setting in (None, found.setting)


@pytest.mark.parametrize("written", ["", "{", "[]", "{}", '{"currentContext": "default"}', None])
def test_without_any_setting_it_is_the_default_socket(tmp_path: Path, written: str | None) -> None:
    if written is not None:
        (tmp_path / "config.json").write_text(written)
    assert chosen({}, {"DOCKER_CONFIG": str(tmp_path)}) == Address("unix:///var/run/docker.sock")


def test_a_context_without_an_address_is_the_default_socket(tmp_path: Path) -> None:
    docker_context(tmp_path, "near", "", None)
    found = chosen({"context": "near"}, {"DOCKER_CONFIG": str(tmp_path)})
    assert str(found) == "unix:///var/run/docker.sock of docker context 'near'"


@pytest.mark.parametrize("environment", [{"DOCKER_CONTEXT": "gone"}, {}])
def test_a_context_that_is_not_there_is_no_reason_to_take_another_engine(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    (tmp_path / "config.json").write_text('{"currentContext": "gone"}')
    with pytest.raises(Fault, match="there is no docker context 'gone'"):
        chosen({}, {"DOCKER_CONFIG": str(tmp_path), **environment})


@pytest.mark.parametrize(
    ("host", "parts"),
    [
        ("unix:///run/docker.sock", Endpoint("unix", path="/run/docker.sock")),
        ("tcp://far", Endpoint("tcp", name="far")),
        ("tcp://far:2376/", Endpoint("tcp", name="far", port=2376)),
        ("http://far:80", Endpoint("http", name="far", port=80)),
        ("https://[::1]:443", Endpoint("https", name="::1", port=443)),
    ],
)
def test_an_address_is_taken_apart(host: str, parts: Endpoint) -> None:
    assert endpoint(host) == parts


@pytest.mark.parametrize("host", ["ssh://me@far", "npipe:////./pipe/docker_engine"])
def test_kinds_that_are_not_supported_have_one_message(host: str) -> None:
    scheme = host.partition(":")[0]
    with pytest.raises(Fault) as refused:
        endpoint(host)
    assert str(refused.value).splitlines()[0] == (
        f"the engine at {host} cannot be reached: {scheme}:// is not supported, "
        "use unix:///PATH or tcp://HOST:PORT"
    )


def test_the_socket_is_forwarded_where_nobody_else_can_put_one() -> None:
    with pytest.raises(Fault) as refused:
        endpoint("ssh://me@far:2222/var/run/docker.sock")
    assert str(refused.value).splitlines()[1] == (
        "  what to do: forward its socket into a folder that only you can write, "
        "`mkdir -p ~/.docker/run; ssh -nNT -L $HOME/.docker/run/engine.sock:/var/run/docker.sock "
        "ssh://me@far:2222`, and set DOCKER_HOST=unix://$HOME/.docker/run/engine.sock"
    )
