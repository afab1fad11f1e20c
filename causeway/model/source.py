"""Records where each key of the user's files was written.

Positions come from composed YAML nodes, so tags, anchors and merge keys need no loading.
They are used for messages only: nothing that is deployed depends on this module.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from .nodes import DEEPEST, MOST_VALUES, child, composed_file, flat, pairs, scalar, weight
from .values import Place

Step = str | int
Steps = tuple[Step, ...]
# The documents of a file; None if they are nested too deeply.
Compose = Callable[[str], list[yaml.Node] | None]


@dataclass(frozen=True, slots=True)
class Entry:
    """One key or item: its position, its path as text, and its scalar text if it is a scalar."""

    file: str
    line: int
    path: str
    text: str | None = None


@dataclass(slots=True)
class SourceIndex:
    """Positions of all keys; for scalars later files win, for mappings earlier ones."""

    files: tuple[str, ...]
    entries: dict[Steps, Entry] = field(default_factory=dict)
    items: dict[Steps, list[Entry]] = field(default_factory=dict)
    children: dict[Steps, list[str]] = field(default_factory=dict)
    too_large: list[str] = field(default_factory=list)

    @property
    def suspect(self) -> str:
        """The file to name if nothing else is known: one without any keys, else the first."""
        told = {entry.file for entry in self.entries.values()}
        return next((file for file in self.files if file not in told), (*self.files, "")[0])

    def place(self, *steps: Step) -> Place:
        """The place of a key path, or that of its nearest written parent."""
        for length in range(len(steps), 0, -1):
            entry = self.entries.get(steps[:length])
            if entry is not None:
                path = entry.path + path_text(steps[length:], joined=True)
                return Place(entry.file, entry.line, path)
        return Place(self.files[0], 1, path_text(steps))

    def item(self, steps: Steps, position: int, count: int, fits: Callable[[str], bool]) -> Place:
        """The place of a list item: by position if the list is written in one piece and was not
        expanded by the loader, else the first written item whose text matches, else the list."""
        written = self.items.get(steps, [])
        if len(written) == count and len({entry.file for entry in written}) == 1:
            entry = written[position]
            return Place(entry.file, entry.line, entry.path)
        for entry in written:
            if entry.text is not None and fits(entry.text):
                return Place(entry.file, entry.line, entry.path)
        return self.place(*steps)

    def users_of(self, variable: str) -> list[Place]:
        """The places of scalars that use a variable, one per line."""
        pattern = re.compile(r"(?<!\$)\$\{?" + re.escape(variable) + r"\b")
        found: dict[tuple[str, int], Place] = {}
        for entry in self.entries.values():
            if entry.text is not None and pattern.search(entry.text):
                found.setdefault(
                    (entry.file, entry.line), Place(entry.file, entry.line, entry.path)
                )
        return sorted(found.values())

    def where(self, *names: str, fits: Callable[[str], bool]) -> list[Steps]:
        """The written key paths below `names` (`*` is any step) whose text matches, in order."""
        return [
            steps
            for steps, entry in self.entries.items()
            if len(steps) == len(names)
            and all(name in ("*", str(step)) for name, step in zip(names, steps, strict=True))
            and entry.text is not None
            and fits(entry.text)
        ]

    def has(self, *steps: Step) -> bool:
        """Whether the key path is written in some file."""
        return steps in self.entries

    def keys(self, *steps: Step) -> list[str]:
        """The keys written directly below a path."""
        return self.children.get(steps, [])


def path_text(steps: Steps, joined: bool = False) -> str:
    """`("services", "web", "ports", 0)` as `services.web.ports[0]`."""
    result = ""
    for step in steps:
        if isinstance(step, int):
            result += f"[{step}]"
        else:
            result += f".{step}" if result or joined else step
    return result


def holding(*parts: str) -> Callable[[str], bool]:
    """For `item`: whether a text contains all parts."""
    return lambda text: all(part in text for part in parts)


def index(files: Sequence[str], compose: Compose = composed_file) -> SourceIndex:
    """The positions of all keys in the given files, read in order; later ones win."""
    found = SourceIndex(files=tuple(files))
    for file in files:
        _add_file(found, file, set(), compose)
    return found


def entries(file: str, compose: Compose = composed_file) -> dict[Steps, Entry]:
    """The scalars of one file and their positions; empty for a file that is too large."""
    found = SourceIndex(files=(file,))
    for root in compose(file) or ():
        if weight(root, {}) <= MOST_VALUES:
            _walk(found, file, root, (), "", override=True)
    mappings = {steps[:-1] for steps in found.entries if isinstance(steps[-1], str)}
    return {
        steps: entry
        for steps, entry in found.entries.items()
        if entry.text is not None and steps not in mappings
    }


def _add_file(found: SourceIndex, file: str, seen: set[str], compose: Compose) -> None:
    if file in seen:
        return
    seen.add(file)
    roots = compose(file)
    if roots is None:
        found.too_large.append(file)
        return
    for root in roots:
        if weight(root, {}) > MOST_VALUES:
            found.too_large.append(file)
            continue
        _include(found, file, root, seen, compose)
        _extend(found, file, root, compose)
        _walk(found, file, root, (), "", override=True)


def _walk(
    found: SourceIndex, file: str, node: yaml.Node, steps: Steps, path: str, *, override: bool
) -> None:
    """Add every key and item below a node. Without `override`, existing entries are kept."""
    if len(steps) > DEEPEST or len(found.entries) > MOST_VALUES:
        return
    if isinstance(node, yaml.MappingNode):
        for key, value, line in pairs(node):
            entry = Entry(file, line, path_text((*steps, key)), scalar(value))
            _enter(found, (*steps, key), entry, override)
            _walk(found, file, value, (*steps, key), entry.path, override=override)
    elif isinstance(node, yaml.SequenceNode):
        for position, value in enumerate(node.value):
            line = value.start_mark.line + 1
            entry = Entry(file, line, f"{path}[{position}]", flat(value))
            _enter(found, (*steps, position), entry, override)
            found.items.setdefault(steps, []).append(entry)
            # `A=1` in a list becomes the key `A` in the canonical mapping.
            if isinstance(value, yaml.ScalarNode):
                for separator in "=:":
                    name = value.value.split(separator)[0]
                    _enter(found, (*steps, name), entry, override)
            _walk(found, file, value, (*steps, position), entry.path, override=override)


def _enter(found: SourceIndex, steps: Steps, entry: Entry, override: bool) -> None:
    present = found.entries.get(steps)
    if present is None and isinstance(steps[-1], str):
        found.children.setdefault(steps[:-1], []).append(steps[-1])
    if present is None or (override and entry.text is not None):
        found.entries[steps] = entry


def _include(
    found: SourceIndex, file: str, root: yaml.Node, seen: set[str], compose: Compose
) -> None:
    listed = child(root, "include")
    if not isinstance(listed, yaml.SequenceNode):
        return
    for item in listed.value:
        target = item if isinstance(item, yaml.ScalarNode) else child(item, "path")
        targets = target.value if isinstance(target, yaml.SequenceNode) else [target]
        for each in targets:
            if isinstance(each, yaml.ScalarNode):
                _add_file(found, _beside(file, each.value), seen, compose)


def _extend(found: SourceIndex, file: str, root: yaml.Node, compose: Compose) -> None:
    """Positions of the keys that a service extends from another one; its own keys win."""
    services = child(root, "services")
    if not isinstance(services, yaml.MappingNode):
        return
    for name, service, _ in pairs(services):
        extends = child(service, "extends")
        if extends is None:
            continue
        from_service = scalar(child(extends, "service") or extends)
        from_file = child(extends, "file")
        other = _beside(file, from_file.value) if isinstance(from_file, yaml.ScalarNode) else file
        for document in (compose(other) or ()) if other != file else [root]:
            base = child(document, "services", from_service or "")
            if base is not None:
                steps: Steps = ("services", name)
                _walk(found, file, service, steps, path_text(steps), override=False)
                _walk(found, other, base, steps, path_text(steps), override=False)


def _beside(file: str, other: str) -> str:
    return str((Path(file).parent / other).resolve())
