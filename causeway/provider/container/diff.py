"""Which changed inputs are made in place, which need a new container, and who goes first then."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from causeway.contract import RENEW_LABEL
from causeway.provider.inputs.plain import has_unknown, objects
from causeway.provider.resource.values import Change, Diff, Values

from .body import QUOTAS, attachments, is_exclusive
from .clashes import clashes
from .endpoints import canonical
from .fields import BY_NAME
from .reload import changes_in_place, label, without_control

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


def plan(old: Values, state: Values, new: Values, moved: Iterable[str] = ()) -> Diff:
    """The whole difference, with the order of a replacement and its reason.

    `moved` are the folders of anonymous volumes that go over to a new container.
    """
    diff = Diff(changes=changes(old, new))
    if diff.replaces:
        tell_order(diff, old, state, new, moved)
    return diff


def tell_order(diff: Diff, old: Values, state: Values, new: Values, moved: Iterable[str]) -> None:
    """Say which container goes first, and why. Pulumi is asked to create first in any case: where
    the old one has to stop, the creation does it, and keeps it until the new one stands."""
    obstacles = clashes(old, state.get("name", old.get("name")), new, moved)
    why = f"replaced because of {', '.join(diff.replaces)}"
    diff.reason = (
        f"{why}; the old container stops first: {'; '.join(obstacles)}"
        if obstacles
        else f"{why}; the new container starts first"
    )


def anonymous(listed: dict[str, Any] | None, old: Values, new: Values) -> list[str]:
    """The folders of a listed container's volumes that no input names, which its successor gets."""
    if listed is None or label(new, RENEW_LABEL) == "true":
        return []
    named = {each.get("volumeName") for _, each in objects(old, "volumes")}
    named |= {each.get("source") for _, each in objects(old, "mounts")}
    return [
        mount["Destination"]
        for mount in listed.get("Mounts") or []
        if mount.get("Type") == "volume" and mount.get("Name") not in named
    ]
