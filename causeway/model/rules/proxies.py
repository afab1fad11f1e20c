"""Warns about an nginx configuration that would keep the address of a replaced container.

nginx resolves a literal name in `proxy_pass` or `upstream` only once, when it starts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from causeway.model.values import Place, Problem, Service, Stack

Read = Callable[[str], bytes | None]
# Limits on the files checked in a build context or a mounted folder.
DEEPEST, MOST_FILES, LARGEST = 3, 50, 256 * 1024
ENDINGS = (".conf", ".template")
PASS = re.compile(r"\b(?:proxy|grpc|fastcgi|uwsgi)_pass\s+(?:[a-z]+://)?([A-Za-z0-9_.-]+)[:/;]")
SERVER = re.compile(r"\bserver\s+([A-Za-z0-9_.-]+)(?::\d+)?((?:\s+[^;{}]*)?);")
UPSTREAM = re.compile(r"\bupstream\s+([A-Za-z0-9_.-]+)\s*\{")


def stale_names(text: str, names: frozenset[str]) -> Iterator[tuple[int, str]]:
    """(line, name) of each of the `names` that nginx would resolve only once."""
    plain = re.sub(r"#[^\n]*", "", text)
    groups = set(UPSTREAM.findall(plain))
    for found in PASS.finditer(plain):
        if found[1] in names and found[1] not in groups:
            yield _line(plain, found.start()), found[1]
    for found in SERVER.finditer(plain):
        if found[1] in names and "resolve" not in found[2].split():
            yield _line(plain, found.start()), found[1]


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


def stale(stack: Stack, texts: Mapping[str, Mapping[str, str]]) -> Iterator[Problem]:
    """`texts` holds the configuration files of each service, by path, that it builds or mounts."""
    for service in stack.services:
        # These restart together with their dependency and so resolve its name again.
        followed = {each.service for each in service.depends_on if each.restart}
        others = {other.name for other in stack.services} - followed - {service.name}
        for path, text in sorted(texts.get(service.name, {}).items()):
            for line, name in sorted(set(stale_names(text, frozenset(others)))):
                place = Place(path, line, f"services.{service.name}")
                yield Problem(place, _message(name), "warning", code="stale-name")


def _message(name: str) -> str:
    return (
        f"nginx resolves {name!r} only once, when it starts, and answers 502 after {name} is "
        "replaced: let `x-causeway: balance` write the configuration; or write "
        f"`resolver 127.0.0.11 valid=1s; set $target {name}; proxy_pass http://$target:PORT;`; or "
        f"`depends_on: {{{name}: {{restart: true}}}}`, which interrupts service"
    )


def configurations(service: Service, read: Read) -> dict[str, str]:
    """Possible nginx configuration files that a service builds or mounts: path and text."""
    roots = [mount.source for mount in service.mounts if mount.type == "bind" and mount.source]
    if service.build is not None:
        roots.append(service.build.context)
    found: dict[str, str] = {}
    for root in roots:
        for path in _files(Path(root), DEEPEST):
            if len(found) == MOST_FILES:
                break
            try:
                if path.stat().st_size <= LARGEST and (text := read(str(path))) is not None:
                    found[str(path)] = text.decode(errors="replace")
            except OSError:
                continue  # other rules decide whether it must be readable
    return {path: text for path, text in found.items() if "_pass" in text or "upstream" in text}


def _files(path: Path, depth: int) -> Iterator[Path]:
    if path.is_file():
        if path.name.endswith(ENDINGS):
            yield path
    elif depth and path.is_dir():
        try:
            entries = sorted(path.iterdir())
        except OSError:
            return
        for entry in entries[:1000]:
            if not entry.name.startswith(".") and not entry.is_symlink():
                yield from _files(entry, depth - 1)
