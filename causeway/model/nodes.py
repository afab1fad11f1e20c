"""Parses YAML to nodes with line numbers, and the loader's output to plain values.

Files are untrusted: nesting and aliases are limited before they are processed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

import yaml

from .files import content

MOST_VALUES = 100_000  # limits alias bombs and cyclic anchors, as the loader does
DEEPEST = 80

_Base: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _CanonicalLoader(_Base):  # type: ignore[misc]  # the base is chosen at run time
    """Parses `true`, `false` and `null`; every other scalar stays text."""

    yaml_implicit_resolvers: ClassVar[dict[str, list[tuple[str, re.Pattern[str]]]]] = {}


_CanonicalLoader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile("^(?:true|false)$"), list("tf")
)
_CanonicalLoader.add_implicit_resolver(
    "tag:yaml.org,2002:null", re.compile("^(?:null|)$"), ["n", ""]
)


def canonical(output: str) -> object:
    """The loader's YAML output as plain values. It doubles every `$` that is not a variable."""
    # The dynamic base hides that this is a SafeLoader with fewer types.
    return yaml.load(output.replace("$$", "$"), Loader=_CanonicalLoader)


def composed_file(file: str) -> list[yaml.Node] | None:
    """`composed` for the content of a file."""
    return composed(content(file) or b"")


def composed(text: bytes) -> list[yaml.Node] | None:
    """The documents of a text; None if they are nested too deeply. Invalid YAML has no positions;
    the loader reports the error."""
    try:
        if _too_deep(text):
            return None
        return [node for node in yaml.compose_all(text, Loader=_Base) if node is not None]
    except (yaml.YAMLError, ValueError):
        return []


def _too_deep(text: bytes) -> bool:
    """Whether a text is nested so deeply that parsing it would exhaust the C stack."""
    depth = 0
    for event in yaml.parse(text, Loader=_Base):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            return True
    return False


def weight(node: yaml.Node, known: dict[int, int]) -> int:
    """The number of values of a node after expanding all aliases."""
    if id(node) not in known:
        known[id(node)] = MOST_VALUES + 1  # a node that contains itself is infinite
        children: list[yaml.Node] = []
        if isinstance(node, yaml.MappingNode):
            children = [part for pair in node.value for part in pair]
        elif isinstance(node, yaml.SequenceNode):
            children = node.value
        known[id(node)] = 1 + sum(weight(child, known) for child in children)
    return known[id(node)]


def pairs(node: yaml.MappingNode, depth: int = 0) -> Iterator[tuple[str, yaml.Node, int]]:
    """Keys of a mapping with their lines; merged keys (`<<`) follow unless overridden."""
    own: set[str] = set()
    merged: list[yaml.Node] = []
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            continue
        if key.value == "<<":
            merged += value.value if isinstance(value, yaml.SequenceNode) else [value]
            continue
        own.add(key.value)
        yield key.value, value, key.start_mark.line + 1
    for source in merged if depth < DEEPEST else ():
        if isinstance(source, yaml.MappingNode):
            for name, value, line in pairs(source, depth + 1):
                if name not in own:
                    own.add(name)
                    yield name, value, line


def scalar(node: yaml.Node) -> str | None:
    """The text of a scalar node; None for other nodes."""
    return str(node.value) if isinstance(node, yaml.ScalarNode) else None


def flat(node: yaml.Node) -> str | None:
    """The text of an item for matching: that of a scalar, or a mapping's scalar values joined."""
    if isinstance(node, yaml.MappingNode):
        values = (scalar(value) for _, value, _ in pairs(node))
        return " ".join(value for value in values if value is not None)
    return scalar(node)


def child(node: yaml.Node, *names: str) -> yaml.Node | None:
    """The node at a path of mapping keys, or None."""
    for name in names:
        if not isinstance(node, yaml.MappingNode):
            return None
        matches = [value for key, value, _ in pairs(node) if key == name]
        if not matches:
            return None
        node = matches[0]
    return node
