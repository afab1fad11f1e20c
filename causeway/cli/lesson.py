"""`python -m causeway.cli.lesson 4`: deploys a lesson as a stack of its own, runs it, cleans up.

The exit code is 1 when a step differs from what is expected, 2 when the lesson cannot run.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from causeway.engine.faults import FAILURES, explain
from causeway.lessons.lesson import MAIN, Lesson, Step, differs, expected, filled, lessons
from causeway.live.stack import LiveStack, NotFound, manages_swarm, part
from causeway.model.errors import CausewayError, visible
from causeway.model.project import document

from .problem import UsageError
from .running import connected
from .selected import selected

PROJECT = "causeway"
ROOT = Path(__file__).resolve().parent.parent.parent
FOLDER = Path("stacks/lessons")
# A result may take a moment to appear: a name in DNS, a packet in a capture file.
PATIENCE_SECONDS = 5.0
COLUMN = 60
Say = Callable[[str], None]


class LessonError(CausewayError):
    """A lesson that cannot run, with the message of Pulumi or the engine."""


@dataclass(slots=True)
class LessonContext:
    """Where a lesson runs: the project's folder, the environment of `pulumi`, the variables."""

    folder: Path = ROOT
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    variables: Mapping[str, str] = field(default_factory=dict)
    say: Say = print

    def pulumi(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [
                str(self.folder / ".venv" / "bin" / "pulumi"),
                *(*arguments, "--non-interactive", "--color=never"),
            ],
            cwd=self.folder,
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    @property
    def selected(self) -> str:
        """The stack that the user has selected, or an empty text."""
        return selected(self.folder, document(self.folder / "Pulumi.yaml"), self.environment)


@dataclass(slots=True)
class Run:
    """One run of a lesson; `stacks` are those that are deployed, in the order of their creation."""

    lesson: Lesson
    room: LessonContext
    variables: Mapping[str, str]
    stacks: list[str] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)

    def stack_name(self, key: str) -> str:
        return self.lesson.stack if key == MAIN else f"{self.lesson.stack}-{key}"

    def deploy(self, key: str, files: tuple[str, ...]) -> tuple[int, str]:
        """Write the stack's configuration and deploy it; returns (exit code, output)."""
        name = self.stack_name(key)
        folder = Path(self.lesson.folder).relative_to(self.room.folder)
        lines = ["config:", "  causeway:files:", *(f"    - {folder / file}" for file in files)]
        if self.variables:
            lines += ["  causeway:variables:"]
            lines += [f'    {each}: "{value}"' for each, value in sorted(self.variables.items())]
        config = self.room.folder / f"Pulumi.{name}.yaml"
        if config.exists():  # keep the salt that `stack init` wrote: the state needs it
            kept = config.read_text(encoding="utf-8").splitlines()
            lines += [line for line in kept if line.startswith("encryptionsalt:")]
        config.write_text("\n".join(lines) + "\n", encoding="utf-8")
        if key not in self.stacks:
            self.room.pulumi("stack", "init", name, "--no-select")
            self.stacks.append(key)
        done = self.room.pulumi("up", "--yes", "--skip-preview", "--stack", name)
        return done.returncode, done.stdout

    def remove(self, key: str) -> tuple[int, str]:
        """Remove the stack, including its state and configuration; returns (exit code, output)."""
        name = self.stack_name(key)
        done = self.room.pulumi("destroy", "--yes", "--skip-preview", "--stack", name)
        if done.returncode == 0:
            # `stack rm` clears the selection, whichever stack it removes.
            chosen = self.room.selected
            done = self.room.pulumi("stack", "rm", "--yes", "--stack", name)
            (self.room.folder / f"Pulumi.{name}.yaml").unlink(missing_ok=True)
            self.stacks.remove(key)
            if chosen not in ("", name) and self.room.pulumi("stack", "select", chosen).returncode:
                self.room.say(
                    f"stack {chosen} is no longer selected: run `pulumi stack select {chosen}`"
                )
        return done.returncode, done.stdout


def play(lesson: Lesson, room: LessonContext) -> list[str]:
    """Run a lesson from deployment to removal; returns the differences, if any.

    Raises LessonError when the lesson cannot be deployed or removed.
    """
    room.say(f"\nLesson {lesson.number}: {lesson.title}\n\n{lesson.shows}\n")
    if lesson.needs == "swarm":
        with connected({}, room.environment) as api:
            if not manages_swarm(api):
                raise LessonError(
                    f"lesson {lesson.number} needs a swarm, and the engine is not a swarm manager: "
                    "run `docker swarm init` on it (`docker swarm leave --force` undoes that)"
                )
    run = Run(lesson, room, _variables(lesson, room))
    try:
        room.say(f"deploying stack {lesson.stack} (pulumi up) ...")
        code, output = run.deploy(MAIN, ("compose.yaml",))
        if code != 0:
            raise LessonError(f"lesson {lesson.number} cannot be deployed:\n{output}")
        for number, step in enumerate(lesson.steps, start=1):
            _do(run, number, step)
    finally:
        _clean_up(run)
    return run.differences


def _clean_up(run: Run) -> None:
    for key in reversed(list(run.stacks)):
        run.room.say(f"removing stack {run.stack_name(key)} (pulumi destroy) ...")
        code, output = run.remove(key)
        if code != 0:
            raise LessonError(f"stack {run.stack_name(key)} cannot be removed:\n{output}")


