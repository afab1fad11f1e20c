"""Decides which changes update a container in place, which replace it, and in which order."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from causeway.contract import RENEW_LABEL
from causeway.provider.inputs.plain import has_unknown, objects
from causeway.provider.resource.values import Change, Diff, Values

from .body import QUOTAS, attachments, is_exclusive
from .endpoints import canonical
from .exclusive import clashes
from .fields import BY_NAME
from .reload import changes_in_place, label, without_control

# Limits that the Engine API can set but not remove: zero leaves them unchanged.
_LIMITS = (
    "memory", "memoryReservation", "memorySwap", "cpus", "cpuShares", "cpuSet", "cpuPeriod",
    "cpuQuota",
)  # fmt: skip


def normal(name: str, inputs: Values) -> Any:
    """An input in the form that is compared: with its default, regardless of order and spelling."""
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
    """Property -> the change it needs, in the order of the table."""
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
                # From now on the plugin chooses the name, so the container keeps the one it has.
                del found[name]
    if "uploads" in found and changes_in_place(old, new):
        found["uploads"] = "update"
    if "labels" in found and _same_but_control(old, new):
        found["labels"] = "update"
    for name in found:
        if name in _LIMITS and (not new.get(name) or _conflicts(name, old)):
            found[name] = "replace"
    return found


def added_bare_names(old: Values, new: Values) -> frozenset[str]:
    """The names without a value that `envs` gains, if it changes in nothing else."""
    before, after = (inputs.get("envs") or [] for inputs in (old, new))
    if has_unknown(before) or has_unknown(after):
        return frozenset()
    added = {line for line in after if line not in before}
    same = set(after) - added == set(before)
    return frozenset(added) if same and not any("=" in line for line in added) else frozenset()


def _same_but_control(old: Values, new: Values) -> bool:
    """Whether the labels are equal, apart from those that only the plugin reads."""
    kept = [{"labels": without_control(inputs.get("labels"))} for inputs in (old, new)]
    return bool(normal("labels", kept[0]) == normal("labels", kept[1]))


def _without_mode(inputs: Values) -> bool:
    """Whether networksAdvanced alone decides, whatever networkMode says."""
    return bool(inputs.get("networksAdvanced")) and not is_exclusive(inputs.get("networkMode"))


def _conflicts(name: str, old: Values) -> bool:
    """Whether the engine rejects the update: `cpus` conflicts with a CPU period or quota."""
    if name == "cpus":
        return any(old.get(quota) for quota in QUOTAS)
    return name in QUOTAS and bool(old.get("cpus"))


def plan(old: Values, state: Values, new: Values, moved: Iterable[str] = ()) -> Diff:
    """The whole difference, with the order of a replacement and its reason.

    `moved` are the mount points of anonymous volumes that move to the new container.
    """
    diff = Diff(changes=changes(old, new))
    if diff.replaces:
        tell_order(diff, old, state, new, moved)
    return diff


def tell_order(diff: Diff, old: Values, state: Values, new: Values, moved: Iterable[str]) -> None:
    """Set the reason: which container goes first, and why. Pulumi always creates the new one first;
    where the old one has to stop, the creation stops it and keeps it until the new one runs."""
    obstacles = clashes(old, state.get("name", old.get("name")), new, moved)
    why = f"replaced because of {', '.join(diff.replaces)}"
    diff.reason = (
        f"{why}; the old container stops first: {'; '.join(obstacles)}"
        if obstacles
        else f"{why}; the new container starts first"
    )


def anonymous(listed: dict[str, Any] | None, old: Values, new: Values) -> list[str]:
    """The mount points of a container's anonymous volumes, which its replacement takes over."""
    if listed is None or label(new, RENEW_LABEL) == "true":
        return []
    named = {each.get("volumeName") for _, each in objects(old, "volumes")}
    named |= {each.get("source") for _, each in objects(old, "mounts")}
    return [
        mount["Destination"]
        for mount in listed.get("Mounts") or []
        if mount.get("Type") == "volume" and mount.get("Name") not in named
    ]
