"""The resources in a stack's state, exported with the Pulumi CLI from any backend."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from causeway.model.document import mapping, sequence
from causeway.model.project import document
from causeway.state.backend import place
from causeway.state.identity import remembered

from .deployed import exported


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
    project = str(document(folder / "Pulumi.yaml").get("name"))
    before = remembered(place(os.environ, folder), project, stack)
    return State(frozenset(identities - {""}) | before, resources)
