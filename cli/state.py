"""What Pulumi's state of a stack holds on the engine, exported by the CLI whatever the backend."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cli.deployed import exported
from model.document import mapping, sequence

VOLUME, CONTAINER = "docker:index/volume:Volume", "docker:index/container:Container"


@dataclass(frozen=True, slots=True)
class State:
    """`identities` are those of its providers, `resources` the types by the engine's ids."""

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
    return State(frozenset(identities - {""}), resources)
