"""What a `pulumi` command line says: its words, its flags, and whether that can be told.

Flags may stand anywhere, also before the verb, and take their value after `=`, in the next word
or, as a letter, at once. One that is unknown may or may not take the next word: `unsure`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

# Of all commands; a value follows.
VALUED = frozenset(
    ("--color", "--config-file", "--cwd", "--memprofilerate", "--otel-traces", "--profiling",
     "--stack", "--tracing", "--verbose", "-C", "-s", "-v")
)  # fmt: skip
# Of all commands, and of `config` and `stack` themselves.
SWITCHES = frozenset(
    ("--disable-integrity-checking", "--emoji", "--fully-qualify-stack-names", "--help",
     "--logflow", "--logtostderr", "--non-interactive", "--yes", "-Q", "-e", "-h", "-y",
     "--json", "--open", "--show-ids", "--show-name", "--show-secrets", "--show-urns",
     "-i", "-j", "-u")
)  # fmt: skip
# Of one command; a value follows.
OF_COMMAND: dict[tuple[str, ...], tuple[str, ...]] = {
    ("config", "copy"): ("--dest", "-d"),
    ("config", "cp"): ("--dest", "-d"),
    ("config", "set"): ("--type",),
    ("config", "set-all"): ("--json", "--plaintext", "--secret"),
    ("stack", "import"): ("--file",),
    ("stack", "select"): ("--secrets-provider",),
    **{
        ("stack", word): ("--copy-config-from", "--secrets-provider", "--teams")
        for word in ("create", "init", "new", "setup")
    },
    ("state", "move"): ("--dest", "--source"),
    ("state", "mv"): ("--dest", "--source"),
}
WITH_COMMANDS = ("config", "stack", "state")


@dataclass(frozen=True, slots=True)
class Arguments:
    """`flags` are names and values, None for one without; `unsure` is the first flag that nobody
    knows before the command was complete."""

    words: tuple[str, ...]
    flags: tuple[tuple[str, str | None], ...]
    unsure: str = ""

    def value(self, *names: str) -> str:
        """The last value of a flag, by any of its names."""
        found = [value for name, value in self.flags if name in names and value is not None]
        return found[-1] if found else ""

    def values(self, name: str) -> list[str]:
        return [value for flag, value in self.flags if flag == name and value is not None]

    def has(self, *names: str) -> bool:
        """Whether a switch is on: `--secret`, `--secret=true`, and not `--secret=false`."""
        on = [value for name, value in self.flags if name in names]
        return bool(on) and (on[-1] or "true").lower() not in ("false", "f", "0")


def read(arguments: Sequence[str]) -> Arguments:
    words: list[str] = []
    flags: list[tuple[str, str | None]] = []
    unsure = ""
    rest = iter(arguments)
    for word in rest:
        if word == "--":
            words += rest
        elif not word.startswith("-") or word == "-":
            words.append(word)
        else:
            complete = bool(words) and (len(words) > 1 or words[0] not in WITH_COMMANDS)
            for name, value in _flags(word, tuple(words), rest):
                flags.append((name, value))
                known = name in VALUED or name in SWITCHES
                unsure = unsure or ("" if complete or known else name)
    return Arguments(tuple(words), tuple(flags), unsure)


def _flags(
    word: str, words: tuple[str, ...], rest: Iterator[str]
) -> Iterator[tuple[str, str | None]]:
    """The flags of one word, `-yC folder` has two; a value may be the next of `rest`."""
    valued = VALUED.union(OF_COMMAND.get(words[:2], ()))
    if word.startswith("--"):
        name, separator, value = word.partition("=")
        if not separator and name in valued:
            yield name, next(rest, "")
        else:
            yield name, value if separator else None
        return
    letters = word[1:]
    for position, letter in enumerate(letters, start=1):
        name, behind = f"-{letter}", letters[position:]
        if name in valued:
            yield name, behind.removeprefix("=") if behind else next(rest, "")
            return
        if behind.startswith("="):
            yield name, behind[1:]
            return
        yield name, None
