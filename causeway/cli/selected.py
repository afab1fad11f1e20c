"""The stack that `pulumi stack select` chose, read from Pulumi's workspace file without Pulumi."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from causeway.model.document import mapping, text
from causeway.model.files import content
from causeway.state.backend import backend, pulumi_home

from .problem import UsageError


def selected(folder: Path, project: Mapping[str, object], environment: Mapping[str, str]) -> str:
    """The stack's short name, or an empty text; `project` is what Pulumi.yaml in `folder` holds.

    Raises UsageError when the workspace file cannot be read.
    """
    url = backend(environment, folder)
    for each in _spellings(folder, environment):
        name = hashlib.sha1(f"{each}/Pulumi.yaml".encode(), usedforsecurity=False).hexdigest()
        file = Path(
            pulumi_home(environment), "workspaces", f"{project.get('name')}-{name}-workspace.json"
        )
        stacks = mapping(_json(file).get("stacks"))
        if chosen := text(stacks.get(url)):
            return chosen.rpartition("/")[2]
    return ""


def _spellings(folder: Path, environment: Mapping[str, str]) -> list[Path]:
    """The paths by which Pulumi may know the folder: the shell's, with links, and the real one."""
    shown = Path(environment.get("PWD") or folder)
    above = [each for each in (shown, *shown.parents) if each.exists() and each.samefile(folder)]
    return [*above, folder]


def _json(file: Path) -> Mapping[str, object]:
    """A missing file counts as empty."""
    if not file.exists():
        return {}
    try:
        return mapping(json.loads(content(str(file)) or b""))
    except (ValueError, TypeError):
        raise UsageError(f"{file}: cannot be read: run `pulumi stack select` again") from None