def _variables(lesson: Lesson, room: LessonContext) -> dict[str, str]:
    """The variables of the lesson's Compose file: given, or found on this machine."""
    found = {}
    for name, what in lesson.variables:
        value = room.variables.get(name) or room.environment.get(name)
        if not value and what == "interface of the default route":
            value = default_interface()
        if not value:
            raise LessonError(
                f"lesson {lesson.number} needs {name} ({what}): "
                f"make lesson N={lesson.number} {name}=..."
            )
        found[name] = value
    return found


def default_interface(table: Path = Path("/proc/net/route")) -> str | None:
    """The interface of this machine's default route."""
    lines = table.read_text(encoding="utf-8").splitlines() if table.exists() else []
    for line in lines[1:]:
        columns = line.split()
        if columns[1] == "00000000" and columns[7] == "00000000":
            return columns[0]
    return None


def _do(run: Run, number: int, step: Step) -> None:
    """Run one step, show its result beside what is expected, and record a difference."""
    with connected({}, run.room.environment) as api:
        live = LiveStack(api, PROJECT, run.stack_name(step.stack))
        shown, output, difference = _tried(run, live, step)
    say = run.room.say
    say(f"\n{number}. {step.says}\n   $ {shown}")
    say(side_by_side(expected(step), output))
    if difference is None:
        say("   as expected")
    else:
        say(f"   DIFFERS: {difference}")
        run.differences.append(f"step {number} ({step.says}): {difference}\n{output}")


def _tried(run: Run, live: LiveStack, step: Step) -> tuple[str, str, str | None]:
    """(the command, its output, what differs), tried again for a while where it differs."""

    def fill(kind: str, word: str, network: str) -> str:
        if kind == "ip":
            return live.address(word, network)
        return run.variables[word] if kind == "variable" else run.stack_name(step.stack)

    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        difference: str | None
        try:
            shown, code, output = _carried_out(run, live, step, fill)
            difference = differs(step, code, output, fill)
        except (NotFound, *FAILURES) as error:
            said = str(error) if isinstance(error, NotFound) else explain(error, live.host)
            shown, output, difference = step.action, said, said
        if difference is None or step.action not in ("run", "inspect"):
            break
        if step.fails or step.sees is None or time.monotonic() > deadline:
            break
        time.sleep(0.3)
    return shown, output, difference


def _carried_out(
    run: Run, live: LiveStack, step: Step, fill: Callable[[str, str, str], str]
) -> tuple[str, int, str]:
    """Returns (the command as a reader would type it, exit code, output)."""
    if step.action == "deploy":
        code, output = run.deploy(step.stack, step.files)
        return f"pulumi up   # {' and '.join(step.files)}", code, output
    if step.action == "remove":
        code, output = run.remove(step.target)
        return f"pulumi destroy --stack {run.stack_name(step.target)}", code, output
    if step.action == "inspect":
        kind, _, key = step.target.partition(" ")
        found = live.network(live.network_name(key)) if kind == "network" else live.container(key)
        called = found["Name"].lstrip("/")
        shown = f"docker {kind} inspect --format '{{{{json .{step.detail}}}}}' {called}"
        return shown, 0, part(found, step.detail)
    container = live.container(step.target)["Name"].lstrip("/")
    if step.action == "run":
        command = filled(step.detail, fill)
        plain = re.fullmatch(r"[\w./:@%+=, -]+", command)
        typed = command if plain else f"sh -c {shlex.quote(command)}"
        return f"docker exec {container} {typed}", *live.run(container, command)
    network = live.network_name(step.detail)
    {"connect": live.connect, "disconnect": live.disconnect}[step.action](container, network)
    return f"docker network {step.action} {network} {container}", 0, ""


def side_by_side(wanted: str, seen: str) -> str:
    """Two columns, expected and seen; long output is shortened in the middle."""
    left = _wrapped(wanted)
    right = [line.expandtabs() for line in visible(seen).strip().splitlines()] or ["(nothing)"]
    if len(right) > 14:
        right = [*right[:6], f"... {len(right) - 12} lines ...", *right[-6:]]
    lines = [f"   {'expected':<{COLUMN}}   seen"]
    for position in range(max(len(left), len(right))):
        one = left[position] if position < len(left) else ""
        other = right[position] if position < len(right) else ""
        lines.append(f"   {one:<{COLUMN}} | {other}".rstrip())
    return "\n".join(lines)


def _wrapped(text: str) -> list[str]:
    return [text[start : start + COLUMN] for start in range(0, len(text), COLUMN)] or [""]


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="make lesson N=", description=__doc__)
    parser.add_argument(
        "number", nargs="?", help="number of the lesson (default: list all lessons)"
    )
    chosen = parser.parse_args(arguments)
    known = {lesson.number: lesson for lesson in lessons(ROOT / FOLDER)}
    if not chosen.number:
        for lesson in known.values():
            print(f"  {lesson.number:>2}  {lesson.title}")
        print("\n`make lesson N=1` runs lesson 1.")
        return 0
    if not chosen.number.isdigit() or int(chosen.number) not in known:
        print(f"there is no lesson {chosen.number} (known: 1 to {len(known)})", file=sys.stderr)
        return 2
    differences = play(known[int(chosen.number)], LessonContext())
    if differences:
        print(f"\nSteps that differ from what is expected: {len(differences)}.")
        return 1
    print("\nAll as expected.")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (CausewayError, UsageError) as error:
        print(f"error: {visible(str(error))}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("\nStopped; everything that was deployed is removed.", file=sys.stderr)
        sys.exit(130)
