"""Which changed inputs are made in place, which need a new container, and who goes first then."""

from __future__ import annotations

from typing import Any

from .container_body import QUOTAS, attachments, is_exclusive
from .container_fields import BY_NAME
from .container_reload import ORDER, changes_in_place, label, without_control
from .endpoints import canonical
from .plain import has_unknown, objects
from .resource import Change, Diff, Values

# Limits that the Engine API can set but not take away: zero means "leave as it is" there.
_LIMITS = (
    "memory", "memoryReservation", "memorySwap", "cpus", "cpuShares", "cpuSet", "cpuPeriod",
    "cpuQuota",
)  # fmt: skip


def normal(name: str, inputs: Values) -> Any:
    """An input in the form that is compared: the default filled in, order and spelling aside."""
    field = BY_NAME[name]
    value = inputs.get(name)
    if name in QUOTAS and inputs.get("cpus"):
        return None
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
    if old == new:
        return found
    for name, field in BY_NAME.items():
        if name == "networksAdvanced":
            if _networks(old) != _networks(new):
                found[name] = "update"
        elif name == "networkMode" and _without_mode(old) and _without_mode(new):
            continue
        elif normal(name, old) != normal(name, new):
            found[name] = "replace" if field.change == "replace" else "update"
            if name == "name" and new.get("name") is None:
                # The name is the plugin's choice from now on: the one it has will do.
                del found[name]
    if "uploads" in found and changes_in_place(old, new):
        found["uploads"] = "update"
    if "labels" in found and _same_but_control(old, new):
        found["labels"] = "update"
    for name in found:
        if name in _LIMITS and (not new.get(name) or _conflicts(name, old)):
            found[name] = "replace"
    return found


def _same_but_control(old: Values, new: Values) -> bool:
    """Whether the labels that the engine has to know are the same."""
    kept = [{"labels": without_control(inputs.get("labels"))} for inputs in (old, new)]
    return bool(normal("labels", kept[0]) == normal("labels", kept[1]))


def _without_mode(inputs: Values) -> bool:
    """Whether networksAdvanced decides alone, whatever networkMode says beside it."""
    return bool(inputs.get("networksAdvanced")) and not is_exclusive(inputs.get("networkMode"))


def _conflicts(name: str, old: Values) -> bool:
    """The engine refuses `cpus` on a container with a period or quota, and the reverse."""
    if name == "cpus":
        return any(old.get(quota) for quota in QUOTAS)
    return name in QUOTAS and bool(old.get("cpus"))


def plan(old: Values, state: Values, new: Values) -> Diff:
    """The whole difference, with the order of a replacement and its reason."""
    diff = Diff(changes=changes(old, new))
    decide_order(diff, old, state, new)
    return diff


def decide_order(diff: Diff, old: Values, state: Values, new: Values) -> None:
    """Say which container goes first when the difference needs a new one, and why."""
    if not diff.replaces:
        return
    obstacles = what_clashes(old, state, new)
    diff.delete_before_replace = bool(obstacles)
    why = f"replaced because of {', '.join(diff.replaces)}"
    diff.reason = (
        f"{why}; the old container stops first: {'; '.join(obstacles)}"
        if obstacles
        else f"{why}; the new container starts first"
    )


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
    if label(new, ORDER) == "stop-first":
        clashes.append("stop-first is asked for")
    return clashes


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
    named: set[str] = set()
    for _, volume in objects(inputs, "volumes"):
        if not volume.get("hostPath") and not volume.get("readOnly"):
            named.add(volume.get("volumeName") or "")
    for _, mount in objects(inputs, "mounts"):
        if mount.get("type") == "volume" and not mount.get("readOnly"):
            named.add(mount.get("source") or "")
    return {name for name in named if isinstance(name, str) and name}
