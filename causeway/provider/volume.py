"""docker.Volume: a named volume, whose data is deleted only with explicit permission.

The engine cannot change a volume: changed labels are only recorded; another driver would need a new
volume and is rejected. A volume that a killed run of this state began, or that `destroy` kept, is
taken over with its data; a volume of another owner never is.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Any, ClassVar

from causeway.contract import PROJECT_LABEL, STATE_LABEL
from causeway.engine.client import filters
from causeway.engine.faults import EngineError, Fault, NotFound
from causeway.provider.container.values import in_order
from causeway.provider.inputs.plain import UNKNOWN, has_unknown
from causeway.provider.inputs.table import HONOURED, refusals
from causeway.provider.resource.kind import Context, ResourceKind
from causeway.provider.resource.ownership import (
    foreign_labels,
    is_ours,
    own_labels,
    owner,
)
from causeway.provider.resource.values import Diff, Failure, Values

_CLUSTER = (
    "refused: cluster volumes need a swarm with a CSI plugin, which this provider does not "
    "support; use a volume driver that reaches the storage from every node"
)
INPUTS: dict[str, str] = {
    "name": HONOURED,
    "driver": HONOURED,
    "driverOpts": HONOURED,
    "labels.label": HONOURED,
    "labels.value": HONOURED,
    "cluster": _CLUSTER,
}
# The environment variable that permits deleting data: comma-separated names of volumes.
DELETE_DATA = "CAUSEWAY_DELETE_DATA"
# The label of volumes that a Compose file declares; `docker compose down` keeps them as well.
_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+")


class VolumeKind(ResourceKind):
    """One volume; the id is its name."""

    token: ClassVar[str] = "docker:index/volume:Volume"
    reuses_id: ClassVar[bool] = True

    def check(
        self, ctx: Context, name: str, old: Values | None, new: Values, seed: bytes
    ) -> tuple[Values, list[Failure]]:
        inputs = dict(new)
        failures = refusals(inputs, INPUTS)
        inputs["driver"] = inputs.get("driver") or "local"
        if not inputs.get("name"):
            inputs["name"] = _automatic_name(name, old or {}, seed)
        chosen = inputs["name"]
        if chosen is not UNKNOWN and not (isinstance(chosen, str) and _NAME.fullmatch(chosen)):
            reason = f"{chosen!r} is not a valid volume name: two or more of letters, digits, _ . -"
            failures.append(Failure("name", reason))
        if failures or has_unknown(inputs):
            return inputs, failures
        if old is None or old.get("name") != chosen:
            failures += _in_the_way(ctx, chosen, inputs)
        elif not may_delete(chosen):
            failures += _other_volume(old, inputs)
        return inputs, failures

    def diff(
        self, ctx: Context, id: str, old_inputs: Values, old_state: Values, new: Values
    ) -> Diff:
        diff = Diff()
        before, after = _canonical(old_inputs), _canonical(new)
        for key in sorted(after):
            if before[key] != after[key]:
                diff.changes[key] = "update" if key == "labels" else "replace"
        if diff.replaces and new.get("name") in (id, UNKNOWN):
            # Two volumes cannot share a name: the engine would return the old one.
            diff.delete_before_replace = True
            diff.reason = (
                f"a volume cannot be changed in place ({', '.join(diff.replaces)}): the old one is "
                f"deleted first, with its data, as {DELETE_DATA} allows"
            )
        elif diff.replaces:
            diff.reason = f"a new volume; {id} stays on the engine with its data"
        elif diff.changes:
            diff.reason = "the volume and its data stay; the labels of a volume cannot be changed"
        return diff

    def missing_reason(self, ctx: Context, id: str, inputs: Values, state: Values) -> str | None:
        # Noticed before a container needs it: the engine would create a volume without labels then.
        if id in ctx.cache.volumes() or _find(ctx, id) is not None:
            return None
        return "the volume was removed"

    def create(self, ctx: Context, name: str, inputs: Values) -> tuple[str, Values]:
        if ctx.preview:
            return "", {**inputs, "mountpoint": UNKNOWN}
        chosen = inputs["name"]
        existing = _find(ctx, chosen)
        if existing is not None and (different := _differences(existing, inputs)):
            if not (may_delete(chosen) and _is_mine(ctx, existing)):
                raise Fault(_differs(ctx, chosen, different))
            _delete(ctx, chosen)
            existing = None
        if existing is not None:
            if not _is_mine(ctx, existing):
                raise Fault(_taken(chosen, existing))
            return chosen, _state(inputs, existing)
        ctx.begin()
        made = ctx.api.call(
            "POST",
            "/volumes/create",
            body={
                "Name": chosen,
                "Driver": inputs.get("driver") or "local",
                "DriverOpts": inputs.get("driverOpts") or {},
                "Labels": {**_labels(inputs), **own_labels(ctx)},
            },
        )
        return chosen, _state(inputs, made)

    def read(
        self, ctx: Context, id: str, inputs: Values, state: Values
    ) -> tuple[str, Values, Values] | None:
        found = _find(ctx, id)
        if found is None:
            return None
        actual = _inputs_of(found)
        before, seen = _canonical(inputs), _canonical(actual)
        # Declared inputs keep their spelling where it means the same. Labels always do: nobody can
        # change them, so a difference was declared after the creation.
        stays = ("labels",) if inputs else ()
        kept = {k: v for k, v in inputs.items() if before.get(k) == seen.get(k) or k in stays}
        differing = {
            k: v for k, v in actual.items() if before.get(k) != seen.get(k) and k not in stays
        }
        merged = {**kept, **differing}
        return id, _state(merged, found), merged

    def update(
        self, ctx: Context, id: str, old_inputs: Values, old_state: Values, new: Values
    ) -> Values:
        # Only labels differ here: every other difference is a replacement.
        return {**old_state, **new}

    def delete(self, ctx: Context, id: str, inputs: Values, state: Values) -> None:
        replaced = ctx.current == id and state.get("name") == id
        declared = PROJECT_LABEL in _labels(inputs)
        if (replaced or declared) and not may_delete(id):
            ctx.log(
                "info",
                f"volume {id} stays on the engine with its data: remove it with "
                f"`docker volume rm {id}` ({DELETE_DATA}={id} would have removed it)",
            )
            return
        _delete(ctx, id)


def may_delete(name: str) -> bool:
    """Whether CAUSEWAY_DELETE_DATA permits deleting this volume's data."""
    given = (each.strip() for each in os.environ.get(DELETE_DATA, "").split(","))
    return name in given


