"""docker.Image: builds an image from a folder and, unless skipPush is set, pushes it to a registry.

Check adds the digest of the build context to the inputs, so a preview knows without building
whether a build is needed. The resource's id is the image's id; a tag that was moved is moved back.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

from causeway.contract import IMAGE_LABEL, STATE_LABEL, URN_LABEL
from causeway.engine import logins
from causeway.engine.faults import Fault
from causeway.provider.inputs.plain import UNKNOWN, has_unknown
from causeway.provider.inputs.table import HONOURED, refusals
from causeway.provider.resource.kind import Context, ResourceKind
from causeway.provider.resource.ownership import is_ours
from causeway.provider.resource.values import Change, Diff, Failure, Values

from . import build, registry, registry_auth
from . import local as local_image
from .context import BadContext

INPUTS: dict[str, str] = {
    "imageName": HONOURED,
    "skipPush": HONOURED,
    "buildOnPreview": HONOURED,
    "registry.server": HONOURED,
    "registry.username": HONOURED,
    "registry.password": HONOURED,
    "build.context": HONOURED,
    "build.dockerfile": HONOURED,
    "build.args": HONOURED,
    "build.target": HONOURED,
    "build.platform": HONOURED,
    "build.network": HONOURED,
    "build.cacheFrom.images": HONOURED,
    "build.addHosts": HONOURED,
    "build.builderVersion": HONOURED,
}
# A change of these results in another image. The paths of context and Dockerfile do not count,
# because the digest covers their content; a cache only makes the build faster.
_REBUILD = ("args", "target", "platform", "network", "addHosts")
# What follows the URN in the label: the state and checkout that built the image. One label holds
# all, since each label is a build step. Its name differs from those of other objects' labels,
# because a container inherits its image's labels.
_BUILDER = re.compile(r" state=(?P<state>\S*) checkout=(?P<checkout>.*)")
NAME = re.compile(
    r"(?:[a-zA-Z0-9.-]+(?::\d+)?/)?[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
    r"(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*(?::[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?"
)


class ImageKind(ResourceKind):
    """Builds with the engine's classic builder."""

    token: ClassVar[str] = "docker:index/image:Image"

    def __init__(self) -> None:
        self._adoptions = local_image.ReusedImages()

    def check(
        self, ctx: Context, name: str, old: Values | None, new: Values, seed: bytes
    ) -> tuple[Values, list[Failure]]:
        inputs = {key: value for key, value in new.items() if key != "contextDigest"}
        failures = refusals(inputs, INPUTS)
        inputs.setdefault("skipPush", False)
        inputs.setdefault("buildOnPreview", False)
        options = inputs.get("build") or {}
        failures += _check_name(inputs.get("imageName"))
        if options is UNKNOWN:
            return inputs | {"contextDigest": UNKNOWN}, failures
        failures += _check_build(options)
        digest, found = build.examine(
            options.get("context"), options.get("dockerfile"), beside=Path.cwd()
        )
        failures += found
        if not failures and (old or {}).get("imageName") != inputs["imageName"]:
            failures += _of_another(ctx, inputs["imageName"])
        return inputs | {"contextDigest": digest}, failures

    def diff(
        self, ctx: Context, id: str, old_inputs: Values, old_state: Values, new: Values
    ) -> Diff:
        changes: dict[str, Change] = {}
        for key in ("imageName", "contextDigest"):
            if old_inputs.get(key) != new.get(key):
                changes[key] = "replace"
        before, after = old_inputs.get("build") or {}, new.get("build") or {}
        if UNKNOWN in (before, after):
            changes["build"] = "replace"
        else:
            for key in sorted(before.keys() | after.keys()):
                if before.get(key) != after.get(key):
                    changes[f"build.{key}"] = "replace" if key in _REBUILD else "update"
        for key in ("skipPush", "buildOnPreview"):
            if old_inputs.get(key) != new.get(key):
                changes[key] = "update"
        if _server(old_inputs) != _server(new):
            changes["registry.server"] = "update"
        if old_state.get("imageId", id) != id:
            changes["imageId"] = "update"
        return Diff(changes)

    def create(self, ctx: Context, name: str, inputs: Values) -> tuple[str, Values]:
        if ctx.preview and (not inputs.get("buildOnPreview") or has_unknown(inputs)):
            return "", _state(inputs, UNKNOWN, UNKNOWN)
        image = inputs["imageName"]
        before = local_image.find(ctx, image)
        image_id = _build(ctx, inputs)
        if ctx.preview:
            known = image_id if inputs.get("skipPush") else UNKNOWN
            return "", _state(inputs, image_id, known)
        if before is not None and before["Id"] == image_id:
            self._adoptions.note(image, image_id)
        return image_id, _state(inputs, image_id, _publish(ctx, inputs, image_id))

    def read(
        self, ctx: Context, id: str, inputs: Values, state: Values
    ) -> tuple[str, Values, Values] | None:
        if not inputs:
            raise Fault(
                "a built image cannot be imported: it does not record what it was built from\n"
                "  what to do: let `pulumi up` build it, or import it as a docker.RemoteImage"
            )
        tagged = local_image.find(ctx, inputs["imageName"])
        if tagged is not None and tagged["Id"] == id:
            return id, {**state, "imageId": id}, inputs
        if local_image.find(ctx, id) is None:
            # A pushed image remains in its registry when it is removed from the engine.
            return None if inputs.get("skipPush") else (id, state, inputs)
        return id, {**state, "imageId": tagged["Id"] if tagged else ""}, inputs

    def update(
        self, ctx: Context, id: str, old_inputs: Values, old_state: Values, new: Values
    ) -> Values:
        digest = old_state.get("repoDigest")
        tag_moved = old_state.get("imageId", id) != id
        push = not new.get("skipPush") and (
            tag_moved or bool(old_inputs.get("skipPush")) or _server(old_inputs) != _server(new)
        )
        if ctx.preview:
            return _state(new, id, UNKNOWN if push else digest)
        if tag_moved:
            repository, tag = registry.split(new["imageName"])
            wanted = {"repo": repository, "tag": tag}
            ctx.api.call("POST", f"/images/{id}/tag", params=wanted)
        if push:
            digest = _publish(ctx, new, id)
        elif new.get("skipPush"):
            digest = id
        return _state(new, id, digest)

    def delete(self, ctx: Context, id: str, inputs: Values, state: Values) -> None:
        image = inputs.get("imageName") or state["imageName"]
        local_image.remove_tag(ctx, image, id, self._adoptions)


