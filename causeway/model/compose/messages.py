"""Converts the loader's error output to located problems.

The loader names a key path, a YAML line, or only a service; each pattern below uses what
is available. A message that matches no pattern is kept unchanged and points to the first file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from causeway.model.source import SourceIndex, Step, Steps
from causeway.model.values import Place, Problem

from .loader_patterns import PATTERNS

OF_FILE = re.compile(r"^validating (?P<file>/.*?): (?P<rest>.*)$")
PARSE = re.compile(r"^failed to parse (?P<file>/.*?): (?P<rest>.*)$")
DOTENV = re.compile(r"^failed to read (?P<file>/.*?): line (?P<line>\d+): (?P<rest>.*)$")
INTERPOLATION = re.compile(
    r"invalid interpolation format for (\S+?)\.? You may need to escape any \$ with another \$\. "
    r"(.*?)(?= invalid interpolation format| error while interpolating|$)"
)
BEGINNING = re.compile(
    r"error while interpolating \S+: |invalid interpolation format for |validating /"
)
LINE = re.compile(r"\bL(\d+)\.C\d+\b|\bline (?!1: line)(\d+)\b")
CONSTRUCT = re.compile(r"^yaml: construct errors: (?:line \d+: )+")
POSITION = re.compile(r"^go-yaml load error in \w+ (?:\((.*?)\) )?at (?:<[^>]*>|\S+): ")
SCHEMA = re.compile(
    r"^(?P<path>(?:services|networks|volumes|secrets|configs|models|include|name|version)"
    r"(?:\.\S+?)?)?:? (?P<message>\S.*)"
)
PATHS = (
    re.compile(r"^error while interpolating (?P<path>\S+): (?P<message>.*)$"),
    re.compile(r"'(?P<path>services\[.+?\]\S*)' (?P<message>.*)$"),
    re.compile(r"^service ports (?P<path>\S+) (?P<message>is missing .*)$"),
    re.compile(r"^(?P<path>services|networks|volumes|secrets|configs) (?P<message>must be .*)$"),
    re.compile(r"^(?P<path>[a-z]+\.[^\s:]+?): (?P<message>.*)$"),
)
# Go error texts of the loader, in terms of a Compose file.
PLAIN = tuple(
    (re.compile(wording), ours)
    for wording, ours in (
        (r"must be a array", "must be an array"),
        # Only of `command` and `entrypoint`: the last of the three types that they may have.
        (r"^must be a null$", "must be a string or a list of strings"),
        (r'^time: missing unit in duration "(\S*)"$', r"\1 has no unit: write \1s for seconds"),
        (r"^failed to cast to expected type: ", ""),
        (r"^invalid boolean: (.*)$", r"'\1' is neither true nor false"),
        (r'^strconv\.Parse\w+: parsing "(.*)": .*$', r"'\1' is not a number"),
        (r'^time: .* "(\S*)"$', r"'\1' is not a duration such as 1m30s"),
        (r"^invalid (?:suffix|size): '(.*)'$", r"'\1' is not a size such as 64m"),
        (r"^unexpected type map\[.*$", "must not be a mapping"),
    )
)
DURATIONS = (
    *("interval", "timeout", "start_period", "start_interval", "stop_grace_period"),
    *("delay", "window", "monitor"),
)
HOME_PATHS = (
    ("services", "*", "volumes", "*"),
    ("services", "*", "volumes", "*", "source"),
    ("services", "*", "build"),
    ("services", "*", "build", "context"),
    ("secrets", "*", "file"),
    ("configs", "*", "file"),
)
HOME = "cannot expand '~'"
NOT_BOOLEAN = re.compile(r'^"(\w+)" for boolean is not supported by YAML 1\.2, (please use .*)$')
UNSET = re.compile(r'^The "(.+?)" variable is not set\. Defaulting to a blank string\.$')
LOG_LINE = re.compile(r'^time="[^"]*" level=(\w+) msg=("(?:[^"\\]|\\.)*"|\S+)')
# Another rule reports the same, or the key is supported here although Compose ignores it.
TOLD_ELSEWHERE = re.compile(r"is obsolete|\bSwarm\b|only supported when running Windows")


# The positions of one file alone.
Alone = Callable[[str], SourceIndex]


@dataclass(frozen=True, slots=True)
class Messages:
    """What the loader reported. `checked` means that our own rules report the errors better."""

    warnings: tuple[Problem, ...]
    errors: tuple[Problem, ...] = ()
    checked: bool = False


def read(output: str, accepted: bool, found: SourceIndex, alone: Alone) -> Messages:
    """The loader's messages with places; if it rejected the files, at least one is an error."""
    warnings: list[Problem] = []
    lines: list[str] = []
    for line in output.splitlines():
        logged = LOG_LINE.match(line)
        if logged is None:
            lines.append(line.strip())
        else:
            quoted = logged[2]
            said = json.loads(quoted) if quoted.startswith('"') else quoted
            warnings += _warning(str(said), found)
    if accepted:
        return Messages(tuple(warnings))
    errors: list[Problem] = []
    checked = False
    for said in _apart(line for line in lines if line):
        if malformed := tuple(_interpolation_errors(said, found)):
            errors += malformed
        else:
            error, is_checked = _error(said, found, alone)
            errors.append(error)
            checked = checked or is_checked
    return Messages(tuple(warnings), tuple(errors), checked)


