"""Finds the line of a stack file that an input comes from, in the record that the program wrote.

The plugin is started in the project's folder, like the program. Without a record, as for another
program or in a folder that cannot be written, no line is given.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

from causeway.contract import FOLDER, RUN_ENTRY, lines_file

from .values import Failure


def line_of(urn: str, path: str) -> str | None:
    """`stacks/web/compose.yaml:31: networks.front.driver` for an input path; None when unknown.

    An input that is not in the record has the line of the nearest input that contains it.
    """
    try:
        known = _record(urn)[_key(urn)]
        return next((known[each] for each in _outwards(path) if each in known), None)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def is_dropped(urn: str) -> bool:
    """Whether this run's program certainly no longer has such a container.

    The record names its run by the Pulumi process, which is this process's parent.
    """
    try:
        record, parent = _record(urn), os.getppid()
        fields = Path(f"/proc/{parent}/stat").read_text().rpartition(")")[2].split()
        return record[RUN_ENTRY] == {"pulumi": f"{parent}-{fields[19]}"} and _key(urn) not in record
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return False


def _record(urn: str) -> dict[str, Any]:
    head, scope, *_ = urn.split("::")
    file = Path(FOLDER, lines_file(scope, head.rsplit(":", 1)[-1]))
    record: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return record


def _key(urn: str) -> str:
    _, _, kinds, name = urn.split("::", 3)
    return f"{kinds.rsplit('$', 1)[-1]}::{name}"


def located(urn: str, said: Failure) -> str | None:
    """A problem of an input, preceded by its line; None where the line is unknown.

    The input is named as well where the line is only that of the whole resource.
    """
    line = line_of(urn, said.path)
    if line is None:
        return None
    # For a resource of the `causeway` package, one line stands for all its inputs.
    ours = urn.split("::", 3)[2].rpartition("$")[2].startswith("causeway:")
    exact = not said.path or ours or line != line_of(urn, "")
    return f"{line}: {said.reason}" if exact else f"{line}: {said.path}: {said.reason}"


def placed(urn: str, said: Failure) -> str:
    """The problem with its line, or alone where the line is unknown."""
    return located(urn, said) or said.reason


def _outwards(path: str) -> list[str]:
    """`options.com.docker.x`, `options.com.docker` ... `options`, and "" for the resource."""
    ends = [match.start() for match in re.finditer(r"[.\[]", path)]
    return [path, *(path[:end] for end in reversed(ends)), ""]
