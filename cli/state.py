"""The resources in a stack's state, exported with the Pulumi CLI from any backend."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cli.deployed import exported
from cli.selected import backend_of
from cli.settings import document
from model.document import mapping, sequence

VOLUME, CONTAINER = "docker:index/volume:Volume", "docker:index/container:Container"


@dataclass(frozen=True, slots=True)
class State:
    """`identities` belong to its providers: those in the state now, and those from before the state
    was emptied or lost, as far as this machine recorded them; `resources` maps ids on the engine
    to types."""

    identities: frozenset[str]
    resources: Mapping[str, str]

    def of(self, kind: str) -> list[str]:
        return sorted(identity for identity, each in self.resources.items() if each == kind)


def state(folder: Path, stack: str) -> State:
    """Raises UsageError when the state cannot be read."""
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
    """The identities that the plugin recorded for the stack in this project and backend."""
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
