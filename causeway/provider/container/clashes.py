"""What two containers cannot both have at the same time: why an old one stops before a new one.

Ports, names and addresses are the engine's limits. Whatever both would write is the user's data:
there, `causeway.order: start-first` is the word that both may run for a while.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Any

from causeway.contract import ORDER_LABEL
from causeway.provider.inputs.plain import objects
from causeway.provider.resource.values import Values

from .reload import label

# Not data: what the kernel and daemons offer for many to use.
_SHARED_FOLDERS = ("/dev", "/proc", "/sys")


def clashes(old: Values, name: str | None, new: Values, moved: Iterable[str] = ()) -> list[str]:
    """Why the old container, with these inputs and this name on the engine, has to stop first.

    `moved` are the folders of anonymous volumes that go over to the new one.
    """
    found = unshareable(old, name, new)
    order = label(new, ORDER_LABEL)
    if order != "start-first":
        found += written_by_both(old, new)
        found += [f"the anonymous volume at {folder} moves over" for folder in sorted(moved)]
        found += _same_namespace(old, new)
    if order == "stop-first":
        found.append("stop-first is asked for")
    return found


def unshareable(old: Values, name: str | None, new: Values) -> list[str]:
    """Host ports, a name and addresses that both want: the engine gives them once."""
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
    """Named volumes and folders of the machine that both mount for writing."""
    found = [
        f"volume {volume} is written by both" for volume in sorted(_volumes(old) & _volumes(new))
    ]
    folders = {
        max(one, other, key=len)
        for one in _folders(old)
        for other in _folders(new)
        if _overlap(one, other)
    }
    return found + [f"{folder} is written by both" for folder in sorted(folders)]


def _same_namespace(old: Values, new: Values) -> list[str]:
    mode = new.get("networkMode")
    if not isinstance(mode, str) or mode != old.get("networkMode"):
        return []
    if mode == "host":
        return ["both would listen on the machine's own network"]
    if mode.startswith("container:"):
        return ["both would listen in the same network namespace"]
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
    """Named volumes mounted for writing."""
    named: set[Any] = set()
    for _, volume in objects(inputs, "volumes"):
        if not volume.get("hostPath") and not volume.get("readOnly"):
            named.add(volume.get("volumeName") or "")
    for _, mount in objects(inputs, "mounts"):
        if mount.get("type") == "volume" and not mount.get("readOnly"):
            named.add(mount.get("source") or "")
    return {name for name in named if isinstance(name, str) and name}


def _folders(inputs: Values) -> set[str]:
    """Folders and files of the machine mounted for writing; sockets and devices are not data."""
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
    """Whether one folder is the other or lies in it."""
    first, second = PurePosixPath(one), PurePosixPath(other)
    return first.is_relative_to(second) or second.is_relative_to(first)
