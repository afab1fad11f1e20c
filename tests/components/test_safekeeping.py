"""What ends the program before anything secret is registered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from causeway.model.errors import StackError
from causeway.model.load import load_selected
from causeway.model.loaded import Loaded
from causeway.model.project import StackConfig, read_config
from components.secret_checks import COMMITTED_SALT, check_secrets
from toolchain import pins

COMMITTED = f"encryptionsalt: {COMMITTED_SALT}\n"
OTHER = "encryptionsalt: v1:AAAAAAAAAAA=:v1:BBBBBBBBBBBBBBBB:CCCC==\n"
VARIABLE = "config:\n  causeway:variables:\n    PASSWORD:\n      secure: v1:abc\n"
PLAIN = "services: {db: {image: 'db:1'}}\n"
SECRETS = """\
services:
  db:
    image: db:1
    secrets: [token]
secrets:
  token: {environment: TOKEN}
"""
CONFIGS = SECRETS.replace("secrets", "configs")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def given(salt: str, config: str, compose: str) -> tuple[Loaded, StackConfig]:
    Path("Pulumi.dev.yaml").write_text(salt + config)
    Path("compose.yaml").write_text(compose)
    values: dict[str, Any] = {
        "causeway:files": '["compose.yaml"]',
        "causeway:variables": '{"PASSWORD": "hunter2", "TOKEN": "t0ken"}',
    }
    settings = read_config(
        values, "shop", "dev", ["causeway:variables"] if "secure" in config else []
    )
    return load_selected(settings), settings


def message(salt: str, config: str, compose: str, **environment: str) -> str:
    loaded, settings = given(salt, config, compose)
    with pytest.raises(StackError) as error:
        check_secrets(loaded, "dev", settings, environment)
    return str(error.value)


def test_the_salt_is_the_one_of_the_repository() -> None:
    assert COMMITTED_SALT == pins.EMPTY_PASSPHRASE_SALT


def test_a_secret_variable_under_the_committed_salt_is_refused_with_its_line_and_the_cure() -> None:
    assert message(COMMITTED, VARIABLE, PLAIN) == (
        "Pulumi.dev.yaml:4: causeway:variables.PASSWORD: is secret, but stack dev has the empty "
        "passphrase, so anyone can decrypt it: give the stack a passphrase of its own with "
        "`make passphrase STACK=dev`"
    )


@pytest.mark.parametrize(("compose", "kind"), [(SECRETS, "secrets"), (CONFIGS, "configs")])
def test_what_compose_takes_from_a_variable_is_refused_with_its_line(
    compose: str, kind: str
) -> None:
    assert message(COMMITTED, "config: {}\n", compose).startswith(
        f"compose.yaml:6: {kind}.token: is secret, but stack dev has the empty passphrase"
    )


def test_a_secret_file_is_refused(folder: Path) -> None:
    (folder / "token.txt").write_text("t0ken")
    compose = SECRETS.replace("environment: TOKEN", "file: token.txt")
    assert message(COMMITTED, "config: {}\n", compose).startswith("compose.yaml:6: secrets.token: ")


def test_an_empty_passphrase_in_the_environment_is_refused_whatever_the_salt() -> None:
    said = message(OTHER, VARIABLE, PLAIN, PULUMI_CONFIG_PASSPHRASE="")
    assert said.endswith("(and unset PULUMI_CONFIG_PASSPHRASE, which is empty)")


@pytest.mark.parametrize(
    ("salt", "config", "compose", "environment"),
    [
        (COMMITTED, "config: {}\n", PLAIN, {}),
        (OTHER, VARIABLE, SECRETS, {}),
        (OTHER, VARIABLE, SECRETS, {"PULUMI_CONFIG_PASSPHRASE": "mine"}),
        ("secretsprovider: awskms://alias/key\n", VARIABLE, SECRETS, {}),
        (
            "secretsprovider: awskms://alias/key\n",
            VARIABLE,
            SECRETS,
            {"PULUMI_CONFIG_PASSPHRASE": ""},
        ),
        ("", VARIABLE, SECRETS, {}),
    ],
)
def test_a_stack_without_secrets_or_with_a_key_of_its_own_is_let_pass(
    salt: str, config: str, compose: str, environment: dict[str, str]
) -> None:
    loaded, settings = given(salt, config, compose)
    check_secrets(loaded, "dev", settings, environment)


def test_a_config_with_a_file_or_content_needs_no_passphrase(folder: Path) -> None:
    (folder / "motd.txt").write_text("hello")
    for source in ("file: motd.txt", "content: hello"):
        loaded, settings = given(
            COMMITTED, "config: {}\n", CONFIGS.replace("environment: TOKEN", source)
        )
        check_secrets(loaded, "dev", settings, {})


def test_a_secret_that_no_service_takes_needs_no_passphrase() -> None:
    unused = "services: {db: {image: 'db:1'}}\nsecrets: {token: {environment: TOKEN}}\n"
    loaded, settings = given(COMMITTED, "config: {}\n", unused)
    check_secrets(loaded, "dev", settings, {})


@pytest.mark.parametrize(
    ("compose", "place"),
    [
        ("services:\n  db:\n    image: db:${PASSWORD}\n", "compose.yaml:3: services.db.image"),
        (
            "services:\n  db:\n    image: db:1\n    container_name: db-${PASSWORD}\n",
            "compose.yaml:4: services.db.container_name",
        ),
        (
            "services:\n  db:\n    image: db:1\n    volumes: ['data:/data']\n"
            "volumes:\n  data:\n    name: ${PASSWORD}-data\n",
            "compose.yaml:7: volumes.data.name",
        ),
        (
            "services:\n  db:\n    image: db:1\nnetworks:\n  net:\n    name: net-${PASSWORD}\n",
            "compose.yaml:6: networks.net.name",
        ),
    ],
)
def test_a_name_made_of_a_secret_is_refused(compose: str, place: str) -> None:
    if "net-" in compose:
        compose = compose.replace("image: db:1\n", "image: db:1\n    networks: [net]\n")
        place = place.replace(":6:", ":7:")
    assert message(OTHER, VARIABLE, compose) == (
        f"{place}: contains a secret, but names are stored as plain text in Pulumi's state and on "
        "the engine: use a variable that is not secret"
    )


def test_a_name_that_is_written_like_a_secret_is_none() -> None:
    loaded, settings = given(OTHER, VARIABLE, "services: {db: {image: 'hunter2:1'}}\n")
    check_secrets(loaded, "dev", settings, {})
