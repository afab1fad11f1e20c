"""The loader's errors without a full key path: our wording, and the place that each refers to."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from causeway.model.source import SourceIndex, Steps, holding

Match = re.Match[str]
Finder = Callable[[Match, SourceIndex], Steps]
TESTS = ("CMD", "CMD-SHELL", "NONE")


@dataclass(frozen=True, slots=True)
class Pattern:
    """A loader message: its problem code, its place (empty steps: none), its text in our words, and
    whether `check` has its own rule, which reports all such problems at once."""

    code: str
    text: re.Pattern[str]
    steps: Finder
    message: str
    checked: bool = False


def _at(*steps: str) -> Finder:
    """Steps in which `{1}` is the first group and `{2}` the second."""

    def found(match: Match, index: SourceIndex) -> Steps:
        return tuple(step.format(match[0], *match.groups()) for step in steps)

    return found


def _holding(*names: str, group: int = 1) -> Finder:
    """The first written entry below `names` (`*` is any step) whose text contains a group."""

    def found(match: Match, index: SourceIndex) -> Steps:
        wanted = match[group].rpartition("/")[2] or match[group]
        return next(iter(index.where(*names, fits=holding(wanted))), ())

    return found


def _untested(match: Match, index: SourceIndex) -> Steps:
    first = index.where("services", "*", "healthcheck", "test", "*", fits=lambda _: True)
    return next((at for at in first if at[-1] == 0 and index.entries[at].text not in TESTS), ())


def _first_of_circle(match: Match, index: SourceIndex) -> Steps:
    """The first by name: the loader may start at any of them."""
    names: list[str] = re.findall(r"(?:^|extends )(\S+) in ", match[1])
    return ("services", min(names), "extends") if names else ()


def _pattern(code: str, text: str, steps: Finder, message: str, checked: bool = False) -> Pattern:
    return Pattern(code, re.compile(text), steps, message, checked)


PATTERNS: tuple[Pattern, ...] = (
    *(
        _pattern(
            f"unknown-{kind}",
            rf'^service "(.+?)" refers to undefined {kind} (\S+)$',
            _at("services", "{1}", f"{kind}s", "{2}"),
            f"unknown {kind} {{2!r}}",
            checked=True,
        )
        for kind in ("network", "volume", "secret", "config")
    ),
    _pattern(
        "unknown-service",
        r'^service "(.+?)" depends on undefined service "(.+?)"$',
        _at("services", "{1}", "depends_on", "{2}"),
        "unknown service {2!r}",
        checked=True,
    ),
    _pattern(
        "unknown-service",
        r'^service "(.+?)" depends on undefined service ""$',
        _at("services", "{1}"),
        "does not name a service",
        checked=True,
    ),
    _pattern(
        "without-image",
        r'^service "(.+?)" has neither an image nor a build context specified',
        _at("services", "{1}"),
        "has neither `image` nor `build`",
        checked=True,
    ),
    _pattern(
        "mode-and-networks",
        r"^service (.+?) declares mutually exclusive `network_mode` and `networks`",
        _at("services", "{1}", "network_mode"),
        "`network_mode` and `networks` are mutually exclusive",
        checked=True,
    ),
    _pattern(
        "replicas-share-container-name",
        r"^services\.scale: can't set container_name and (\S+) as container name must be unique",
        _at("services", "{1}", "container_name"),
        "replicas cannot share a container name",
        checked=True,
    ),
    _pattern(
        "container-name-taken",
        r'^services\.(\S+): container name "(.+?)" is already in use',
        _at("services", "{1}", "container_name"),
        "container name {2!r} is already taken",
        checked=True,
    ),
    _pattern(
        "keys-disagree",
        r'^service "(.+?)" declares mutual+y exclusive dockerfile and dockerfile_inline',
        _at("services", "{1}", "build", "dockerfile_inline"),
        "`dockerfile` and `dockerfile_inline` are mutually exclusive",
    ),
    _pattern(
        "keys-disagree",
        r"^services\.(\S+): can't set distinct values on '(\S+)' and '(\S+)'$",
        _at("services", "{1}", "{2}"),
        "`{2}` and `{3}` have different values: remove one of them",
    ),
    _pattern(
        "dependency-cycle",
        r"^dependency cycle detected: ((\S+) -> .*)$",
        _at("services", "{2}", "depends_on"),
        "dependency cycle: {1}",
        checked=True,
    ),
    _pattern(
        "unknown-service",
        r'^cannot extend service "(.+?)" in .*?: service "(.+?)" not found$',
        _at("services", "{1}", "extends"),
        "unknown service {2!r}",
    ),
    _pattern(
        "extends-cycle",
        r"^Circular reference: (.*)$",
        _first_of_circle,
        "the service extends itself, directly or through other services",
    ),
    _pattern(
        "include-cycle",
        r"^include cycle detected: (\S+)",
        _at("include"),
        "the file includes itself, directly or through other files",
    ),
    _pattern(
        "not-a-port",
        r"^invalid (?:container|host)Port: (\S+)$",
        _holding("services", "*", "ports", "*"),
        "{1!r} is not a port",
    ),
    _pattern(
        "port-ranges-differ",
        r"^invalid ranges specified for container and host Ports: (\S+) and (\S+)$",
        _holding("services", "*", "ports", "*"),
        "the ranges {2} and {1} differ in length",
    ),
    _pattern(
        "not-an-address",
        r"^invalid (?:IP|ip) address: (\S+)$",
        _holding("services", "*", "ports", "*"),
        "{1!r} is not an IP address",
    ),
    _pattern(
        "malformed-healthcheck",
        r"^healthcheck\.test must start either by",
        _untested,
        "must start with CMD, CMD-SHELL or NONE",
    ),
    _pattern(
        "missing-file",
        r"^env file (/.*) not found: .*$",
        _holding("services", "*", "env_file"),
        "file not found: {1}",
    ),
    _pattern(
        "missing-file",
        r"^open (/.*): no such file or directory$",
        lambda match, index: (
            _holding("include", "*")(match, index)
            or _holding("services", "*", "extends", "file")(match, index)
        ),
        "file not found: {1}",
    ),
    _pattern(
        "not-on-this-machine",
        r"^(?:git|OCI) remote resource is disabled by ",
        _at("include"),
        "refers to a Compose file that is not on this machine: keep a copy next to this one",
    ),
    _pattern(
        "empty-file",
        r"^empty compose file$",
        _at(),
        "is empty: a Compose file needs at least `services`",
    ),
    _pattern(
        "not-a-mapping",
        r"^top-level object must be a mapping$",
        _at(),
        "must be a mapping with the key `services`",
    ),
    _pattern(
        "malformed-stack-name",
        r"^invalid project name \"(.*?)\": .*$",
        _at(),
        "{1!r} is not a valid stack name: use lower-case letters, digits, - and _, starting with "
        "a letter or digit",
    ),
)
