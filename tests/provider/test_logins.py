"""The header of a pull, from what `docker login` leaves on a machine."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from causeway.engine import logins

SECRET = base64.b64encode(b"me:pass:word").decode()


def told(folder: Path, image: str, settings: dict[str, object]) -> object:
    (folder / "config.json").write_text(json.dumps(settings))
    found = logins.header(image, {"DOCKER_CONFIG": str(folder)})
    return json.loads(base64.urlsafe_b64decode(found)) if found else None


@pytest.fixture
def helper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A credential helper that knows of a.example alone."""
    program = tmp_path / "docker-credential-kept"
    program.write_text(
        "#!/bin/sh\nread registry\n[ \"$registry\" = a.example ] || { echo 'not found'; exit 1; }\n"
        """echo '{"ServerURL": "a.example", "Username": "kept", "Secret": "s"}'\n"""
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")


@pytest.mark.parametrize(
    ("image", "key", "address"),
    [
        ("a.example/app:1", "a.example", "a.example"),
        ("a.example:5000/app", "https://a.example:5000/v2/", "a.example:5000"),
        ("localhost/app", "localhost", "localhost"),
        ("python:3.13-alpine", "https://index.docker.io/v1/", "https://index.docker.io/v1/"),
        ("me/app", "docker.io", "https://index.docker.io/v1/"),
    ],
)
def test_the_login_of_an_images_registry_is_found(
    tmp_path: Path, image: str, key: str, address: str
) -> None:
    settings = {"auths": {"b.example": {"auth": "x"}, key: {"auth": SECRET}}}
    assert told(tmp_path, image, settings) == {
        "serveraddress": address,
        "username": "me",
        "password": "pass:word",
    }


def test_an_identity_token_goes_alone(tmp_path: Path) -> None:
    settings = {"auths": {"a.example": {"auth": SECRET, "identitytoken": "t"}}}
    assert told(tmp_path, "a.example/app", settings) == {
        "serveraddress": "a.example",
        "identitytoken": "t",
    }


@pytest.mark.parametrize(
    "settings", [{"credsStore": "kept"}, {"credHelpers": {"a.example": "kept"}}]
)
def test_a_credential_helper_is_asked(
    tmp_path: Path, helper: None, settings: dict[str, object]
) -> None:
    assert told(tmp_path, "a.example/app", settings) == {
        "serveraddress": "a.example",
        "username": "kept",
        "password": "s",
    }
    assert told(tmp_path, "b.example/app", settings) is None


@pytest.mark.parametrize(
    "settings", [{}, {"credsStore": "not-installed"}, {"auths": {"a.example": {"auth": "?"}}}]
)
def test_without_a_login_that_can_be_read_there_is_no_header(
    tmp_path: Path, settings: dict[str, object]
) -> None:
    assert told(tmp_path, "a.example/app", settings) is None
