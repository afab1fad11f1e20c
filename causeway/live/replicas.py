"""The containers of a stack by service, and how an update changed them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from causeway.contract import DRAIN_LABEL, ROLE_LABEL, SERVICE_LABEL
from causeway.engine.client import Engine

from .stack import of_stack

# id -> seconds for which it is drained before it stops
Replicas = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class ServiceChange:
    """How the containers of one service changed; `drained` is in seconds."""

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
            parts.append(f"drained for {self.drained:g} s before stopping")
        return f"{self.service}: {', '.join(parts)}"


def replicas(api: Engine, project: str, stack: str) -> dict[str, Replicas]:
    """The containers by service, running or not."""
    found: dict[str, dict[str, float]] = {}
    for each in api.call("GET", "/containers/json", params={"all": 1} | of_stack(project, stack)):
        if ROLE_LABEL in each["Labels"]:
            continue
        seconds = each["Labels"].get(DRAIN_LABEL) or "0"
        found.setdefault(each["Labels"].get(SERVICE_LABEL, ""), {})[each["Id"]] = float(seconds)
    return dict(found)


def service_changes(
    before: Mapping[str, Replicas], after: Mapping[str, Replicas]
) -> list[ServiceChange]:
    """One per service, sorted by name."""
    found = []
    for service in sorted({*before, *after}):
        old, new = before.get(service, {}), after.get(service, {})
        gone = old.keys() - new.keys()
        found.append(
            ServiceChange(
                service,
                kept=len(old.keys() & new.keys()),
                made=len(new.keys() - old.keys()),
                removed=len(gone),
                drained=max((old[each] for each in gone), default=0.0),
            )
        )
    return found


@dataclass(frozen=True, slots=True)
class Replica:
    """A container now: its state and health status, as Docker names them."""

    name: str
    state: str
    health: str = ""  # empty without a health check
    code: int = 0  # its exit code, once it has exited

    @property
    def serves(self) -> bool:
        return self.state == "running" and self.health in ("", "none", "healthy")

    def __str__(self) -> str:
        said = self.state
        if self.state == "exited":
            said = f"exited with {self.code}"
        elif self.state == "running" and self.health not in ("", "none"):
            said = self.health
        return f"{self.name} ({said})"


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    """The replicas of a service now."""

    service: str
    replicas: tuple[Replica, ...]

    @property
    def is_dead(self) -> bool:
        """No replica runs, and none has exited with 0, as a job does."""
        return not any(
            each.state == "running" or (each.state == "exited" and each.code == 0)
            for each in self.replicas
        )

    def __str__(self) -> str:
        if not self.replicas:
            return f"{self.service}: no container"
        serving = [each for each in self.replicas if each.serves]
        said = f"{self.service}: {len(serving)} of {len(self.replicas)} run"
        return f"{said}: {', '.join(map(str, self.replicas))}"


def conditions(
    api: Engine,
    project: str,
    stack: str,
    declared: Iterable[str] = (),
    only: Collection[str] = (),
) -> list[ServiceStatus]:
    """One per service, sorted by name, including those `declared` that have no container.

    `only`: the ids of the containers that count, for use during an update.
    """
    found: dict[str, list[Replica]] = {service: [] for service in declared}
    for each in api.call("GET", "/containers/json", params={"all": 1} | of_stack(project, stack)):
        if ROLE_LABEL in each["Labels"] or (only and each["Id"] not in only):
            continue
        inspected = api.find(f"/containers/{each['Id']}/json")
        if inspected is not None:  # else it was removed since it was listed
            replica = _replica(each, inspected["State"])
            found.setdefault(each["Labels"].get(SERVICE_LABEL, ""), []).append(replica)
    return [
        ServiceStatus(service, tuple(sorted(found[service], key=lambda one: one.name)))
        for service in sorted(found)
    ]


def _replica(listed: Mapping[str, Any], state: Mapping[str, Any]) -> Replica:
    names = listed.get("Names") or [listed["Id"][:12]]
    health = (state.get("Health") or {}).get("Status") or ""
    return Replica(names[0].lstrip("/"), state["Status"], health, int(state.get("ExitCode") or 0))
