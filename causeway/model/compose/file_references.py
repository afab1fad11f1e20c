"""Checks which files the loader would read for a stack, before it reads anything.

Every file that `include`, `extends`, `env_file` and `label_file` refer to, at any depth and through
variables, must be a regular file on this machine and of limited size.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from causeway.model.document import mapping, required_text, sequence
from causeway.model.files import REMOTE, why_unreadable
from causeway.model.nodes import canonical
from causeway.model.source import Compose, Entry, Steps, entries
from causeway.model.values import Place, Problem

# Runs the loader on a text with the variables of environment files and returns its output.
Ask = Callable[[str, Sequence[str]], str]
MOST_FILES = 250  # a file may include itself through ever new folders


@dataclass(frozen=True, slots=True)
class _File:
    """A Compose file, the base folder of its paths, and its environment files, nearest first."""

    path: str
    folder: str
    variables: tuple[str, ...]
    is_extended: bool = False


@dataclass(frozen=True, slots=True)
class _Mention:
    """A path in a Compose file: `text` is `entry.text` with its variables resolved."""

    role: str
    item: int  # of `include`; 0 elsewhere
    entry: Entry
    text: str

    @property
    def place(self) -> Place:
        return Place(self.entry.file, self.entry.line, self.entry.path)


def unreadable(paths: Sequence[str], folder: str, ask: Ask, compose: Compose) -> list[Problem]:
    """Every problem that prevents reading a stack's files."""
    reading = _Reading(ask, compose)
    variables = tuple(reading.dotenv(folder))
    for path in paths:
        reading.follow(_File(path, folder, variables))
    return reading.problems


@dataclass(slots=True)
class _Reading:
    ask: Ask
    compose: Compose
    problems: list[Problem] = field(default_factory=list)
    seen: set[_File] = field(default_factory=set)

    def follow(self, first: _File) -> None:
        ahead = [first]
        while ahead:
            file = ahead.pop()
            if file in self.seen:
                continue
            if len(self.seen) == MOST_FILES:
                message = f"includes or extends more than {MOST_FILES} files"
                self.problems.append(
                    Problem(Place(first.path, 0, ""), message, code="too-many-files")
                )
                return
            self.seen.add(file)
            ahead += self._named(file)

    def dotenv(self, folder: str) -> list[str]:
        """`.env` of a folder, if it exists and may be read."""
        path = _below(folder, ".env")
        if why := why_unreadable(path):
            self.problems.append(Problem(Place(path, 0, ""), why, code="unreadable-file"))
        return [path] if os.path.isfile(path) and not why else []

    def _named(self, file: _File) -> Iterator[_File]:
        """The Compose files that one refers to. Every file that it refers to is checked."""
        mentions = _mentions(file, self.ask, self.compose)
        for each in mentions:
            if each.role == "content":
                self._may(each, file)
            elif each.role == "extended" and (path := self._may(each, file)):
                yield _File(path, os.path.dirname(path), file.variables, is_extended=True)
        if file.is_extended:  # the loader ignores `include` in these
            return
        for item in sorted({each.item for each in mentions if each.role == "included"}):
            yield from self._included(file, [each for each in mentions if each.item == item])

    def _included(self, file: _File, mentions: Sequence[_Mention]) -> Iterator[_File]:
        stacks = [each for each in mentions if each.role == "included"]
        folder = os.path.dirname(_below(file.folder, stacks[0].text))
        for each in mentions:
            if each.role == "folder" and self._here(each):
                folder = _below(file.folder, each.text)
        told = [each for each in mentions if each.role == "variables"]
        variables = [path for each in told if (path := self._may(each, file))]
        near = reversed(variables) if told else self.dotenv(folder)
        chain = (*near, *file.variables)
        for each in stacks:
            if path := self._may(each, file):
                yield _File(path, folder, tuple(dict.fromkeys(chain)))

    def _may(self, mention: _Mention, file: _File) -> str | None:
        """The path, if it may be read."""
        if not self._here(mention):
            return None
        path = _below(file.folder, mention.text)
        if why := why_unreadable(path):
            self.problems.append(Problem(mention.place, f"{path} {why}", code="unreadable-file"))
            return None
        return path

    def _here(self, mention: _Mention) -> bool:
        """Whether a path is on this machine, so that a preview is the same everywhere."""
        if REMOTE.match(mention.text) is None:
            return True
        said = mention.text
        if said != mention.entry.text:
            said = f"{mention.entry.text} resolves to {said}, which"
        message = f"{said} is not on this machine: keep a copy next to the Compose file"
        self.problems.append(Problem(mention.place, message, code="not-on-this-machine"))
        return False


def _below(folder: str, path: str) -> str:
    """Join paths as the loader does: without resolving symbolic links."""
    return os.path.normpath(os.path.join(folder, path))


def _mentions(file: _File, ask: Ask, compose: Compose) -> list[_Mention]:
    """The paths in a Compose file. If the loader rejects its variables, only paths without them."""
    found = [
        (role, steps, entry, entry.text)
        for steps, entry in entries(file.path, compose).items()
        if entry.text and (role := _role(steps))
    ]
    written = [text for *_, text in found if "$" in text]
    filled = dict(zip(written, _filled(written, file, ask), strict=False))
    return [
        _Mention(role, steps[1] if isinstance(steps[1], int) else 0, entry, filled.get(text, text))
        for role, steps, entry, text in found
        if text in filled or "$" not in text
    ]


def _role(steps: Steps) -> str | None:
    match steps:
        case ("include", int()) | ("include", int(), "path"):
            return "included"
        case ("include", int(), "path", int()):
            return "included"
        case ("include", int(), "env_file") | ("include", int(), "env_file", int()):
            return "variables"
        case ("include", int(), "project_directory"):
            return "folder"
        case ("services", str(), "extends", "file"):
            return "extended"
        case ("services", str(), "env_file" | "label_file"):
            return "content"
        case ("services", str(), "env_file" | "label_file", int()):
            return "content"
        case ("services", str(), "env_file", int(), "path"):
            return "content"
    return None


def _filled(written: Sequence[str], file: _File, ask: Ask) -> list[str]:
    """The texts with their variables resolved by the loader, the only one to know the syntax."""
    if not written:
        return []
    texts = "".join(f"  - {json.dumps(text, ensure_ascii=False)}\n" for text in written)
    output = ask(f"services: {{}}\nx-answers:\n{texts}", file.variables)
    return [required_text(each) for each in sequence(mapping(canonical(output)).get("x-answers"))]
