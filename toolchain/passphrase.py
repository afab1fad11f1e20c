"""The slow path of the pulumi wrapper: new stacks, and stacks that get their first secret.

A stack without secrets has the committed salt of the empty passphrase, so nobody is asked. The
first secret moves the stack to a random passphrase, kept in a file that only its owner may read.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from toolchain import pins
from toolchain.problem import ToolchainError

SALT_KEY = "encryptionsalt:"


def salt_of(stack_file: Path) -> str:
    if not stack_file.exists():
        return ""
    lines = stack_file.read_text(encoding="utf-8").splitlines()
    salts = [line.removeprefix(SALT_KEY).strip() for line in lines if line.startswith(SALT_KEY)]
    return salts[-1] if salts else ""


def passphrase_file(environment: Mapping[str, str], project: str, stack: str) -> Path:
    home = environment.get("XDG_CONFIG_HOME") or f"{environment['HOME']}/.config"
    return Path(home) / "causeway" / f"passphrase-{project}-{stack}"


def new_stack(arguments: Sequence[str]) -> str:
    """The stack that `stack init NAME` or `stack select --create NAME` is about to make, or ''.

    A stack with a secrets provider of its own needs no salt of ours.
    """
    words = [word for word in arguments if not word.startswith("-")]
    if any(word.startswith("--secrets-provider") for word in arguments):
        return ""
    if words[:2] not in (["stack", "init"], ["stack", "select"]):
        return ""
    return words[2].rpartition("/")[2] if len(words) > 2 else ""


def selected(pulumi: str, folder: Path) -> str:
    """The selected stack as the CLI sees it, where the wrapper could not tell."""
    finished = subprocess.run(
        [pulumi, "stack", "--show-name"], cwd=folder, capture_output=True, text=True
    )
    return finished.stdout.strip()


def give_empty_salt(stack_file: Path) -> None:
    """Write the committed salt, so that Pulumi makes none of its own. Existing salts stay."""
    if salt_of(stack_file):
        return
    before = stack_file.read_text(encoding="utf-8") if stack_file.exists() else ""
    stack_file.write_text(f"{SALT_KEY} {pins.EMPTY_PASSPHRASE_SALT}\n{before}", encoding="utf-8")


def make_passphrase(file: Path) -> None:
    """Keep an existing passphrase: another checkout's stack may depend on it."""
    if file.exists():
        return
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    unfinished = file.with_name(f"{file.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as target:
        target.write(secrets.token_urlsafe(32) + "\n")
    os.replace(unfinished, file)


def move_stack(pulumi: str, folder: Path, stack: str, file: Path) -> None:
    """From the empty passphrase to the one in file. Pulumi reads the new one from its input."""
    make_passphrase(file)
    finished = subprocess.run(
        [pulumi, "stack", "change-secrets-provider", "passphrase", "--stack", stack],
        cwd=folder,
        env={**os.environ, "PULUMI_CONFIG_PASSPHRASE": ""},
        input=file.read_text(encoding="utf-8"),
        capture_output=True,
        text=True,
    )
    if finished.returncode != 0:
        raise ToolchainError(
            f"stack {stack} could not be given a passphrase of its own",
            "set PULUMI_CONFIG_PASSPHRASE_FILE yourself and repeat the command",
            finished.stdout + finished.stderr,
        )
    print(
        f"Stack {stack} now has its own passphrase, in {file}: keep a copy, and give it to those"
        f" who deploy this stack.",
        file=sys.stderr,
    )


def main(arguments: Sequence[str]) -> None:
    pulumi, folder, project, stack, *rest = arguments
    environment = dict(os.environ)
    if created := new_stack(rest):
        stack = created
        give_empty_salt(Path(folder) / f"Pulumi.{stack}.yaml")
    elif not stack:
        stack = selected(pulumi, Path(folder))
    file = passphrase_file(environment, project, stack)
    salt = salt_of(Path(folder) / f"Pulumi.{stack}.yaml")
    if not created and stack and salt == pins.EMPTY_PASSPHRASE_SALT:
        move_stack(pulumi, Path(folder), stack, file)
        salt = salt_of(Path(folder) / f"Pulumi.{stack}.yaml")
    if salt in ("", pins.EMPTY_PASSPHRASE_SALT):
        environment["PULUMI_CONFIG_PASSPHRASE"] = ""
    elif file.exists():
        environment["PULUMI_CONFIG_PASSPHRASE_FILE"] = str(file)
    os.execve(pulumi, [pulumi, *rest], environment)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except ToolchainError as error:
        sys.exit(error.text())