def _delete(ctx: Context, name: str) -> None:
    try:
        ctx.api.call("DELETE", f"/volumes/{name}")
    except NotFound:
        return
    except EngineError as error:
        users = _users(ctx, name) if error.status == 409 else []
        if not users:
            raise
        raise Fault(
            f"volume {name} is used by {', '.join(users)} and was not removed\n"
            "  what to do: remove these containers (`docker rm`) and run again"
        ) from None


def _automatic_name(logical: str, old: Values, seed: bytes) -> str:
    base = re.sub(r"[^a-zA-Z0-9_.-]+", "-", logical)
    kept = old.get("name")
    if isinstance(kept, str) and re.fullmatch(rf"{re.escape(base)}-[0-9a-f]{{7}}", kept):
        return kept
    return f"{base}-{seed.hex()[:7]}"


def _find(ctx: Context, name: str) -> dict[str, Any] | None:
    found: dict[str, Any] | None = ctx.api.find(f"/volumes/{name}")
    return found


def _is_mine(ctx: Context, existing: dict[str, Any]) -> bool:
    """Whether a volume is this state's, now or before a `destroy` that kept the volume."""
    labels = existing.get("Labels") or {}
    kept = labels.get(STATE_LABEL) in ctx.origin.before
    return kept or is_ours(ctx, labels, existing["Name"], certain=True)