def _apart(lines: Iterable[str]) -> list[str]:
    """The loader's errors, one text each: only some say where they begin."""
    found: list[str] = []
    for line in lines:
        if not found or BEGINNING.match(line):
            found.append(line)
        else:
            found[-1] += f" {line}"
    return [each.removesuffix(": invalid compose project") for each in found] or [""]


def _warning(said: str, found: SourceIndex) -> Iterator[Problem]:
    if TOLD_ELSEWHERE.search(said):
        return
    if said.startswith(HOME):
        at = [at for path in HOME_PATHS for at in found.where(*path, fits=_at_home)]
        for place in [found.place(*steps) for steps in at] or [Place(found.suspect, 0, "")]:
            message = (
                "`~` is the home folder of whoever runs the preview: for another user, the "
                "container would be replaced"
            )
            yield Problem(place, message, "warning", code="home-folder")
        return
    if boolean := NOT_BOOLEAN.match(said):
        steps = next(iter(found.where("services", "*", "*", fits=boolean[1].__eq__)), ())
        place = found.place(*steps) if steps else Place(found.suspect, 0, "")
        yield Problem(
            place,
            f"{boolean[1]!r} is not a boolean in YAML 1.2, {boolean[2]}",
            "warning",
            code="not-a-boolean",
        )
        return
    unset = UNSET.match(said)
    if unset is None:
        yield Problem(Place(found.suspect, 0, ""), said, "warning", code="loader-warning")
        return
    name = unset[1]
    message = (
        f"variable {name} is not set, so an empty string is used: "
        f"set it under causeway:variables or in .env, or write ${{{name}:-default}}"
    )
    for place in found.users_of(name) or [Place(found.suspect, 0, "")]:
        yield Problem(place, message, "warning", code="unset-variable")


def names_home(warnings: Iterable[Problem]) -> bool:
    """Whether the loader met a `~`, which it did not expand."""
    return any(warning.code == "home-folder" for warning in warnings)


def _at_home(written: str) -> bool:
    return written.startswith("~") or " ~" in written


def _interpolation_errors(said: str, found: SourceIndex) -> Iterator[Problem]:
    for path, written in INTERPOLATION.findall(said):
        parent = _steps(path, found)
        items = found.where(*(str(step) for step in parent), "*", fits=written.__eq__)
        steps = next(iter(items), parent)
        message = (
            f"{written!r} is not a valid variable reference: write ${{NAME}}, or $$ for a literal $"
        )
        yield Problem(found.place(*steps), message, code="malformed-variable")


