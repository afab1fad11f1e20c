"""docker:index/tag:Tag: another name for an image on the engine."""

from __future__ import annotations

from typing import ClassVar

from causeway.engine.faults import Fault, NotFound
from causeway.provider.inputs.plain import UNKNOWN
from causeway.provider.resource.kind import Context, ResourceKind
from causeway.provider.resource.values import Diff, Failure, Values, changed

from . import local as local_image
from . import registry

INPUTS = {"sourceImage": "honoured", "targetImage": "honoured", "tagTriggers": "honoured"}


class TagKind(ResourceKind):
    token: ClassVar[str] = "docker:index/tag:Tag"

    def check(
        self, ctx: Context, name: str, old: Values | None, new: Values, seed: bytes
    ) -> tuple[Values, list[Failure]]:
        failures = [Failure(key, "is not an input of a tag") for key in new.keys() - INPUTS.keys()]
        failures += [
            Failure(key, "required") for key in ("sourceImage", "targetImage") if not new.get(key)
        ]
        return new, failures

    def diff(
        self, ctx: Context, id: str, old_inputs: Values, old_state: Values, new: Values
    ) -> Diff:
        return Diff({key: "replace" for key in changed(old_inputs, new)})

    def create(self, ctx: Context, name: str, inputs: Values) -> tuple[str, Values]:
        if ctx.preview:
            return "", {**inputs, "sourceImageId": UNKNOWN}
        source, target = str(inputs["sourceImage"]), str(inputs["targetImage"])
        found = local_image.find(ctx, source)
        if found is None:
            raise Fault(
                f"image {source} is not on the engine, so it cannot be tagged\n"
                "  what to do: check the spelling, or pull or build it first (docker.RemoteImage)"
            )
        repository, tag = registry.split(target)
        ctx.api.call("POST", f"/images/{found['Id']}/tag", params={"repo": repository, "tag": tag})
        return f"{source}.{target}", {**inputs, "sourceImageId": found["Id"]}

    def read(
        self, ctx: Context, id: str, inputs: Values, state: Values
    ) -> tuple[str, Values, Values] | None:
        target = inputs.get("targetImage") or id.split(".", 1)[-1]
        found = local_image.find(ctx, str(target))
        if found is None or state.get("sourceImageId", found["Id"]) != found["Id"]:
            # Removed, or moved to another image: in both cases the tag has to be set again.
            return None
        if not inputs:
            raise Fault("a tag cannot be imported: declare it, since setting it again is harmless")
        return id, {**state, **inputs, "sourceImageId": found["Id"]}, inputs

    def update(
        self, ctx: Context, id: str, old_inputs: Values, old_state: Values, new: Values
    ) -> Values:
        return {**old_state, **new}

    def delete(self, ctx: Context, id: str, inputs: Values, state: Values) -> None:
        target = str(inputs.get("targetImage") or state.get("targetImage"))
        found = local_image.find(ctx, target)
        if found is None or found["Id"] != state.get("sourceImageId"):
            return
        if len(found.get("RepoTags") or []) == 1:
            # The source's own name no longer exists: removing the last name removes the image.
            ctx.log("info", f"{target} is kept, because it is the image's last name")
            return
        try:
            ctx.api.call("DELETE", f"/images/{target}")
        except NotFound:
            return