def _in_the_way(ctx: Context, name: str, inputs: Values) -> Iterator[Failure]:
    """An existing volume of that name that is not this state's, or differs from the inputs."""
    existing = _find(ctx, name)
    if existing is None:
        return
    if not _is_mine(ctx, existing):
        yield Failure("name", _taken(name, existing))
    elif strangers := _strangers(ctx, name):
        yield Failure(
            "name",
            f"the volume {name!r} is in use by {'; '.join(strangers)}, not in the state: two "
            "containers would write to it. Remove that container first (`docker rm -f`)",
        )
    elif (different := _differences(existing, inputs)) and not may_delete(name):
        yield Failure(different[0], _differs(ctx, name, different))


def _strangers(ctx: Context, name: str) -> list[str]:
    """The running containers that use the volume and are not this state's."""
    using = ctx.api.call("GET", "/containers/json", params=filters(volume=[name]))
    return sorted(
        f"{container['Names'][0].lstrip('/')} ({owner(container.get('Labels'))})"
        for container in using
        if not is_ours(ctx, container.get("Labels"), container["Id"], certain=True)
    )


def _taken(name: str, existing: dict[str, Any]) -> str:
    whose = owner(existing.get("Labels"), existing.get("CreatedAt") or "")
    return (
        f"the engine has a volume {name!r} that is not this stack's ({whose}): choose another "
        "name, declare it as `external: true` to use its data and never delete it, or remove it "
        f"with its data (`docker volume rm {name}`)"
    )


def _differences(existing: dict[str, Any], inputs: Values) -> list[str]:
    actual, wanted = _canonical(_inputs_of(existing)), _canonical(inputs)
    return [key for key in ("driver", "driverOpts") if actual[key] != wanted[key]]


def _differs(ctx: Context, name: str, different: list[str]) -> str:
    return (
        f"the volume {name!r} exists with its data and differs in {', '.join(different)}, which "
        f"only a new volume can have: choose another name, or allow the data to be deleted with "
        f"{DELETE_DATA}={name}"
    )


def _other_volume(old: Values, new: Values) -> Iterator[Failure]:
    """The changes that would delete the data."""
    before, after = _canonical(old), _canonical(new)
    for key in ("driver", "driverOpts"):
        if before[key] != after[key]:
            yield Failure(
                key,
                f"the volume {new['name']!r} cannot be changed in place, and a new one would start "
                "without the data: choose another name for the new one, or allow the data to be "
                f"deleted with {DELETE_DATA}={new['name']} in the environment of this command",
            )


def _users(ctx: Context, name: str) -> list[str]:
    using = {"all": 1} | filters(volume=[name])
    containers = ctx.api.call("GET", "/containers/json", params=using)
    return sorted(container["Names"][0].lstrip("/") for container in containers)


def _labels(inputs: Values) -> dict[str, str]:
    return {item["label"]: item["value"] for item in inputs.get("labels") or []}


def _inputs_of(found: dict[str, Any]) -> Values:
    """The inputs that describe a volume on the engine."""
    labels = foreign_labels(found.get("Labels"))
    return {
        "name": found["Name"],
        "driver": found["Driver"],
        "driverOpts": found.get("Options") or {},
        "labels": [{"label": key, "value": labels[key]} for key in sorted(labels)],
    }


def _canonical(inputs: Values) -> Values:
    """Inputs in the form that is compared: with defaults, labels regardless of order."""
    return {
        "name": inputs.get("name"),
        "driver": inputs.get("driver") or "local",
        "driverOpts": inputs.get("driverOpts") or {},
        "labels": in_order(inputs.get("labels")) or [],
    }


def _state(inputs: Values, found: dict[str, Any]) -> Values:
    return {**inputs, "driver": found["Driver"], "mountpoint": found.get("Mountpoint", "")}
