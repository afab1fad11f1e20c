"""docker.Volume: named storage. The engine cannot change a volume, so every difference replaces it.

A volume that an interrupted run of the same resource left is taken over with its data; one of
somebody else is only taken over when it is what the program describes, and a warning says so.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar

from .container_values import in_order
from .engine import filters
from .faults import EngineError, Fault, NotFound
from .input_table import HONOURED, refusals
from .ownership import URN_LABEL, foreign_labels, own_labels
from .plain import UNKNOWN
from .resource import Context, Diff, Failure, ResourceKind, Values

_CLUSTER = (
    "refused: cluster volumes need a Swarm with a CSI plugin, which this provider does not serve; "
    "use a volume driver that reaches the storage from every node"
)
INPUTS: dict[str, str] = {
    "name": HONOURED,
    "driver": HONOURED,
    "driverOpts": HONOURED,
    "labels.label": HONOURED,
    "labels.value": HONOURED,
    "cluster": _CLUSTER,
}
_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+")


class VolumeKind(ResourceKind):
    """One volume; the id is its name."""

    token: ClassVar[str] = "docker:index/volume:Volume"
    id_is_name: ClassVar[bool] = True

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
            reason = f"{chosen!r} is no volume name: two or more of letters, digits, _ . -"
            failures.append(Failure("name", reason))
        return inputs, failures

    def diff(
        self, ctx: Context, id: str, old_inputs: Values, old_state: Values, new: Values
    ) -> Diff:
        diff = Diff()
        before, after = _canonical(old_inputs), _canonical(new)
        for key in sorted(after):
            if before[key] != after[key]:
                diff.changes[key] = "replace"
        if diff.changes and new.get("name") in (id, UNKNOWN):
            # Two volumes cannot share a name: the engine would answer with the old one.
            diff.delete_before_replace = True
            diff.reason = (
                f"a volume cannot be changed in place ({', '.join(diff.changes)}): the old one "
                "goes first, with its data, because its name is needed"
            )
        return diff

    def lost(self, ctx: Context, id: str, inputs: Values, state: Values) -> str | None:
        # Seen before a container is created: the engine would make a volume without labels for it.
        if id in ctx.shared.volumes(ctx) or _find(ctx, id) is not None:
            return None
        return "the volume was removed"

    def create(self, ctx: Context, name: str, inputs: Values) -> tuple[str, Values]:
        if ctx.preview:
            return "", {**inputs, "mountpoint": UNKNOWN}
        chosen = inputs["name"]
        existing = _find(ctx, chosen)
        if existing is not None:
            _require_same(ctx, existing, inputs)
            return chosen, _state(inputs, existing)
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
        # What was declared keeps its spelling where it means the same.
        kept = {k: v for k, v in inputs.items() if before.get(k) == seen.get(k)}
        differing = {k: v for k, v in actual.items() if before.get(k) != seen.get(k)}
        merged = {**kept, **differing}
        return id, _state(merged, found), merged

    def update(
        self, ctx: Context, id: str, old_inputs: Values, old_state: Values, new: Values
    ) -> Values:
        # Only the order of labels can differ here: diff() replaces for everything else.
        return {**old_state, **new}

    def delete(self, ctx: Context, id: str, inputs: Values, state: Values) -> None:
        try:
            ctx.api.call("DELETE", f"/volumes/{id}")
        except NotFound:
            return
        except EngineError as error:
            users = _users(ctx, id) if error.status == 409 else []
            if not users:
                raise
            raise Fault(
                f"volume {id} is used by {', '.join(users)} and was not removed\n"
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


def _require_same(ctx: Context, existing: dict[str, Any], inputs: Values) -> None:
    """Refuse a volume that is not what is wanted; warn when it is somebody else's."""
    name = inputs["name"]
    ours = (existing.get("Labels") or {}).get(URN_LABEL) == ctx.urn
    actual, wanted = _canonical(_inputs_of(existing)), _canonical(inputs)
    different = [key for key in sorted(wanted) if actual[key] != wanted[key]]
    if different:
        raise Fault(
            f"a volume named {name!r} exists already and differs in {', '.join(different)}\n"
            f"  what to do: give this one another name, or `pulumi import {VolumeKind.token} "
            f"{ctx.name} {name}`, or remove it with its data (`docker volume rm {name}`)"
        )
    if not ours:
        ctx.log(
            "warning",
            f"volume {name} existed already and is managed by this stack from now on: "
            "`pulumi destroy` deletes it with its data (retain_on_delete keeps it)",
        )


def _users(ctx: Context, name: str) -> list[str]:
    using = {"all": 1} | filters(volume=[name])
    containers = ctx.api.call("GET", "/containers/json", params=using)
    return sorted(container["Names"][0].lstrip("/") for container in containers)


def _labels(inputs: Values) -> dict[str, str]:
    return {item["label"]: item["value"] for item in inputs.get("labels") or []}


def _inputs_of(found: dict[str, Any]) -> Values:
    """The inputs that describe a volume of the engine."""
    labels = foreign_labels(found.get("Labels"))
    return {
        "name": found["Name"],
        "driver": found["Driver"],
        "driverOpts": found.get("Options") or {},
        "labels": [{"label": key, "value": labels[key]} for key in sorted(labels)],
    }


def _canonical(inputs: Values) -> Values:
    """Inputs compared by meaning: defaults filled, labels without their order."""
    return {
        "name": inputs.get("name"),
        "driver": inputs.get("driver") or "local",
        "driverOpts": inputs.get("driverOpts") or {},
        "labels": in_order(inputs.get("labels")) or [],
    }


def _state(inputs: Values, found: dict[str, Any]) -> Values:
    return {**inputs, "driver": found["Driver"], "mountpoint": found.get("Mountpoint", "")}