def _check_name(image: Any) -> list[Failure]:
    if image is UNKNOWN:
        return []
    if not image:
        return [Failure("imageName", "required: [registry/]repository[:tag]")]
    if not isinstance(image, str) or not NAME.fullmatch(image):
        return [
            Failure(
                "imageName",
                f"{image!r} is not a valid image name: [registry/]repository[:tag], in lowercase "
                "and without a digest",
            )
        ]
    return []


def _of_another(ctx: Context, image: Any) -> Iterator[Failure]:
    """A tag of another stack's build, which this stack would take over and finally remove.

    A tag of any other origin is moved, as `docker build` and Compose do.
    """
    found = None if has_unknown(image) else local_image.find(ctx, image)
    labels = ((found or {}).get("Config") or {}).get("Labels") or {}
    builder = _BUILDER.search(str(labels.get(IMAGE_LABEL, "")))
    whose = builder["state"] if builder else ""
    if not found or not builder or not whose or whose in {ctx.origin.identity, *ctx.origin.before}:
        return
    if not is_ours(ctx, {URN_LABEL: "", STATE_LABEL: whose}, found["Id"], certain=True):
        yield Failure(
            "imageName",
            f"the engine has an image {image!r} that another stack built "
            f"({builder['checkout']}): choose another name with `image:`",
        )


def _check_build(options: Values) -> list[Failure]:
    failures: list[Failure] = []
    builder = options.get("builderVersion")
    if builder not in (None, UNKNOWN, "BuilderV1"):
        reason = f"{builder} is not available: {build.NEEDS_BUILDKIT}. Remove it or set BuilderV1"
        failures.append(Failure("build.builderVersion", reason))
    platform = options.get("platform")
    if platform and platform is not UNKNOWN and not re.fullmatch(r"\w+(/\w+){0,2}", platform):
        failures.append(
            Failure("build.platform", f"{platform!r} does not have the form os/architecture")
        )
    hosts = options.get("addHosts")
    for index, host in enumerate(hosts if isinstance(hosts, list) else []):
        if host is not UNKNOWN and ":" not in str(host):
            failures.append(
                Failure(f"build.addHosts[{index}]", f"{host!r} does not have the form host:address")
            )
    return failures


def _build(ctx: Context, inputs: Values) -> str:
    options = inputs.get("build") or {}
    try:
        context = build.collect(
            options.get("context"), options.get("dockerfile"), beside=Path.cwd()
        )
    except BadContext as error:
        raise Fault(f"image {inputs['imageName']}: build.{error.field}: {error}") from None
    registries = registry_auth.for_build(ctx.config)
    own = registry_auth.for_image({}, inputs["imageName"], inputs.get("registry"))
    if own:
        registries[logins.registry_of(inputs["imageName"])] = own
    parameters = build.query(
        # A preview's build only fills the cache; the tag stays with the running image.
        t=None if ctx.preview else inputs["imageName"],
        buildargs=build.with_proxies(ctx, options.get("args")),
        target=options.get("target"),
        platform=options.get("platform"),
        networkmode=options.get("network"),
        cachefrom=(options.get("cacheFrom") or {}).get("images"),
        extrahosts=options.get("addHosts"),
        # Another label than that of other objects: a container inherits its image's labels.
        labels={IMAGE_LABEL: mark(ctx)},
        rm=True,
        forcerm=True,
    )
    return build.run(ctx, inputs["imageName"], context, parameters, registries)


def mark(ctx: Context) -> str:
    """The value of an image's label: the resource, state and checkout that it was built for."""
    return f"{ctx.urn} state={ctx.origin.identity} checkout={ctx.origin.checkout}"


def _publish(ctx: Context, inputs: Values, image_id: str) -> str:
    """Push unless skipPush is set. Returns repoDigest: `repository@digest`, or the local id."""
    if inputs.get("skipPush"):
        return image_id
    image = inputs["imageName"]
    digest = registry.push(ctx, image, inputs.get("registry"))
    return f"{registry.split(image)[0]}@{digest}" if digest else image_id


def _server(inputs: Values) -> Any:
    given = inputs.get("registry") or {}
    return given if given is UNKNOWN else given.get("server")


def _state(inputs: Values, image_id: Any, repo_digest: Any) -> Values:
    options = inputs.get("build") or {}
    known = options is not UNKNOWN
    return {
        **inputs,
        "baseImageName": inputs.get("imageName"),
        "registryServer": _server(inputs) or "",
        "context": (options.get("context") or ".") if known else UNKNOWN,
        "dockerfile": (options.get("dockerfile") or "Dockerfile") if known else UNKNOWN,
        "platform": options.get("platform") if known else UNKNOWN,
        "imageId": image_id,
        "repoDigest": repo_digest,
    }
