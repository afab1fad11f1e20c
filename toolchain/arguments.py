"""Parses a `pulumi` command line: its words, its flags, and whether the result is certain.

Flags may be anywhere, even before the verb. Their value follows `=`, is the next word or, for a
single letter, follows directly. An unknown flag may or may not take the next word: `unsure`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

# Flags of all commands that take a value.
VALUED = frozenset(
    ("--color", "--config-file", "--cwd", "--memprofilerate", "--otel-traces", "--profiling",
     "--stack", "--tracing", "--verbose", "-C", "-s", "-v")
)  # fmt: skip
# Flags without a value of all commands, and of `config` and `stack` themselves.
SWITCHES = frozenset(
    ("--disable-integrity-checking", "--emoji", "--fully-qualify-stack-names", "--help",
     "--logflow", "--logtostderr", "--non-interactive", "--yes", "-Q", "-e", "-h", "-y",
     "--json", "--open", "--show-ids", "--show-name", "--show-secrets", "--show-urns",
     "-i", "-j", "-u")
)  # fmt: skip
# Flags of one command that take a value.
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
    """`flags` are pairs of name and value, or None without one; `unsure` is the first unknown flag
    before the command was complete."""

    words: tuple[str, ...]
    flags: tuple[tuple[str, str | None], ...]
    unsure: str = ""

    def value(self, *names: str) -> str:
        """The last value of a flag, under any of its names."""
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
    """The flags in one word; `-yC folder` has two. A value may be the next word of `rest`."""
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