def _error(said: str, found: SourceIndex, alone: Alone) -> tuple[Problem, bool]:
    for pattern in PATTERNS:
        if match := pattern.text.match(said):
            steps = pattern.steps(match, found)
            place = found.place(*steps) if steps else Place(found.suspect, 0, "")
            message = pattern.message.format(match[0], *match.groups())
            return Problem(place, message, code=pattern.code), pattern.checked
    if match := DOTENV.match(said):
        return Problem(
            Place(match["file"], int(match["line"]), ""), match["rest"], code="malformed-dotenv"
        ), False
    if match := PARSE.match(said):
        return _parse_error(match["file"], match["rest"]), False
    if match := OF_FILE.match(said):
        return _path_error(match["rest"], alone(match["file"]), SCHEMA), False
    for path in PATHS:
        if path.search(said):
            return _path_error(said, found, path), False
    return Problem(Place(found.suspect, 0, ""), said, code="loader-error"), False


def _parse_error(file: str, rest: str) -> Problem:
    """YAML that cannot be parsed. Lines appear in two forms; the last one is the cause."""
    lines = [int(first or second) for first, second in LINE.findall(rest)]
    duplicate = re.search(r'line (\d+): mapping key "(.+?)" already defined at line (\d+)', rest)
    if duplicate:
        message = f"duplicate key {duplicate[2]!r}, first on line {duplicate[3]}"
        return Problem(Place(file, int(duplicate[1]), ""), message, code="written-twice")
    message = CONSTRUCT.sub("", POSITION.sub(lambda found: f"{found[1] or ''} ", rest)).strip()
    return Problem(
        Place(file, lines[-1] if lines else 0, ""),
        f"not valid YAML: {message}",
        code="malformed-yaml",
    )


def _path_error(said: str, found: SourceIndex, pattern: re.Pattern[str]) -> Problem:
    match = pattern.search(said)
    if match is None:
        return Problem(Place(found.suspect, 0, ""), said.strip(), code="loader-error")
    steps = _steps(match["path"] or "", found)
    message = match["message"]
    extra = re.match(r"additional properties (.+) not allowed", message)
    if extra:
        names = re.findall(r"'(.+?)'", extra[1])
        if len(steps) == 1:  # user-defined names
            message = f"{names[0]!r} is not a valid name: use letters, digits, `.`, `_` and `-`"
            return Problem(found.place(*steps, names[0]), message, code="malformed-name")
        word = "key" if len(names) == 1 else "keys"
        listed = ", ".join(repr(name) for name in names)
        return Problem(
            found.place(*steps, names[0]), f"unknown {word} {listed}", code="unknown-key"
        )
    if message.startswith("false schema"):
        return Problem(found.place(*steps), f"unknown key {str(steps[-1])!r}", code="unknown-key")
    if message == "must be a string" and steps and steps[-1] in DURATIONS:
        written = found.entries[steps].text if found.has(*steps) else None
        if written and written.isdigit():
            message = f"{written} has no unit: write {written}s for seconds"
    for wording, ours in PLAIN:
        message = wording.sub(ours, message)
    return Problem(found.place(*steps), message, code="schema")


def _steps(path: str, found: SourceIndex) -> Steps:
    """`services.web.ports.[0]` and `services[web].ports` as steps. Names may contain dots, so
    the longest written key is taken at each step."""
    words = [word for word in re.split(r"\.|\[|\]", path) if word]
    steps: list[Step] = []
    while words:
        for length in range(len(words), 0, -1):
            step: Step = ".".join(words[:length])
            if isinstance(step, str) and step.isdigit() and not found.has(*steps, step):
                step = int(step)
            if found.has(*steps, step) or length == 1:
                steps.append(step)
                words = words[length:]
                break
    return tuple(steps)
