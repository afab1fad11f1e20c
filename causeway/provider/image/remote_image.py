"""docker.RemoteImage: uses an image on the engine by name, pulls it, or builds it under that name.

A local image of that name is used as it is, unless pullTriggers are set: then it is pulled. A
deletion removes the name from the engine unless keepLocally is set.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar

from causeway.engine.faults import Fault
from causeway.provider.inputs.plain import UNKNOWN, has_unknown
from causeway.provider.inputs.table import HONOURED, refusals
from causeway.provider.resource.kind import Context, ResourceKind
from causeway.provider.resource.values import Change, Diff, Failure, Values

from . import local as local_image
from . import options as build_options
from . import registry
from .image import NAME

INPUTS: dict[str, str] = {
    "name": HONOURED,
    "keepLocally": HONOURED,
    "forceRemove": HONOURED,
    "platform": HONOURED,
    "pullTriggers": HONOURED,
    "triggers": HONOURED,
    **build_options.INPUTS,
}
_REFERENCE = re.compile(
    rf"(?:{NAME.pattern})(?:@sha256:[0-9a-f]{{64}})?|(?:sha256:)?[0-9a-f]{{64}}"
)


class RemoteImageKind(ResourceKind):
    """One name of an image on the engine. The resource's id is the image's id followed by the name,
    as in the official plugin."""

    token: ClassVar[str] = "docker:index/remoteImage:RemoteImage"

    def __init__(self) -> None:
        self._adoptions = local_image.ReusedImages()

    def check(
        self, ctx: Context, name: str, old: Values | None, new: Values, seed: bytes
    ) -> tuple[Values, list[Failure]]:
        inputs = {key: value for key, value in new.items() if key != build_options.DIGEST}
        failures = refusals(inputs, INPUTS)
        image = inputs.get("name")
        if image is not UNKNOWN and not (isinstance(image, str) and _REFERENCE.fullmatch(image)):
            reason = f"{image!r} is not a valid image name: [registry/]repository[:tag][@digest]"
            failures.append(Failure("name", reason))
        more, found = build_options.check(inputs)
        return inputs | more, failures + found

    def diff(
        self, ctx: Context, id: str, old_inputs: Values, old_state: Values, new: Values
    ) -> Diff:
        changes: dict[str, Change] = {}
        for key in ("name", "platform"):
            if old_inputs.get(key) != new.get(key):
                changes[key] = "replace"
        if _as_set(old_inputs.get("pullTriggers")) != _as_set(new.get("pullTriggers")):
            changes["pullTriggers"] = "replace"
        if (old_inputs.get("triggers") or {}) != (new.get("triggers") or {}):
            changes["triggers"] = "replace"
        changes |= build_options.changes(old_inputs, new)
        for key in ("keepLocally", "forceRemove"):
            if bool(old_inputs.get(key)) != bool(new.get(key)):
                changes[key] = "update"
        return Diff(changes)

    def create(self, ctx: Context, name: str, inputs: Values) -> tuple[str, Values]:
        if ctx.preview:
            return "", {**inputs, "imageId": UNKNOWN, "repoDigest": UNKNOWN}
        image = inputs["name"]
        names = [image, *((inputs.get("build") or {}).get("tags") or [])]
        had = {name: local_image.find(ctx, name) for name in names}
        before = had[image]
        if inputs.get("build"):
            build_options.run(ctx, inputs)
        elif (
            before is None
            or inputs.get("pullTriggers")
            or not _is_for(before, inputs.get("platform"))
        ):
            if re.fullmatch(r"(?:sha256:)?[0-9a-f]{64}", image):
                raise Fault(
                    f"image {image} is not on the engine, and an id cannot be pulled\n"
                    "  what to do: name it by repository:tag or repository@digest"
                )
            registry.pull(ctx, image, inputs.get("platform"))
        found = local_image.find(ctx, image)
        if found is None:
            raise Fault(f"image {image}: the engine reported success, but the image does not exist")
        self._adoptions.note_same(had, found["Id"])
        return found["Id"] + image, _state(inputs, found)

    def read(
        self, ctx: Context, id: str, inputs: Values, state: Values
    ) -> tuple[str, Values, Values] | None:
        # An import gives the image's name; a resource's id is the image's id and its name.
        inputs = inputs or {"name": re.sub(r"^sha256:[0-9a-f]{64}(?=.)", "", id)}
        found = local_image.find(ctx, inputs["name"])
        if found is None:
            return None
        return found["Id"] + inputs["name"], _state(inputs, found), inputs

    def update(
        self, ctx: Context, id: str, old_inputs: Values, old_state: Values, new: Values
    ) -> Values:
        # Only options of the build and of the deletion can change in place.
        return {
            **new,
            "imageId": old_state.get("imageId"),
            "repoDigest": old_state.get("repoDigest"),
        }

    def delete(self, ctx: Context, id: str, inputs: Values, state: Values) -> None:
        kept = inputs or state
        image = kept["name"]
        image_id = state.get("imageId") or id.removesuffix(image)
        if kept.get("keepLocally"):
            self._adoptions.take(image, image_id)
            return
        force = bool(kept.get("forceRemove"))
        local_image.remove_tag(ctx, image, image_id, self._adoptions, force=force)
        for tag in (kept.get("build") or {}).get("tags") or []:
            local_image.remove_tag(ctx, tag, image_id, self._adoptions, force=force)


def _is_for(found: dict[str, Any], platform: str | None) -> bool:
    """Whether an image matches the parts that this platform specifies."""
    actual = (found.get("Os"), found.get("Architecture"), found.get("Variant") or None)
    wanted = (platform or "").split("/") if platform else []
    return all(a == w for a, w in zip(actual, wanted, strict=False) if a is not None)


def _as_set(values: Any) -> Any:
    """The triggers regardless of order; unchanged while one of them is unknown."""
    return values if has_unknown(values) else sorted(set(values or []))


def _state(inputs: Values, found: dict[str, Any]) -> Values:
    return {
        **inputs,
        "imageId": found["Id"],
        "repoDigest": local_image.repo_digest(found, inputs["name"]),
    }
