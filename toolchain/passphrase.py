"""Passphrases of stacks, for the slow path of the pulumi wrapper and for `make passphrase`.

A stack without secrets has the committed salt of the empty passphrase, so nobody is asked for one.
The first secret moves the stack to a random passphrase in a file that only its owner can read. Any
other command that would encrypt a secret with the empty passphrase is rejected.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from pathlib import Path

from toolchain import encryption, pins
from toolchain.problem import ToolchainError


def selected(pulumi: str, folder: Path) -> str:
    """The stack that the CLI reports as selected, for when the wrapper could not tell."""
    finished = subprocess.run(
        [pulumi, "stack", "--show-name"], cwd=folder, capture_output=True, text=True
    )
    return finished.stdout.strip()


def give_empty_salt(stack_file: Path) -> None:
    """Write the committed salt, so that Pulumi creates none. An existing salt stays."""
    if encryption.salt_of(stack_file):
        return
    before = stack_file.read_text(encoding="utf-8") if stack_file.exists() else ""
    salt = f"{encryption.SALT_KEY} {pins.EMPTY_PASSPHRASE_SALT}\n"
    stack_file.write_text(salt + before, encoding="utf-8")


def make_passphrase(file: Path) -> None:
    """Create a passphrase, but keep an existing one: a stack of another checkout may need it."""
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
    """Move a stack from the empty passphrase to the one in `file`, which Pulumi reads as input."""
    stack_file = folder / f"Pulumi.{stack}.yaml"
    encrypted = encryption.has_secrets(stack_file)
    make_passphrase(file)
    if not file.read_text(encoding="utf-8").strip():
        raise ToolchainError(
            f"the passphrase in {file} is empty", f"remove {file} and run the command again"
        )
    finished = subprocess.run(
        [pulumi, "stack", "change-secrets-provider", "passphrase", "--stack", stack],
        cwd=folder,
        env={**os.environ, encryption.PASSPHRASE: ""},
        input=file.read_text(encoding="utf-8"),
        capture_output=True,
        text=True,
    )
    if finished.returncode != 0:
        raise ToolchainError(
            f"stack {stack} could not be given a passphrase of its own",
            "set PULUMI_CONFIG_PASSPHRASE_FILE yourself and run the command again",
            finished.stdout + finished.stderr,
        )
    print(
        f"Stack {stack} now has its own passphrase, in {file}: keep a copy, and give it to those"
        f" who deploy this stack.",
        file=sys.stderr,
    )
    if encrypted:
        print(
            f"Anyone with an older Pulumi.{stack}.yaml can decrypt the secrets in it: change them.",
            file=sys.stderr,
        )


def give(pulumi: str, folder: Path, project: str, stack: str) -> str:
    """`make passphrase`: give a stack its own passphrase; returns a message if it needs none."""
    stack_file = folder / f"Pulumi.{stack}.yaml"
    if not stack_file.exists():
        raise ToolchainError(
            f"there is no stack {stack}: {stack_file} is missing",
            f"run `pulumi stack init {stack}`, or name another stack with STACK=",
        )
    file = encryption.passphrase_file(os.environ, project, stack)
    kept = encryption.kept(stack_file, encryption.backend(folder, os.environ))
    if kept is encryption.Encryption.ELSEWHERE:
        return f"Stack {stack} has a secrets provider that needs no passphrase; nothing to do."
    if kept is encryption.Encryption.OWN:
        where = f"in {file}" if file.exists() else "which you keep yourself"
        return f"Stack {stack} already has a passphrase of its own, {where}; nothing to do."
    give_empty_salt(stack_file)
    move_stack(pulumi, folder, stack, file)
    return ""
