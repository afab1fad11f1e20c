"""New stacks and first secrets: whose salt and whose passphrase."""

from __future__ import annotations

from pathlib import Path

import pytest

from toolchain import passphrase, pins
from toolchain.problem import ToolchainError

COMMITTED = f"encryptionsalt: {pins.EMPTY_PASSPHRASE_SALT}\n"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["stack", "init", "mine"], "mine"),
        (["stack", "init", "organization/shop/mine"], "mine"),
        (["stack", "select", "--create", "mine"], "mine"),
        (["stack", "init"], ""),
        (["stack", "init", "mine", "--secrets-provider=passphrase"], ""),
        (["config", "set", "--secret", "key"], ""),
    ],
)
def test_a_command_that_makes_a_stack_is_recognised(arguments: list[str], expected: str) -> None:
    assert passphrase.new_stack(arguments) == expected


def test_a_new_stack_gets_the_committed_salt(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.mine.yaml"
    passphrase.give_empty_salt(file)
    assert file.read_text() == COMMITTED


def test_settings_written_before_the_stack_exists_stay(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.mine.yaml"
    file.write_text("config:\n  shop:a: b\n")
    passphrase.give_empty_salt(file)
    assert file.read_text() == COMMITTED + "config:\n  shop:a: b\n"


def test_a_salt_that_is_there_stays(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.mine.yaml"
    file.write_text("encryptionsalt: v1:other\n")
    passphrase.give_empty_salt(file)
    assert file.read_text() == "encryptionsalt: v1:other\n"


def test_a_passphrase_is_long_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "causeway" / "passphrase-shop-dev"
    passphrase.make_passphrase(file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert len(file.read_text().strip()) == 43


def test_a_passphrase_in_use_is_never_replaced(tmp_path: Path) -> None:
    file = tmp_path / "passphrase-shop-dev"
    file.write_text("old\n")
    passphrase.make_passphrase(file)
    assert file.read_text() == "old\n"


def test_a_failed_move_shows_pulumis_words(tmp_path: Path) -> None:
    pulumi = tmp_path / "pulumi"
    pulumi.write_text("#!/bin/sh\necho no stack named dev >&2\nexit 255\n")
    pulumi.chmod(0o755)
    with pytest.raises(ToolchainError, match="stack dev could not be given a passphrase") as caught:
        passphrase.move_stack(str(pulumi), tmp_path, "dev", tmp_path / "passphrase-shop-dev")
    assert "no stack named dev" in caught.value.text()
