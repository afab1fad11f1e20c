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


class Action(Enum):
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
    action: Action
    target: str = ""
    source: str = ""


def purpose(asked: Arguments) -> Purpose:
    verb, command, name = (*asked.words, "", "", "")[:3]
    if asked.unsure:
        sensitive = SENSITIVE.intersection(asked.words)
        return Purpose(Action.UNKNOWN if sensitive else Action.NOTHING)
    if asked.has("--help", "-h"):
        return Purpose(Action.NOTHING)
    if verb == "config":
        return _config(asked, command)
    if verb == "stack":
        return _stack(asked, command, name)
    if verb == "state" and command in ("move", "mv"):
        return Purpose(
            Action.TAKE_OVER, short(asked.value("--dest")), short(asked.value("--source"))
        )
    return Purpose(Action.LEAVE if verb in NEW_PROJECT else Action.NOTHING)


def short(stack: str) -> str:
    """A stack's name without its organisation and project."""
    return stack.rpartition("/")[2]


def _config(asked: Arguments, command: str) -> Purpose:
    if command in READING:
        return Purpose(Action.NOTHING)
    if command == "set":
        return Purpose(Action.ENCRYPT if asked.has("--secret") else Action.NOTHING)
    if command == "set-all":
        secret = bool(asked.values("--secret")) or any(map(_has_secret, asked.values("--json")))
        return Purpose(Action.ENCRYPT if secret else Action.NOTHING)
    if command in ("copy", "cp"):
        return Purpose(Action.TAKE_OVER, short(asked.value("--dest", "-d")))
    return Purpose(Action.ENCRYPT if command == "refresh" else Action.UNKNOWN)


def _stack(asked: Arguments, command: str, name: str) -> Purpose:
    if command in CREATING or (command == "select" and asked.has("--create", "-c")):
        if asked.value("--secrets-provider") not in PASSPHRASE:
            return Purpose(Action.NOTHING)
        target = short(name or asked.value("--stack", "-s"))
        return Purpose(Action.CREATE, target, short(asked.value("--copy-config-from")))
    if command == "select":
        return Purpose(Action.LEAVE)
    if command == "rename":
        return Purpose(Action.RENAME, short(name))
    if command == "import":
        return Purpose(Action.IMPORT)
    if command == "change-secrets-provider":
        return Purpose(Action.CHANGE, name)
    return Purpose(Action.NOTHING)


def _has_secret(text: str) -> bool:
    """Whether values for `config set-all --json` hold a secret; True if they cannot be read."""
    try:
        values = json.loads(text)
        return any(bool(each.get("secret")) for each in values.values())
    except (ValueError, AttributeError):
        return True
