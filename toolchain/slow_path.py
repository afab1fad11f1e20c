"""The pulumi wrapper runs this for commands that may encrypt something new: it finds out what the
command will do, sets the passphrase or rejects the command, and becomes Pulumi."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from toolchain import arguments, encryption, passphrase
from toolchain.arguments import Arguments
from toolchain.encryption import Encryption, PassphraseInput
from toolchain.intent import PASSPHRASE, Action, Purpose, purpose, short
from toolchain.problem import ToolchainError

# Pulumi's mark for an encrypted value in an exported state.
ENCRYPTED = b"1b47061264138c4ac30d75fd1eb44270"


@dataclass(frozen=True, slots=True)
class Place:
    """The project that the command applies to, and its stack, "" if none is selected."""

    pulumi: str
    folder: Path
    backend: str
    stack: str
    file: Path  # of the stack's configuration

    @property
    def kept(self) -> Encryption:
        return encryption.kept(self.file, self.backend)

    @property
    def passphrase(self) -> Path:
        name = encryption.project_name(self.folder)
        return encryption.passphrase_file(os.environ, name, self.stack)

    def other(self, stack: str) -> Path:
        return self.folder / f"Pulumi.{stack}.yaml"


def variables(place: Place, intent: Purpose, asked: Arguments) -> dict[str, str]:
    """What to set in Pulumi's environment. Raises ToolchainError if anyone could read a secret."""
    given = encryption.given(os.environ)
    if intent.action is Action.CHANGE and intent.target in PASSPHRASE:
        _change(place, given)
    if given is PassphraseInput.SOME or intent.action is Action.LEAVE:
        return {}
    if intent.action is Action.CREATE:
        _create(place, intent)
    elif intent.action is Action.RENAME:
        _rename(place, intent.target)
    elif intent.action is Action.TAKE_OVER:
        _take_over(place, intent)
    elif place.kept is Encryption.EMPTY or (
        given is PassphraseInput.EMPTY and place.kept is Encryption.OWN
    ):
        _encrypt(place, intent, asked, given)
    if given is PassphraseInput.EMPTY or place.kept is Encryption.ELSEWHERE:
        return {}
    if place.kept is Encryption.EMPTY:
        return {encryption.PASSPHRASE: ""}
    file = place.passphrase
    return {encryption.PASSPHRASE_FILE: str(file)} if file.exists() else {}


def _create(place: Place, intent: Purpose) -> None:
    if not intent.target:
        raise ToolchainError("the new stack has no name", "name it: `pulumi stack init NAME`")
    if intent.source and encryption.has_secrets(place.other(intent.source)):
        raise ToolchainError(
            f"stack {intent.source} has secrets, which stack {intent.target} would encrypt with "
            "the empty passphrase",
            f"run `pulumi stack init {intent.target}` and `make passphrase STACK={intent.target}`, "
            "then set the secrets again",
        )
    if place.kept is not Encryption.ELSEWHERE:
        passphrase.give_empty_salt(place.file)


def _rename(place: Place, target: str) -> None:
    """Copy the passphrase file, whose name contains that of the stack, to the new name."""
    new = encryption.passphrase_file(os.environ, encryption.project_name(place.folder), target)
    if target and place.kept is Encryption.OWN and place.passphrase.exists() and not new.exists():
        shutil.copy(place.passphrase, new)  # keeps the file mode


def _take_over(place: Place, intent: Purpose) -> None:
    source = place.other(intent.source) if intent.source else place.file
    holds = (
        encryption.has_secrets(source)
        or encryption.kept(source, place.backend) is not Encryption.EMPTY
    )
    if holds and encryption.kept(place.other(intent.target), place.backend) is Encryption.EMPTY:
        raise _open(intent.target, "take over secrets")


