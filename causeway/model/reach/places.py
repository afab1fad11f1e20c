"""Finds the lines of a path in the Compose files. Files whose positions are not passed in are
read on first use."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from types import MappingProxyType

from causeway.model import source
from causeway.model.source import SourceIndex
from causeway.model.values import Place, Stack

from .draft import At
from .topology import Member
from .values import Endpoint, Node

# By stack name.
Positions = Mapping[str, SourceIndex]
NONE: Positions = MappingProxyType({})
Locate = Callable[[At, Node, Node], Place | None]


def nowhere(at: At, source: Node, destination: Node) -> None:
    """For stacks whose files are not available, such as a deployed one."""
    return


def places(
    stacks: Sequence[Stack], members: Mapping[Node, Member], positions: Positions = NONE
) -> Locate:
    """A function that finds the place of a draft's line for a source and a destination."""
    by_name = {stack.name: stack for stack in stacks}
    declaring = {stack.name: {each.key for each in stack.networks} for stack in stacks}

    @cache
    def index(stack: str) -> SourceIndex:
        return positions.get(stack) or source.index(by_name[stack].files)

    def locate(at: At, source: Node, destination: Node) -> Place | None:
        if at.what == "network":
            near = (source.stack, destination.stack, *by_name)
            name = next((each for each in near if at.key in declaring.get(each, ())), None)
            stack = by_name.get(name or "")
            if stack is None or not stack.files:
                return None
            steps = ("networks", at.key, *(step for step in (at.option, at.detail) if step))
            return index(stack.name).place(*steps)
        member = members.get(source if at.what == "source" else destination)
        if member is None or not by_name[member.node.stack].files:
            return None
        positions = index(member.node.stack)
        name = member.owner.partition("/")[2] or member.node.name
        if at.port is not None:
            return _port(positions, by_name[member.node.stack], name, at.port)
        if at.option:
            return positions.place("services", name, at.key, at.option)
        return positions.place("services", member.node.name, at.key)

    return locate


def _port(index: SourceIndex, stack: Stack, name: str, target: Endpoint) -> Place | None:
    ports = next((each.ports for each in stack.services if each.name == name), ())
    for position, port in enumerate(ports):
        if Endpoint(port.target, port.protocol) == target:
            wanted = port.target

            def fits(written: str, wanted: int = wanted) -> bool:
                spans = re.findall(r"(\d+)(?:-(\d+))?", written)
                return any(int(first) <= wanted <= int(last or first) for first, last in spans)

            return index.item(("services", name, "ports"), position, len(ports), fits)
    return index.place("services", name, "expose")
