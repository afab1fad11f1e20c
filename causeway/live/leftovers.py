"""Objects on the engine that belong to a stack but not to its state, and volumes that `down` keeps.

A label on each object names the identity of its state. An object that the state does not have was
created by a killed update or kept on purpose: only a person can tell.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from causeway.contract import CHECKOUT_LABEL, STATE_LABEL, URN_LABEL
from causeway.engine.client import Engine, filters
from causeway.engine.faults import NotFound


@dataclass(frozen=True, slots=True)
class Object:
    """A container, network or volume; `told` names its resource, its checkout and its status."""

    kind: str
    id: str
    name: str
    told: str


def leftovers(api: Engine, identities: Collection[str], recorded: Collection[str]) -> list[Object]:
    """The objects with one of these identities that are not recorded, sorted by kind and name."""
    found = []
    for identity in sorted(identities):
        carrying = filters(label=[f"{STATE_LABEL}={identity}"])
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
    """The names of the anonymous volumes of these containers."""
    found: set[str] = set()
    for identity in containers:
        mounts = (api.find(f"/containers/{identity}/json") or {}).get("Mounts") or ()
        names = (str(each.get("Name")) for each in mounts if each["Type"] == "volume")
        found |= {name for name in names if len(name) == 64 and not set(name) - set(_HEX)}
    return sorted(found)


_HEX = "0123456789abcdef"


def remove(api: Engine, one: Object) -> None:
    """Remove the object, a running container by force. Raises as the engine's calls do."""
    params = {"force": 1} if one.kind == "container" else None
    with suppress(NotFound):
        api.call("DELETE", f"/{one.kind}s/{one.id}", params=params)


def has_volume(api: Engine, name: str) -> bool:
    return api.find(f"/volumes/{name}") is not None


def _told(found: dict[str, Any], also: str = "") -> str:
    labels = found.get("Labels") or {}
    resource = str(labels.get(URN_LABEL, "")).rpartition("::")[2]
    parts = (resource, f"from {labels[CHECKOUT_LABEL]}" if CHECKOUT_LABEL in labels else "", also)
    return ", ".join(part for part in parts if part)
