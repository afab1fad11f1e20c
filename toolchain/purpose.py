"""What a `pulumi` command will do with secrets, according to its command line alone."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import Enum, auto

from toolchain.arguments import Arguments

CREATING = ("create", "init", "new", "setup")
READING = ("", "delete", "delete-all", "env", "get", "remove", "remove-all", "rm", "rm-all")
NEW_PROJECT = ("create", "new", "setup")
SENSITIVE = frozenset(("config", "stack", "state", *NEW_PROJECT))
PASSPHRASE = ("", "default", "passphrase")


class Deed(Enum):
    NOTHING = auto()  # encrypts nothing new
    ENCRYPT = auto()  # sets, or may set, a secret of the stack
    CREATE = auto()  # creates the stack `target`
    IMPORT = auto()  # imports a state, which may hold secrets
    TAKE_OVER = auto()  # encrypts secrets of one stack for the stack `target`
    CHANGE = auto()  # encrypts everything again with the secrets provider `target`
    RENAME = auto()  # renames the stack to `target`
    LEAVE = auto()  # creates or selects a stack whose name is not known yet
    UNKNOWN = auto()


@dataclass(frozen=True, slots=True)
class Purpose:
    deed: Deed
    target: str = ""
    source: str = ""


def purpose(asked: Arguments) -> Purpose:
    verb, command, name = (*asked.words, "", "", "")[:3]
    if asked.unsure:
        sensitive = SENSITIVE.intersection(asked.words)
        return Purpose(Deed.UNKNOWN if sensitive else Deed.NOTHING)
    if asked.has("--help", "-h"):
        return Purpose(Deed.NOTHING)
    if verb == "config":
        return _config(asked, command)
    if verb == "stack":
        return _stack(asked, command, name)
    if verb == "state" and command in ("move", "mv"):
        return Purpose(Deed.TAKE_OVER, short(asked.value("--dest")), short(asked.value("--source")))
    return Purpose(Deed.LEAVE if verb in NEW_PROJECT else Deed.NOTHING)


def short(stack: str) -> str:
    """A stack's name without its organisation and project."""
    return stack.rpartition("/")[2]


def _config(asked: Arguments, command: str) -> Purpose:
    if command in READING:
        return Purpose(Deed.NOTHING)
    if command == "set":
        return Purpose(Deed.ENCRYPT if asked.has("--secret") else Deed.NOTHING)
    if command == "set-all":
        secret = bool(asked.values("--secret")) or any(map(_has_secret, asked.values("--json")))
        return Purpose(Deed.ENCRYPT if secret else Deed.NOTHING)
    if command in ("copy", "cp"):
        return Purpose(Deed.TAKE_OVER, short(asked.value("--dest", "-d")))
    return Purpose(Deed.ENCRYPT if command == "refresh" else Deed.UNKNOWN)


def _stack(asked: Arguments, command: str, name: str) -> Purpose:
    if command in CREATING or (command == "select" and asked.has("--create", "-c")):
        if asked.value("--secrets-provider") not in PASSPHRASE:
            return Purpose(Deed.NOTHING)
        target = short(name or asked.value("--stack", "-s"))
        return Purpose(Deed.CREATE, target, short(asked.value("--copy-config-from")))
    if command == "select":
        return Purpose(Deed.LEAVE)
    if command == "rename":
        return Purpose(Deed.RENAME, short(name))
    if command == "import":
        return Purpose(Deed.IMPORT)
    if command == "change-secrets-provider":
        return Purpose(Deed.CHANGE, name)
    return Purpose(Deed.NOTHING)


def _has_secret(text: str) -> bool:
    """Whether values for `config set-all --json` hold a secret; True if they cannot be read."""
    try:
        values = json.loads(text)
        return any(bool(each.get("secret")) for each in values.values())
    except (ValueError, AttributeError):
        return True
