"""New stacks and first secrets: whose salt and whose passphrase."""

from __future__ import annotations

from pathlib import Path

import pytest

from toolchain import passphrase, pins
from toolchain.arguments import read
from toolchain.intent import Action, Purpose, purpose
from toolchain.problem import ToolchainError

COMMITTED = f"encryptionsalt: {pins.EMPTY_PASSPHRASE_SALT}\n"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("stack init mine", Purpose(Action.CREATE, "mine")),
        ("stack new -s mine", Purpose(Action.CREATE, "mine")),
        ("stack create organization/shop/mine", Purpose(Action.CREATE, "mine")),
        ("stack select --create mine", Purpose(Action.CREATE, "mine")),
        ("stack select -c mine", Purpose(Action.CREATE, "mine")),
        ("stack select mine", Purpose(Action.LEAVE)),
        ("stack init", Purpose(Action.CREATE)),
        ("stack init mine --secrets-provider=passphrase", Purpose(Action.CREATE, "mine")),
        ("stack init mine --secrets-provider awskms://a", Purpose(Action.NOTHING)),
        ("stack init --teams a mine --copy-config-from b", Purpose(Action.CREATE, "mine", "b")),
        ("state mv --source a --dest o/p/b urn", Purpose(Action.TAKE_OVER, "b", "a")),
        ("stack rename organization/shop/b -s a", Purpose(Action.RENAME, "b")),
        ("config set --secret key", Purpose(Action.ENCRYPT)),
        ("-yQ config set key --secret=1", Purpose(Action.ENCRYPT)),
        ("config set --secret=F key", Purpose(Action.NOTHING)),
    ],
)
def test_what_a_command_is_about_to_do_is_recognised(words: str, expected: Purpose) -> None:
    assert purpose(read(words.split())) == expected


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


CLI = """#!/bin/sh
cat > given
sed -i 's|^encryptionsalt:.*|encryptionsalt: v1:moved|' "Pulumi.$5.yaml"
"""


def project(folder: Path, stack_file: str) -> str:
    """A project with the stack dev, and a CLI that notes the passphrase which it is given."""
    (folder / "Pulumi.yaml").write_text("name: shop\n")
    (folder / "Pulumi.dev.yaml").write_text(stack_file)
    (folder / "pulumi").write_text(CLI)
    (folder / "pulumi").chmod(0o755)
    return str(folder / "pulumi")


@pytest.fixture(autouse=True)
def configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("PULUMI_BACKEND_URL", raising=False)
    return tmp_path / "config" / "causeway"


@pytest.mark.parametrize("stack_file", [COMMITTED, "config: {}\n"])
def test_a_stack_is_given_a_passphrase_on_demand(
    tmp_path: Path, configuration: Path, stack_file: str
) -> None:
    pulumi = project(tmp_path, stack_file)
    assert passphrase.give(pulumi, tmp_path, "shop", "dev") == ""
    file = configuration / "passphrase-shop-dev"
    assert (tmp_path / "given").read_text() == file.read_text()
    assert (tmp_path / "Pulumi.dev.yaml").read_text().startswith("encryptionsalt: v1:moved\n")


def test_secrets_that_were_open_are_to_be_changed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pulumi = project(tmp_path, f"{COMMITTED}config:\n  a:\n    secure: v1:b\n")
    passphrase.give(pulumi, tmp_path, "shop", "dev")
    assert "Anyone with an older Pulumi.dev.yaml can decrypt" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("stack_file", "told"),
    [
        ("encryptionsalt: v1:other\n", "already has a passphrase of its own"),
        ("secretsprovider: awskms://a\n", "has a secrets provider that needs no passphrase"),
    ],
)
def test_a_stack_that_needs_no_passphrase_is_left_alone(
    tmp_path: Path, stack_file: str, told: str
) -> None:
    assert told in passphrase.give(project(tmp_path, stack_file), tmp_path, "shop", "dev")
    assert (tmp_path / "Pulumi.dev.yaml").read_text() == stack_file


def test_a_stack_that_is_not_there_is_told(tmp_path: Path) -> None:
    pulumi = project(tmp_path, COMMITTED)
    with pytest.raises(ToolchainError, match="there is no stack nowhere"):
        passphrase.give(pulumi, tmp_path, "shop", "nowhere")
