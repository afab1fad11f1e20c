"""A lesson: what to deploy, what to run in it, and the expected output.

Read from the `lesson.yaml` next to a lesson's Compose file. The runner, the tests and the page
share these values; each decides how to execute a step.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from causeway.model.document import boolean, mapping, pairs, required_text, sequence, strings, text
from causeway.model.errors import StackError
from causeway.model.nodes import canonical
from causeway.model.values import Pairs, Place, Problem

Action = Literal["run", "inspect", "connect", "disconnect", "deploy", "remove"]
MAIN = "main"
NEEDS = ("", "swarm")
FOLDER = re.compile(r"(\d\d)-([a-z0-9-]+)")
# In commands and patterns: `{ip web}`, `{ip web-2 on lan}`, `{variable PARENT}`, `{stack}`.
PLACEHOLDER = re.compile(r"\{(ip|variable|stack)(?: ([\w-]+))?(?: on ([\w-]+))?\}")
_KEYS: dict[Action, frozenset[str]] = {
    "run": frozenset({"in", "run"}),
    "inspect": frozenset({"inspect", "at"}),
    "connect": frozenset({"connect"}),
    "disconnect": frozenset({"disconnect"}),
    "deploy": frozenset({"deploy"}),
    "remove": frozenset({"remove"}),
}
_EVERY_STEP = frozenset({"says", "stack", "sees", "lacks", "fails"})


@dataclass(frozen=True, slots=True)
class Step:
    """One action, and what its output must contain (`sees`) and must not contain (`lacks`).

    `target` is a service or replica (run, connect, disconnect), a kind and key (inspect) or a stack
    (remove); `detail` a command, a path into the inspect output, or a network. With `fails`, the
    action must fail.
    """

    action: Action
    says: str
    target: str = ""
    detail: str = ""
    stack: str = MAIN
    files: tuple[str, ...] = ()
    sees: str | None = None
    lacks: str | None = None
    fails: bool = False


@dataclass(frozen=True, slots=True)
class Lesson:
    """`variables` are the variables that the Compose file needs, with a description. `needs` is
    a requirement on the engine: "swarm", or empty."""

    number: int
    name: str
    folder: str
    title: str
    shows: str
    variables: Pairs
    steps: tuple[Step, ...]
    needs: str = ""

    @property
    def stack(self) -> str:
        """The Pulumi stack of the lesson; additional stacks append a dash and their name."""
        return f"lesson-{self.number:02d}"


def lessons(folder: Path) -> list[Lesson]:
    """All lessons below a folder, by number. Raises StackError if one is invalid."""
    found = [
        read(entry)
        for entry in sorted(folder.iterdir())
        if entry.is_dir() and FOLDER.fullmatch(entry.name)
    ]
    return found


def read(folder: Path) -> Lesson:
    """The lesson in a folder named `NN-name`."""
    file = folder / "lesson.yaml"
    named = FOLDER.fullmatch(folder.name)
    if named is None:
        raise _wrong(file, "", f"the folder {folder.name!r} is not named NN-name")
    try:
        document = mapping(canonical(file.read_text(encoding="utf-8")))
        steps = [
            _step(mapping(value), f"steps[{position}]", file)
            for position, value in enumerate(sequence(document.get("steps")))
        ]
    except TypeError as error:
        raise _wrong(file, "", str(error)) from None
    if not steps:
        raise _wrong(file, "steps", "a lesson needs at least one step")
    needs = text(document.get("needs")) or ""
    if needs not in NEEDS:
        raise _wrong(file, "needs", f"{needs!r} is not one of {', '.join(filter(None, NEEDS))}")
    return Lesson(
        number=int(named[1]),
        name=named[2],
        folder=str(folder),
        title=required_text(document.get("title")),
        shows=required_text(document.get("shows")),
        variables=pairs(document.get("variables")),
        steps=tuple(steps),
        needs=needs,
    )


def _step(value: Mapping[str, object], path: str, file: Path) -> Step:
    actions = [action for action in _KEYS if action in value]
    if len(actions) != 1:
        raise _wrong(file, path, f"must have exactly one of {', '.join(_KEYS)}")
    action = actions[0]
    if unknown := sorted(value.keys() - _KEYS[action] - _EVERY_STEP):
        raise _wrong(file, path, f"unknown key {unknown[0]!r} for `{action}`")
    target, detail = required_text(value.get("in")), ""
    files: tuple[str, ...] = ()
    if action == "run":
        detail = required_text(value["run"])
    elif action == "inspect":
        target, detail = required_text(value["inspect"]), required_text(value.get("at"))
    elif action in ("connect", "disconnect"):
        word = {"connect": " to ", "disconnect": " from "}[action]
        target, found, detail = required_text(value[action]).partition(word)
        if not found:
            raise _wrong(file, path, f"`{action}` reads SERVICE{word}NETWORK")
    elif action == "remove":
        target = required_text(value["remove"])
    else:
        files = strings(value["deploy"])
    step = Step(
        action=action,
        says=required_text(value.get("says")),
        target=target,
        detail=detail,
        stack=text(value.get("stack")) or MAIN,
        files=files,
        sees=text(value.get("sees")),
        lacks=text(value.get("lacks")),
        fails=boolean(value.get("fails")) or False,
    )
    if action in ("run", "inspect") and step.sees is None and step.lacks is None:
        raise _wrong(file, path, "needs `sees` or `lacks`")
    return step


def _wrong(file: Path, path: str, message: str) -> StackError:
    return StackError([Problem(Place(str(file), 0, path), message, code="lesson")], str(Path.cwd()))


def filled(written: str, fill: Callable[[str, str, str], str]) -> str:
    """The text with each placeholder replaced by `fill(kind, name, network)`."""
    return PLACEHOLDER.sub(lambda found: fill(found[1], found[2] or "", found[3] or ""), written)


def differs(step: Step, code: int, output: str, fill: Callable[[str, str, str], str]) -> str | None:
    """How the result differs from the step's expectation, else None. Patterns are regular
    expressions."""

    def pattern(written: str) -> str:
        return filled(written, lambda *words: re.escape(fill(*words)))

    if step.fails and code == 0:
        return "it was expected to fail, but succeeded"
    if not step.fails and code != 0 and step.action != "inspect":
        return f"it ended with exit code {code}"
    if step.sees is not None and not re.search(pattern(step.sees), output, re.MULTILINE):
        return f"the output does not contain {step.sees}"
    if step.lacks is not None and (found := re.search(pattern(step.lacks), output, re.MULTILINE)):
        return f"the output contains {found[0]!r}, which it must not"
    return None


def expected(step: Step) -> str:
    """The step's expectation as text."""
    parts = ["fails"] if step.fails else []
    if step.sees is not None:
        parts.append(step.sees)
    if step.lacks is not None:
        parts.append(f"no {step.lacks}")
    return ", ".join(parts) or "succeeds"
