"""The last lines of `make up`: the addresses of the stack, from its Pulumi outputs."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping

from toolchain.places import Places
from toolchain.problem import ToolchainError


def lines(outputs: Mapping[str, object]) -> list[str]:
    """The addresses in the outputs `url` (a text) and `urls` (service to text or list of texts)."""
    found: dict[str, None] = {}
    for value in (outputs.get("url"), outputs.get("urls")):
        for address in _texts(value):
            found[address] = None
    return list(found)


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value] if value else []
    if isinstance(value, Mapping):
        return [text for part in value.values() for text in _texts(part)]
    if isinstance(value, list):
        return [text for part in value for text in _texts(part)]
    return []


def show(places: Places, stack: str) -> None:
    finished = subprocess.run(
        [str(places.wrapper), "stack", "output", "--json", "--stack", stack],
        cwd=places.project,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    if finished.returncode != 0:
        raise ToolchainError(f"stack {stack} has no outputs", "make up", finished.stderr)
    for address in lines(json.loads(finished.stdout)):
        print(f"Stack {stack} answers at {address}")
