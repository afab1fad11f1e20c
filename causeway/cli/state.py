"""What Pulumi's state of a stack holds on the engine, exported by the CLI whatever the backend."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from causeway.model.document import mapping, sequence

from .deployed import exported
from .selected import backend_of
from .settings import document


@dataclass(frozen=True, slots=True)
class State:
    """`identities` are those of its providers, now and before it was emptied or lost, as far as
    this machine remembers them; `resources` the types by the engine's ids."""

    identities: frozenset[str]
    resources: Mapping[str, str]

    def of(self, kind: str) -> list[str]:
        return sorted(identity for identity, each in self.resources.items() if each == kind)


def state(folder: Path, stack: str) -> State:
    """Raises UsageError when it cannot be read."""
    deployment = mapping(mapping(json.loads(exported(folder, stack))).get("deployment"))
    identities, resources = set(), {}
    for each in sequence(deployment.get("resources")):
        resource = mapping(each)
        kind, identity = str(resource.get("type")), str(resource.get("id") or "")
        if kind.startswith("pulumi:providers:"):
            identities.add(identity)
        elif identity:
            resources[identity] = kind
    return State(frozenset(identities - {""}) | remembered(folder, stack, os.environ), resources)


def remembered(folder: Path, stack: str, environment: Mapping[str, str]) -> frozenset[str]:
    """The identities that the plugin has noted for the stack in this project and backend."""
    project = document(folder / "Pulumi.yaml")
    place = backend_of(project, environment)
    if place.startswith("file://"):
        where = folder / Path(place.removeprefix("file://")).expanduser()
        place = f"file://{where.resolve()}"
    home = environment.get("XDG_STATE_HOME") or f"{environment.get('HOME') or '~'}/.local/state"
    wanted = (place, project.get("name"), stack)
    found: set[str] = set()
    for file in Path(home).expanduser().glob("causeway/states/*.json"):
        try:
            noted = mapping(json.loads(file.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            continue
        if (noted.get("place"), noted.get("project"), noted.get("stack")) == wanted:
            found |= {str(each) for each in sequence(noted.get("identities"))}
    return frozenset(found)
