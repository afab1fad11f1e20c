"""Finds what prevents a container's creation: names, ports and paths that it cannot have.

Only new or changed inputs are checked, since an existing container already has the others.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Any

from causeway.provider.inputs.plain import objects
from causeway.provider.resource.kind import Context
from causeway.provider.resource.ownership import is_ours, owner
from causeway.provider.resource.values import Failure, Values

from .label_inputs import created_sources

_EVERYWHERE = ("", "0.0.0.0", "::")


def failures(ctx: Context, old: Values | None, new: Values) -> list[Failure]:
    """The names and host ports that others use, and the bind sources that do not exist."""
    before = old or {}
    found: list[Failure] = []
    if isinstance(new.get("name"), str) and new["name"] and new["name"] != before.get("name"):
        found += _name(ctx, new["name"])
    if new.get("ports") != before.get("ports"):
        found += _ports(ctx, new)
    if new.get("mounts") != before.get("mounts"):
        found += _sources(ctx, new)
    return found


def _name(ctx: Context, name: str) -> Iterator[Failure]:
    found = ctx.api.find(f"/containers/{name}/json")
    if found is None or found["Name"] != f"/{name}":
        return  # the engine also accepts the beginning of an id as a name
    labels = found["Config"].get("Labels")
    if not is_ours(ctx, labels, found["Id"], certain=True):
        yield Failure(
            "name",
            f"the engine has a container {name!r}, {owner(labels, found['Created'])}, and names "
            "are unique: choose another name, remove that container "
            f"(`docker rm {name}`), or import it with `pulumi import`",
        )


def _sources(ctx: Context, new: Values) -> Iterator[Failure]:
    """Bind mounts whose source is missing on the Docker host, where the host can be inspected."""
    created = created_sources(new)
    for index, mount in objects(new, "mounts"):
        source = mount.get("source")
        if mount.get("type") != "bind" or not isinstance(source, str):
            continue
        if mount.get("target") in created:
            continue
        if ctx.cache.facts().host.lacks(source):
            yield Failure(
                f"mounts[{index}].source",
                f"{source} does not exist on the Docker host, and Docker does not create the "
                "source of a bind mount: create it first",
            )


def _ports(ctx: Context, new: Values) -> Iterator[Failure]:
    for index, port in objects(new, "ports"):
        number, protocol = port.get("external"), port.get("protocol") or "tcp"
        if not isinstance(number, int) or not number:
            continue
        containers = ctx.cache.publishing().get((number, str(protocol)), [])
        listens = ctx.cache.facts().host.listens
        if not containers and any(
            (kind, taken) == (protocol, number) and _same_address(port.get("ip"), address)
            for kind, address, taken in listens
        ):
            yield Failure(
                f"ports[{index}].external",
                f"port {number}/{protocol} is in use by a program on the Docker host itself "
                "(`ss -lntup` shows it): publish another port, or stop that program",
            )
        for container in containers:
            if not _same_address(port.get("ip"), container["ip"]):
                continue
            if is_ours(ctx, container["labels"], container["id"], certain=True):
                continue
            yield Failure(
                f"ports[{index}].external",
                f"port {number}/{protocol} of the Docker host is in use by container "
                f"{container['name']}, {owner(container['labels'], container['created'])}: publish "
                "another port, or stop that container",
            )
            break


def _same_address(wanted: Any, taken: str) -> bool:
    """Whether two listening addresses conflict; False when the wanted one is unknown."""
    if wanted is not None and not isinstance(wanted, str):
        return False
    if (wanted or "") in _EVERYWHERE or taken in _EVERYWHERE:
        return True
    try:
        return ipaddress.ip_address(str(wanted)) == ipaddress.ip_address(taken)
    except ValueError:
        return False
