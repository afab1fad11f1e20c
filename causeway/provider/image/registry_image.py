"""docker:index/registryImage:RegistryImage: pushes an image on the engine to its registry.

With a `build` block, the image is built under its name first. Otherwise it must exist:
docker.Image, docker.RemoteImage or docker.Tag create it.
"""

from __future__ import annotations

from typing import ClassVar

from causeway.engine.faults import Fault
from causeway.provider.inputs.plain import UNKNOWN
from causeway.provider.inputs.table import HONOURED, refusals
from causeway.provider.resource.kind import Context, ResourceKind
from causeway.provider.resource.values import Diff, Failure, Values, changed

from . import local as local_image
from . import options as build_options
from . import registry, registry_api

INPUTS: dict[str, str] = {
    "name": HONOURED,
    "authConfig.address": HONOURED,
    "authConfig.username": HONOURED,
    "authConfig.password": HONOURED,
    "insecureSkipVerify": HONOURED,
    "keepRemotely": HONOURED,
    "triggers": HONOURED,
    **build_options.INPUTS,
}
# Inputs that affect only later calls to the registry.
_RECORDED = ("authConfig", "insecureSkipVerify", "keepRemotely")


class RegistryImageKind(ResourceKind):
    token: ClassVar[str] = "docker:index/registryImage:RegistryImage"

    def __init__(self) -> None:
        # Repository and digest of the images that this run replaces, and of those that came out the
        # same: a deletion goes by digest and would remove all tags of it.
        self._replaced: set[tuple[str, str]] = set()
        self._pushed_again = local_image.ReusedImages()
        self._built_again = local_image.ReusedImages()

    def check(
        self, ctx: Context, name: str, old: Values | None, new: Values, seed: bytes
    ) -> tuple[Values, list[Failure]]:
        inputs = {key: value for key, value in new.items() if key != build_options.DIGEST}
        failures = refusals(inputs, INPUTS)
        if not inputs.get("name"):
            failures.append(Failure("name", "required: registry/repository:tag"))
        more, found = build_options.check(inputs)
        return inputs | more, failures + found

    def diff(
        self, ctx: Context, id: str, old_inputs: Values, old_state: Values, new: Values
    ) -> Diff:
        diff = Diff(build_options.changes(old_inputs, new))
        for key in changed(old_inputs, new):
            if key not in ("build", build_options.DIGEST):
                diff.changes[key] = "update" if key in _RECORDED else "replace"
        if diff.replaces:
            self._replaced.add((_repository(str(old_inputs.get("name"))), id))
        return diff

    def create(self, ctx: Context, name: str, inputs: Values) -> tuple[str, Values]:
        if ctx.preview:
            return "", {**inputs, "sha256Digest": UNKNOWN}
        image = str(inputs["name"])
        names = [image, *((inputs.get("build") or {}).get("tags") or [])]
        before = {name: local_image.find(ctx, name) for name in names}
        built = {}
        if inputs.get("build"):
            built = {"imageId": build_options.run(ctx, inputs)}
            self._built_again.note_same(before, built["imageId"])
        elif before[image] is None:
            raise Fault(
                f"image {image} is not on the engine, so it cannot be pushed\n"
                "  what to do: build it under that name (`build`, or docker.Image) or tag it with "
                "that name (docker.Tag)"
            )
        digest = registry.push(ctx, image, _own(inputs))
        if (_repository(image), digest) in self._replaced:
            self._pushed_again.note(_repository(image), digest)
        return digest, {**inputs, **built, "sha256Digest": digest}

    def read(
        self, ctx: Context, id: str, inputs: Values, state: Values
    ) -> tuple[str, Values, Values] | None:
        if not inputs:
            raise Fault("an image in a registry cannot be imported: declare it, to push it again")
        try:
            digest = registry_api.digest(
                ctx.config,
                str(inputs["name"]),
                _own(inputs),
                insecure=bool(inputs.get("insecureSkipVerify")),
            )
        except Fault as fault:
            if "is not in its registry" in str(fault):
                return None
            raise
        if digest != state.get("sha256Digest"):
            # Another image was pushed under the name: this one no longer exists there.
            return None
        built = {"imageId": state["imageId"]} if "imageId" in state else {}
        return id, {**inputs, **built, "sha256Digest": digest}, inputs

    def update(
        self, ctx: Context, id: str, old_inputs: Values, old_state: Values, new: Values
    ) -> Values:
        return {**old_state, **new}

    def delete(self, ctx: Context, id: str, inputs: Values, state: Values) -> None:
        image = str(inputs.get("name") or state["name"])
        if "imageId" in state:
            local_image.remove_tag(ctx, image, state["imageId"], self._built_again)
            for tag in (inputs.get("build") or {}).get("tags") or []:
                local_image.remove_tag(ctx, tag, state["imageId"], self._built_again)
        if inputs.get("keepRemotely") or self._pushed_again.take(_repository(image), id):
            return
        registry_api.remove(
            ctx.config, image, id, _own(inputs), insecure=bool(inputs.get("insecureSkipVerify"))
        )


def _repository(image: str) -> str:
    where = registry_api.place(image)
    return f"{where.host}/{where.repository}"


def _own(inputs: Values) -> Values | None:
    """The resource's own credentials in the form that `registry_auth` expects."""
    own = inputs.get("authConfig")
    if not own:
        return None
    return {
        "server": own.get("address"),
        "username": own.get("username"),
        "password": own.get("password"),
    }
