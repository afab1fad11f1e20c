"""Which changed inputs are made in place, which need a new container, and who goes first then."""

from __future__ import annotations

from typing import Any

from .container_body import attachments
from .container_fields import BY_NAME, Body
from .endpoints import canonical
from .plain import has_unknown
from .resource import Change, Diff, Values

# Limits that the Engine API can set but not take away: zero means "leave as it is" there.
_LIMITS = (
    "memory", "memoryReservation", "memorySwap", "cpus", "cpuShares", "cpuSet", "cpuPeriod",
    "cpuQuota",
)  # fmt: skip
_QUOTAS = ("cpuPeriod", "cpuQuota")


def normal(name: str, inputs: Values) -> Any:
    """An input in the form that is compared: the default filled in, order and spelling aside."""
    field = BY_NAME[name]
    value = inputs.get(name)
    if value is None or value in ("", [], {}):
        value = field.default
    if value is None or has_unknown(value):
        return value
    return field.normal(value)


def _networks(inputs: Values) -> Any:
    entries = attachments(inputs)
    if has_unknown(entries):
        return entries
    return {entry["name"]: canonical(entry) for entry in entries}


def changes(old: Values, new: Values) -> dict[str, Change]:
    """Property -> what its change needs, in the table's order."""
    found: dict[str, Change] = {}
    for name, field in BY_NAME.items():
        if name == "networksAdvanced":
            if _networks(old) != _networks(new):
                found[name] = "update"
        elif normal(name, old) != normal(name, new):
            found[name] = "replace" if field.change == "replace" else "update"
            if name == "name" and new.get("name") is None:
                # The name is the plugin's choice from now on: the one it has will do.
                del found[name]
    for name in found:
        if name in _LIMITS and (not new.get(name) or _conflicts(name, old)):
            found[name] = "replace"
    return found


def _conflicts(name: str, old: Values) -> bool:
    """The engine refuses `cpus` on a container with a period or quota, and the reverse."""
    if name == "cpus":
        return any(old.get(quota) for quota in _QUOTAS)
    return name in _QUOTAS and bool(old.get("cpus"))


def plan(old: Values, state: Values, new: Values) -> Diff:
    """The whole difference, with the order of a replacement and its reason."""
    diff = Diff(changes=changes(old, new))
    if diff.replaces:
        obstacles = what_clashes(old, state, new)
        diff.delete_before_replace = bool(obstacles)
        why = f"replaced because of {', '.join(diff.replaces)}"
        diff.reason = (
            f"{why}; the old container stops first: {'; '.join(obstacles)}"
            if obstacles
            else f"{why}; the new container starts first"
        )
    return diff


def what_clashes(old: Values, state: Values, new: Values) -> list[str]:
    """What the old and the new container cannot both have at the same time."""
    clashes = [
        f"host port {external}/{protocol} is fixed"
        for external, protocol in sorted(_host_ports(old) & _host_ports(new))
    ]
    if new.get("name") and new["name"] == state.get("name", old.get("name")):
        clashes.append(f"the name {new['name']!r} is fixed")
    clashes += [
        f"address {address} is fixed" for address in sorted(_addresses(old) & _addresses(new))
    ]
    clashes += [
        f"volume {volume} is written by both" for volume in sorted(_volumes(old) & _volumes(new))
    ]
    return clashes


def _host_ports(inputs: Values) -> set[tuple[int, str]]:
    return {
        (port["external"], port.get("protocol") or "tcp")
        for port in inputs.get("ports") or []
        if isinstance(port.get("external"), int) and port["external"]
    }


def _addresses(inputs: Values) -> set[str]:
    return {
        entry[key]
        for entry in inputs.get("networksAdvanced") or []
        for key in ("ipv4Address", "ipv6Address", "macAddress")
        if isinstance(entry.get(key), str) and entry[key]
    }


def _volumes(inputs: Values) -> set[str]:
    """Named volumes mounted for writing."""
    named: set[str] = set()
    items: list[Body] = inputs.get("volumes") or []
    for volume in items:
        if not volume.get("hostPath") and not volume.get("readOnly"):
            named.add(volume.get("volumeName") or "")
    for mount in inputs.get("mounts") or []:
        if mount.get("type") == "volume" and not mount.get("readOnly"):
            named.add(mount.get("source") or "")
    return {name for name in named if isinstance(name, str) and name}
