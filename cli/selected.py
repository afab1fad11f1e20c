"""The stack that `pulumi stack select` chose, read from Pulumi's workspace file without Pulumi."""

from __future__ import annotations

import hashlib
import json
import os
import pwd
from collections.abc import Mapping
from pathlib import Path

from cli.problem import UsageError
from model.document import mapping, text
from model.files import content


def selected(folder: Path, project: Mapping[str, object], environment: Mapping[str, str]) -> str:
    """The stack's short name, or an empty text; `project` is what Pulumi.yaml in `folder` holds.

    Raises UsageError when the workspace file cannot be read.
    """
    # Pulumi takes the home folder from the user database, not from HOME.
    own = _home(environment)
    backend = backend_of(project, environment)
    for each in _spellings(folder, environment):
        name = hashlib.sha1(f"{each}/Pulumi.yaml".encode(), usedforsecurity=False).hexdigest()
        file = Path(own, "workspaces", f"{project.get('name')}-{name}-workspace.json")
        stacks = mapping(_json(file).get("stacks"))
        if chosen := text(stacks.get(backend)):
            return chosen.rpartition("/")[2]
    return ""


def backend_of(project: Mapping[str, object], environment: Mapping[str, str]) -> str:
    """The address of the backend: from the environment, Pulumi.yaml or the last `pulumi login`."""
    return (
        environment.get("PULUMI_BACKEND_URL")
        or text(mapping(project.get("backend")).get("url"))
        or text(_json(Path(_home(environment), "credentials.json")).get("current"))
        or ""
    )


def _home(environment: Mapping[str, str]) -> str:
    return environment.get("PULUMI_HOME") or f"{pwd.getpwuid(os.getuid()).pw_dir}/.pulumi"


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