def _change(place: Place, given: PassphraseInput) -> None:
    """Check the move to another passphrase, which Pulumi asks for."""
    if place.kept is Encryption.EMPTY and given is not PassphraseInput.SOME:
        raise ToolchainError(
            f"stack {place.stack} has the empty passphrase",
            f"`make passphrase STACK={place.stack}` gives it one of its own",
        )
    if not sys.stdin.isatty():
        text = sys.stdin.buffer.read()
        if not text.partition(b"\n")[0].strip():
            raise ToolchainError("the new passphrase is empty", "pass one on standard input")
        _feed(text)
    if given is PassphraseInput.NONE:
        print(f"After the change, write the new passphrase to {place.passphrase}.", file=sys.stderr)


def _encrypt(place: Place, intent: Purpose, asked: Arguments, given: PassphraseInput) -> None:
    """Give a stack with the empty passphrase one of its own, or reject the command."""
    if intent.action is Action.UNKNOWN:
        raise ToolchainError(
            f"`pulumi {' '.join(asked.words)}` may encrypt something"
            + (f": {asked.unsure} is unknown" if asked.unsure else ""),
            f"run `make passphrase STACK={place.stack}` first, or leave out the unknown part",
        )
    if intent.action is Action.IMPORT:
        if ENCRYPTED in _imported(asked):
            raise _open(place.stack, "take over the secrets of that state")
        return
    if intent.action is not Action.ENCRYPT:
        return
    if given is PassphraseInput.EMPTY:
        raise ToolchainError(
            f"{encryption.PASSPHRASE} is empty, so anyone could decrypt the secrets of stack "
            f"{place.stack}",
            f"unset {encryption.PASSPHRASE}, and {encryption.PASSPHRASE_FILE} if it is set, and "
            "run the command again",
        )
    if asked.value("--config-file"):
        raise _open(place.stack or "NAME", "encrypt secrets in another file")
    if not place.stack:
        raise ToolchainError("no stack is selected", "name one: --stack NAME")
    passphrase.give_empty_salt(place.file)
    passphrase.move_stack(place.pulumi, place.folder, place.stack, place.passphrase)


def _open(stack: str, deed: str) -> ToolchainError:
    return ToolchainError(
        f"stack {stack} would {deed} with the empty passphrase, so anyone could decrypt them",
        f"run `make passphrase STACK={stack}`, then the command again",
    )


def _imported(asked: Arguments) -> bytes:
    """The state to import, from its file or from standard input."""
    if file := asked.value("--file"):
        path = Path(asked.value("--cwd", "-C") or ".") / file
        return path.read_bytes() if path.is_file() else b""
    text = sys.stdin.buffer.read()
    _feed(text)
    return text


def _feed(text: bytes) -> None:
    """Pass on what was read from standard input."""
    with tempfile.TemporaryFile() as copy:
        copy.write(text)
        copy.seek(0)
        os.dup2(copy.fileno(), 0)


def find(pulumi: str, hint: str, asked: Arguments, intent: Purpose) -> Place | None:
    """`hint` is the stack that the wrapper found. Returns None outside of a project."""
    cwd = Path(asked.value("--cwd", "-C") or ".")
    folder = encryption.project_folder(cwd)
    if folder is None:
        return None
    stack = short(asked.value("--stack", "-s") or os.environ.get("PULUMI_STACK", "")) or hint
    if intent.action is Action.CREATE:
        stack = intent.target
    elif not stack and intent.action is not Action.NOTHING:
        stack = passphrase.selected(pulumi, folder)
    file = folder / f"Pulumi.{stack}.yaml"
    if given := asked.value("--config-file"):
        # If it has a salt, that one counts.
        file = cwd / given if encryption.salt_of(cwd / given) else file
    return Place(pulumi, folder, encryption.backend(folder, os.environ), stack, file)


def main(words: Sequence[str]) -> None:
    pulumi, root, hint, *rest = words
    asked = arguments.read(rest)
    intent = purpose(asked)
    place = find(pulumi, hint, asked, intent)
    added = {} if place is None else variables(place, intent, asked)
    environment = {**os.environ, **added}
    # The project's path was there for this program only.
    path = environment.get("PYTHONPATH", "").removeprefix(root).removeprefix(os.pathsep)
    environment.pop("PYTHONPATH", None)
    os.execve(pulumi, [pulumi, *rest], environment | ({"PYTHONPATH": path} if path else {}))


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except ToolchainError as error:
        sys.exit(error.text())
