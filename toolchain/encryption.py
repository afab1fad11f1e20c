"""How the secrets of a stack are encrypted, according to its files and the environment."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto
from pathlib import Path

from toolchain import pins
from toolchain.intent import PASSPHRASE as BY_PASSPHRASE

PASSPHRASE = "PULUMI_CONFIG_PASSPHRASE"
PASSPHRASE_FILE = "PULUMI_CONFIG_PASSPHRASE_FILE"
SALT_KEY = "encryptionsalt:"
PROVIDER_KEY = "secretsprovider:"


class Encryption(Enum):
    EMPTY = auto()  # with the empty passphrase, or with none yet
    OWN = auto()  # with a passphrase of its own
    ELSEWHERE = auto()  # by a key service, or by Pulumi Cloud


class PassphraseInput(Enum):
    """The passphrase in the user's environment."""

    NONE = auto()
    EMPTY = auto()
    SOME = auto()


def given(environment: Mapping[str, str]) -> PassphraseInput:
    """As Pulumi reads it: the variable first, even when it is empty, then the file."""
    if PASSPHRASE in environment:
        return PassphraseInput.SOME if environment[PASSPHRASE] else PassphraseInput.EMPTY
    if not environment.get(PASSPHRASE_FILE):
        return PassphraseInput.NONE
    try:
        text = Path(environment[PASSPHRASE_FILE]).read_text(encoding="utf-8")
    except (OSError, ValueError):
        return PassphraseInput.SOME  # Pulumi reports the problem
    return PassphraseInput.SOME if text.strip() else PassphraseInput.EMPTY


def kept(stack_file: Path, backend: str) -> Encryption:
    if _value(stack_file, PROVIDER_KEY) not in BY_PASSPHRASE:
        return Encryption.ELSEWHERE
    salt = salt_of(stack_file)
    if not salt and backend.startswith(("http://", "https://")):
        return Encryption.ELSEWHERE
    return Encryption.EMPTY if salt in ("", pins.EMPTY_PASSPHRASE_SALT) else Encryption.OWN


def salt_of(stack_file: Path) -> str:
    return _value(stack_file, SALT_KEY)


def has_secrets(stack_file: Path) -> bool:
    """Whether the configuration holds an encrypted value."""
    return stack_file.exists() and "secure:" in stack_file.read_text(encoding="utf-8")


def passphrase_file(environment: Mapping[str, str], project: str, stack: str) -> Path:
    home = environment.get("XDG_CONFIG_HOME") or f"{environment['HOME']}/.config"
    return Path(home) / "causeway" / f"passphrase-{project}-{stack}"


def project_folder(start: Path) -> Path | None:
    """The nearest folder, from `start` upwards, that has a Pulumi.yaml."""
    start = start.absolute()
    return next((each for each in (start, *start.parents) if (each / "Pulumi.yaml").exists()), None)


def project_name(folder: Path) -> str:
    """The project's name, read in the same way as in the wrapper."""
    lines = (folder / "Pulumi.yaml").read_text(encoding="utf-8").splitlines()
    return next((line[5:].strip() for line in lines if line.startswith("name:")), "")


def backend(folder: Path, environment: Mapping[str, str]) -> str:
    if url := environment.get("PULUMI_BACKEND_URL"):
        return url
    lines = (folder / "Pulumi.yaml").read_text(encoding="utf-8").splitlines()
    found = [line.partition("url:")[2] for line in lines if line.lstrip().startswith("url:")]
    return _plain(found[0]) if found else ""


def _value(file: Path, key: str) -> str:
    if not file.exists():
        return ""
    lines = file.read_text(encoding="utf-8").splitlines()
    found = [line.removeprefix(key) for line in lines if line.startswith(key)]
    return _plain(found[-1]) if found else ""


def _plain(text: str) -> str:
    return text.strip().strip("'\"")
