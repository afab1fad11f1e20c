"""docker:index/registryImage:RegistryImage: an image of the engine, pushed to its registry.

The image must be there under its name: docker.Image, docker.RemoteImage or docker.Tag see to it.
"""

from __future__ import annotations

from typing import ClassVar

from . import local_image, registry, registry_api
from .faults import Fault
from .input_table import HONOURED, refusals
from .plain import UNKNOWN
from .resource import Context, Diff, Failure, ResourceKind, Values, changed

_BUILD = (
    "refused: build the image with docker.Image and push it by its name "
    "(the two steps then show in the preview)"
)
INPUTS: dict[str, str] = {
    "name": HONOURED,
    "authConfig.address": HONOURED,
    "authConfig.username": HONOURED,
    "authConfig.password": HONOURED,
    "insecureSkipVerify": HONOURED,
    "keepRemotely": HONOURED,
    "triggers": HONOURED,
    "build": _BUILD,
}
# What only matters for a later call to the registry.
_RECORDED = ("authConfig", "insecureSkipVerify", "keepRemotely")


class RegistryImageKind(ResourceKind):
    token: ClassVar[str] = "docker:index/registryImage:RegistryImage"

    def check(
        self, ctx: Context, name: str, old: Values | None, new: Values, seed: bytes
    ) -> tuple[Values, list[Failure]]:
        failures = refusals(new, INPUTS)
        if not new.get("name"):
            failures.append(Failure("name", "is needed: registry/repository:tag"))
        return new, failures

    def diff(
        self, ctx: Context, id: str, old_inputs: Values, old_state: Values, new: Values
    ) -> Diff:
        return Diff(
            {key: "update" if key in _RECORDED else "replace" for key in changed(old_inputs, new)}
        )

    def create(self, ctx: Context, name: str, inputs: Values) -> tuple[str, Values]:
        if ctx.preview:
            return "", {**inputs, "sha256Digest": UNKNOWN}
        image = str(inputs["name"])
        if local_image.find(ctx, image) is None:
            raise Fault(
                f"image {image} is not on the engine, so it cannot be pushed\n"
                "  what to do: build it under that name (docker.Image) or give it that name "
                "(docker.Tag)"
            )
        digest = registry.push(ctx, image, _own(inputs))
        return digest, {**inputs, "sha256Digest": digest}

    def read(
        self, ctx: Context, id: str, inputs: Values, state: Values
    ) -> tuple[str, Values, Values] | None:
        if not inputs:
            raise Fault("an image in a registry cannot be imported: declare it, it is pushed again")
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
            # Somebody pushed another image under the name: this one is no longer there.
            return None
        return id, {**inputs, "sha256Digest": digest}, inputs

    def update(
        self, ctx: Context, id: str, old_inputs: Values, old_state: Values, new: Values
    ) -> Values:
        return {**old_state, **new}

    def delete(self, ctx: Context, id: str, inputs: Values, state: Values) -> None:
        if inputs.get("keepRemotely"):
            return
        registry_api.remove(
            ctx.config,
            str(inputs.get("name") or state["name"]),
            _own(inputs),
            insecure=bool(inputs.get("insecureSkipVerify")),
        )


def _own(inputs: Values) -> Values | None:
    """The resource's own credentials in the form that `registry_auth` takes."""
    own = inputs.get("authConfig")
    if not own:
        return None
    return {
        "server": own.get("address"),
        "username": own.get("username"),
        "password": own.get("password"),
    }
