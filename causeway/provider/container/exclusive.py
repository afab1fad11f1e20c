"""Decides why an old container has to stop before its replacement starts.

Ports, names and addresses are limits of the engine. Volumes and folders that both containers write
to are the user's data: for them, `causeway.order: start-first` lets both run for a while.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Any

from causeway.contract import ORDER_LABEL
from causeway.provider.inputs.plain import objects
from causeway.provider.resource.values import Values

from .reload import label

# Folders that hold no data: the kernel and daemons provide them for shared use.
_SHARED_FOLDERS = ("/dev", "/proc", "/sys")


def clashes(old: Values, name: str | None, new: Values, moved: Iterable[str] = ()) -> list[str]:
    """Why the old container, with these inputs and this name on the engine, has to stop first.

    `moved` are the mount points of anonymous volumes that move to the new container.
    """
    found = unshareable(old, name, new)
    order = label(new, ORDER_LABEL)
    if order != "start-first":
        found += written_by_both(old, new)
        found += [f"the anonymous volume at {folder} moves" for folder in sorted(moved)]
        found += _same_namespace(old, new)
    if order == "stop-first":
        found.append("its order is set to stop-first")
    return found


def unshareable(old: Values, name: str | None, new: Values) -> list[str]:
    """Host ports, the name and addresses that both need and only one can have."""
    found = [
        f"host port {external}/{protocol} is fixed"
        for external, protocol in sorted(_host_ports(old) & _host_ports(new))
    ]
    if new.get("name") and new["name"] == name:
        found.append(f"the name {new['name']!r} is fixed")
    return found + [
        f"address {address} is fixed" for address in sorted(_addresses(old) & _addresses(new))
    ]


def written_by_both(old: Values, new: Values) -> list[str]:
    """Named volumes and host folders that both mount read-write."""
    found = [f"both write to volume {volume}" for volume in sorted(_volumes(old) & _volumes(new))]
    if _writes_for_others(old) and _writes_for_others(new):
        found.append("both write to the volumes of another container")
    folders = {
        max(one, other, key=len)
        for one in _folders(old)
        for other in _folders(new)
        if _overlap(one, other)
    }
    return found + [f"both write to {folder}" for folder in sorted(folders)]


def _same_namespace(old: Values, new: Values) -> list[str]:
    mode = new.get("networkMode")
    if not isinstance(mode, str) or mode != old.get("networkMode"):
        return []
    if mode == "host":
        return ["both would use the host's network"]
    if mode.startswith("container:"):
        return ["both would use the same network namespace"]
    return []


def _host_ports(inputs: Values) -> set[tuple[int, str]]:
    return {
        (port["external"], port.get("protocol") or "tcp")
        for _, port in objects(inputs, "ports")
        if isinstance(port.get("external"), int) and port["external"]
    }


def _addresses(inputs: Values) -> set[str]:
    return {
        entry[key]
        for _, entry in objects(inputs, "networksAdvanced")
        for key in ("ipv4Address", "ipv6Address", "macAddress")
        if isinstance(entry.get(key), str) and entry[key]
    }


def _volumes(inputs: Values) -> set[str]:
    """The named volumes mounted read-write."""
    named: set[Any] = set()
    for _, volume in objects(inputs, "volumes"):
        if not volume.get("hostPath") and not volume.get("readOnly"):
            named.add(volume.get("volumeName") or "")
    for _, mount in objects(inputs, "mounts"):
        if mount.get("type") == "volume" and not mount.get("readOnly"):
            named.add(mount.get("source") or "")
    return {name for name in named if isinstance(name, str) and name}


def _writes_for_others(inputs: Values) -> bool:
    """Whether it writes to all mounts of another container. Which ones these are is not compared:
    a replaced container has another id and the same volumes."""
    return any(
        volume.get("fromContainer") and not volume.get("readOnly")
        for _, volume in objects(inputs, "volumes")
    )


def _folders(inputs: Values) -> set[str]:
    """The host folders and files mounted read-write, without sockets and devices."""
    named = [
        volume.get("hostPath")
        for _, volume in objects(inputs, "volumes")
        if not volume.get("readOnly")
    ]
    named += [
        mount.get("source")
        for _, mount in objects(inputs, "mounts")
        if mount.get("type") == "bind" and not mount.get("readOnly")
    ]
    paths = (str(PurePosixPath(each)) for each in named if isinstance(each, str) and each)
    return {
        path
        for path in paths
        if not path.endswith(".sock")
        and not any(path == each or path.startswith(f"{each}/") for each in _SHARED_FOLDERS)
    }


def _overlap(one: str, other: str) -> bool:
    """Whether the folders are the same, or one contains the other."""
    first, second = PurePosixPath(one), PurePosixPath(other)
    return first.is_relative_to(second) or second.is_relative_to(first)
