"""The containers of a stack by service, and what an update has done to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import docker

from live.stack import PROJECT, SERVICE, STACK

DRAIN = "causeway.drain"
ROLE = "causeway.role"  # on what is no replica: the holder of a balancer's networks
# id -> seconds it is drained before it is stopped
Replicas = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Exchange:
    """What became of one service's containers; `drained` is seconds, 0 without."""

    service: str
    kept: int
    made: int
    removed: int
    drained: float

    def __str__(self) -> str:
        replaced = min(self.made, self.removed)
        parts = [
            f"{number} {what}"
            for number, what in (
                (replaced, "replaced"),
                (self.made - replaced, "added"),
                (self.removed - replaced, "removed"),
                (self.kept, "kept"),
            )
            if number
        ]
        if self.removed and self.drained:
            parts.append(f"drained {self.drained:g} s before the stop")
        return f"{self.service}: {', '.join(parts)}"


def replicas(api: docker.APIClient, project: str, stack: str) -> dict[str, Replicas]:
    """The containers by service, running or not."""
    labels = [f"{PROJECT}={project}", f"{STACK}={stack}"]
    found: dict[str, dict[str, float]] = {}
    for each in api.containers(all=True, filters={"label": labels}):
        if ROLE in each["Labels"]:
            continue
        seconds = each["Labels"].get(DRAIN) or "0"
        found.setdefault(each["Labels"].get(SERVICE, ""), {})[each["Id"]] = float(seconds)
    return dict(found)


def exchanges(before: Mapping[str, Replicas], after: Mapping[str, Replicas]) -> list[Exchange]:
    """One a service, by name."""
    found = []
    for service in sorted({*before, *after}):
        old, new = before.get(service, {}), after.get(service, {})
        gone = old.keys() - new.keys()
        found.append(
            Exchange(
                service,
                kept=len(old.keys() & new.keys()),
                made=len(new.keys() - old.keys()),
                removed=len(gone),
                drained=max((old[each] for each in gone), default=0.0),
            )
        )
    return found
