"""The credentials of a pull, from what `docker login` leaves on a machine."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from causeway.engine import logins

OTHER = base64.b64encode(b"you:other").decode()
SECRET = base64.b64encode(b"me:pass:word").decode()


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the docker command's configuration, with a helper that knows a.example."""
    program = tmp_path / "docker-credential-kept"
    program.write_text(
        "#!/bin/sh\nread registry\n"
        'if [ "$registry" != a.example ]; then\n'
        '    echo "credentials not found in native keychain"; exit 1\nfi\n'
        """echo '{"ServerURL": "a.example", "Username": "kept", "Secret": "s"}'\n"""
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    return tmp_path


def login(folder: Path, image: str, settings: Mapping[str, object]) -> tuple[object, object]:
    (folder / "config.json").write_text(json.dumps(settings))
    found = logins.for_registry(logins.registry_of(image))
    names = {key.lower(): value for key, value in found.items()}
    return names.get("username"), names.get("password") or names.get("identitytoken")


@pytest.mark.parametrize(
    ("image", "key"),
    [
        ("a.example/app:1", "a.example"),
        ("a.example:5000/app", "https://a.example:5000/v2/"),
        ("localhost/app", "localhost"),
        ("python:3.13-alpine", "https://index.docker.io/v1/"),
    ],
)
def test_the_login_of_an_images_registry_is_found(machine: Path, image: str, key: str) -> None:
    settings = {"auths": {"b.example": {"auth": OTHER}, key: {"auth": SECRET}}}
    assert login(machine, image, settings) == ("me", "pass:word")


def test_an_identity_token_goes_alone(machine: Path) -> None:
    settings = {"auths": {"a.example": {"auth": SECRET, "identitytoken": "t"}}}
    assert login(machine, "a.example/app", settings) == (None, "t")


@pytest.mark.parametrize(
    "settings", [{"credsStore": "kept"}, {"credHelpers": {"a.example": "kept"}}]
)
def test_a_credential_helper_is_asked(machine: Path, settings: dict[str, object]) -> None:
    assert login(machine, "a.example/app", settings) == ("kept", "s")
    assert login(machine, "b.example/app", settings) == (None, None)


@pytest.mark.parametrize(
    "settings", [{}, {"credsStore": "not-installed"}, {"auths": {"a.example": {"auth": "?"}}}]
)
def test_without_a_login_that_can_be_read_there_is_none(
    machine: Path, settings: dict[str, object]
) -> None:
    assert login(machine, "a.example/app", settings) == (None, None)


def test_the_header_is_json_in_url_safe_base64() -> None:
    written = logins.header({"username": "me", "password": "?>"})
    assert json.loads(base64.urlsafe_b64decode(written)) == {"username": "me", "password": "?>"}
