"""Where the credentials for a registry come from, and which win."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from causeway.engine import logins
from causeway.engine.faults import Fault
from causeway.provider.image import registry_auth


@pytest.fixture(autouse=True)
def docker_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.delenv("DOCKER_REGISTRY_USER", raising=False)
    monkeypatch.delenv("DOCKER_REGISTRY_PASS", raising=False)
    return tmp_path / "config.json"


def config_of(registry: str, login: str) -> str:
    auth = base64.b64encode(login.encode()).decode()
    return json.dumps({"auths": {registry: {"auth": auth}}})


def with_entry(**entry: Any) -> dict[str, Any]:
    return {"registryAuth": [{"address": "r.test", **entry}]}


@pytest.mark.parametrize(
    ("image", "registry"),
    [
        ("nginx", "docker.io"),
        ("team/nginx:1", "docker.io"),
        ("r.test/team/nginx", "r.test"),
        ("r.test:5000/nginx", "r.test:5000"),
        ("localhost/nginx", "localhost"),
    ],
)
def test_registry_of_an_image_name(image: str, registry: str) -> None:
    assert logins.registry_of(image) == registry


def test_username_and_password_of_the_provider() -> None:
    config = with_entry(username="u", password="p")
    assert registry_auth.for_image(config, "r.test/a:1") == {
        "username": "u",
        "password": "p",
        "serveraddress": "r.test",
    }


@pytest.mark.parametrize("address", ["https://r.test", "http://r.test/v2/", "r.test"])
def test_address_may_be_written_as_a_url(address: str) -> None:
    config = {"registryAuth": [{"address": address, "username": "u", "password": "p"}]}
    found = registry_auth.for_image(config, "r.test/a")
    assert found["username"] == "u"


def test_another_registry_gets_no_credentials() -> None:
    config = with_entry(username="u", password="p")
    assert registry_auth.for_image(config, "other.test/a") == {}


def test_credentials_of_the_resource_win() -> None:
    config = with_entry(username="u", password="p")
    own = {"server": "https://r.test", "username": "own", "password": "secret"}
    found = registry_auth.for_image(config, "r.test/a", own)
    assert found["username"] == "own"


def test_credentials_of_the_resource_stay_with_its_server() -> None:
    own = {"server": "elsewhere.test", "username": "own", "password": "secret"}
    assert registry_auth.for_image({}, "r.test/a", own) == {}


def test_config_file_wins_over_content_and_password(tmp_path: Path) -> None:
    path = tmp_path / "other.json"
    path.write_text(config_of("r.test", "file:1"))
    config = with_entry(
        configFile=str(path),
        configFileContent=config_of("r.test", "content:1"),
        username="u",
        password="p",
    )
    found = registry_auth.for_image(config, "r.test/a")
    assert (found["username"], found["password"]) == ("file", "1")


def test_config_file_content_wins_over_password() -> None:
    content = config_of("r.test", "content:1")
    found = registry_auth.for_image(
        with_entry(configFileContent=content, username="u", password="p"), "r.test/a"
    )
    assert found["username"] == "content"


def test_disabled_authentication_sends_nothing() -> None:
    assert registry_auth.for_image(with_entry(authDisabled=True, username="u"), "r.test/a") == {}


def test_username_and_password_default_to_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DOCKER_REGISTRY_USER", "env")
    monkeypatch.setenv("DOCKER_REGISTRY_PASS", "pass")
    found = registry_auth.for_image(with_entry(), "r.test/a")
    assert (found["username"], found["password"]) == ("env", "pass")


@pytest.mark.parametrize("config", [{}, with_entry()])
def test_docker_login_counts_without_another_entry(
    docker_config: Path, config: dict[str, Any]
) -> None:
    docker_config.write_text(config_of("r.test", "me:1"))
    assert registry_auth.for_image(config, "r.test/a")["username"] == "me"


def test_missing_credential_helper_sends_nothing(docker_config: Path) -> None:
    docker_config.write_text(json.dumps({"credsStore": "not-installed-here"}))
    assert registry_auth.for_image({}, "nginx") == {}


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (
            {"configFile": "/no/such/file"},
            "configFile '/no/such/file' cannot be read: No such file",
        ),
        ({"configFileContent": "{"}, "configFileContent is not a valid Docker configuration"),
        ({"configFileContent": "[]"}, "configFileContent is not a valid Docker configuration"),
        ({"configFileContent": config_of("b.test", "u:p")}, "has no credentials for r.test"),
    ],
)
def test_unusable_entry_is_named(entry: dict[str, Any], message: str) -> None:
    with pytest.raises(Fault, match=f"registryAuth of r.test: (configFileContent )?{message}"):
        registry_auth.for_image(with_entry(**entry), "r.test/a")


def test_build_gets_all_credentials(docker_config: Path) -> None:
    docker_config.write_text(config_of("a.test", "a:1"))
    found = registry_auth.for_build(with_entry(username="u", password="p"))
    assert {host: entry["username"] for host, entry in found.items()} == {
        "a.test": "a",
        "r.test": "u",
    }


def test_build_goes_on_without_a_missing_credential_helper(docker_config: Path) -> None:
    docker_config.write_text(json.dumps({"credsStore": "not-installed-here"}))
    assert registry_auth.for_build({}) == {}
