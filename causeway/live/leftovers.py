"""What is on the engine in a stack's name and not in its state, and the data that `down` keeps.

An object belongs to a state whose identity it carries as a label. What the state does not hold was
begun by an update that was killed, or was kept on purpose: only a person can tell.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from causeway.engine.client import Engine, filters
from causeway.engine.faults import NotFound

STATE, URN, CHECKOUT = "causeway.state", "causeway.urn", "causeway.checkout"


@dataclass(frozen=True, slots=True)
class Object:
    """A container, network or volume; `told` says who made it when, and whether it runs."""

    kind: str
    id: str
    name: str
    told: str


def leftovers(api: Engine, identities: Collection[str], recorded: Collection[str]) -> list[Object]:
    """What carries one of these identities and is not among the recorded ids, sorted by name."""
    found = []
    for identity in sorted(identities):
        carrying = filters(label=[f"{STATE}={identity}"])
        for each in api.call("GET", "/containers/json", params={"all": 1} | carrying):
            name = (each.get("Names") or [each["Id"][:12]])[0].lstrip("/")
            found.append(Object("container", each["Id"], name, _told(each, each["Status"])))
        for each in api.call("GET", "/networks", params=carrying):
            found.append(Object("network", each["Id"], each["Name"], _told(each)))
        for each in api.call("GET", "/volumes", params=carrying)["Volumes"] or []:
            found.append(Object("volume", each["Name"], each["Name"], _told(each, "with its data")))
    return sorted(
        (each for each in found if each.id not in recorded), key=lambda each: (each.kind, each.name)
    )


def anonymous_volumes(api: Engine, containers: Collection[str]) -> list[str]:
    """The names of the volumes of these containers that no file names."""
    found: set[str] = set()
    for identity in containers:
        mounts = (api.find(f"/containers/{identity}/json") or {}).get("Mounts") or ()
        names = (str(each.get("Name")) for each in mounts if each["Type"] == "volume")
        found |= {name for name in names if len(name) == 64 and not set(name) - set(_HEX)}
    return sorted(found)


_HEX = "0123456789abcdef"


def remove(api: Engine, one: Object) -> None:
    """Remove it; a running container by force. Raises as the engine's calls do."""
    params = {"force": 1} if one.kind == "container" else None
    with suppress(NotFound):
        api.call("DELETE", f"/{one.kind}s/{one.id}", params=params)


def has_volume(api: Engine, name: str) -> bool:
    return api.find(f"/volumes/{name}") is not None


def _told(found: dict[str, Any], also: str = "") -> str:
    labels = found.get("Labels") or {}
    resource = str(labels.get(URN, "")).rpartition("::")[2]
    parts = (resource, f"from {labels[CHECKOUT]}" if CHECKOUT in labels else "", also)
    return ", ".join(part for part in parts if part)
