"""docker.RemoteImage: an image by name, taken from the engine or pulled, or built under that name.

A local image of that name is used as it is, unless pullTriggers are given: then the registry is
asked. Deleting removes the name from the engine unless keepLocally.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar

from . import build, local_image, registry, registry_auth
from .build_context import BadContext
from .faults import Fault
from .image import IMAGE_LABEL, NAME
from .input_table import HONOURED, refusals
from .plain import UNKNOWN, has_unknown
from .resource import Change, Context, Diff, Failure, ResourceKind, Values

_BUILDX = f"refused: it belongs to buildx; {build.NEEDS_BUILDKIT}"
INPUTS: dict[str, str] = {
    "name": HONOURED,
    "keepLocally": HONOURED,
    "forceRemove": HONOURED,
    "platform": HONOURED,
    "pullTriggers": HONOURED,
    "triggers": HONOURED,
    "build.context": HONOURED,
    "build.dockerfile": HONOURED,
    "build.buildArgs": HONOURED,
    "build.target": HONOURED,
    "build.platform": HONOURED,
    "build.networkMode": HONOURED,
    "build.extraHosts": HONOURED,
    "build.cacheFroms": HONOURED,
    "build.label": HONOURED,
    "build.labels": HONOURED,
    "build.tags": HONOURED,
    "build.noCache": HONOURED,
    "build.pullParent": HONOURED,
    "build.remove": HONOURED,
    "build.forceRemove": HONOURED,
    "build.suppressOutput": HONOURED,
    "build.squash": HONOURED,
    "build.isolation": HONOURED,
    "build.cgroupParent": HONOURED,
    "build.cpuPeriod": HONOURED,
    "build.cpuQuota": HONOURED,
    "build.cpuSetCpus": HONOURED,
    "build.cpuSetMems": HONOURED,
    "build.cpuShares": HONOURED,
    "build.memory": HONOURED,
    "build.memorySwap": HONOURED,
    "build.shmSize": HONOURED,
    "build.ulimits.name": HONOURED,
    "build.ulimits.soft": HONOURED,
    "build.ulimits.hard": HONOURED,
    "build.buildId": HONOURED,
    "build.useLegacyBuilder": HONOURED,
    "build.version": HONOURED,
    "build.authConfigs.hostName": HONOURED,
    "build.authConfigs.userName": HONOURED,
    "build.authConfigs.password": HONOURED,
    "build.authConfigs.auth": HONOURED,
    "build.authConfigs.email": HONOURED,
    "build.authConfigs.serverAddress": HONOURED,
    "build.authConfigs.identityToken": HONOURED,
    "build.authConfigs.registryToken": HONOURED,
    "build.additionalContexts": _BUILDX,
    "build.builder": _BUILDX,
    "build.buildLogFile": _BUILDX,
    "build.cacheTos": _BUILDX,
    "build.provenance": _BUILDX,
    "build.sbom": _BUILDX,
    "build.secrets": _BUILDX,
    "build.sessionId": "refused: a session belongs to a BuildKit client, and this plugin is none",
    "build.remoteContext": "refused: what is in a remote context is not known before the build, so "
    "no preview could tell whether one is due; clone it and name the folder in context",
    "build.securityOpts": "refused: the engine does not take security options for builds on Linux",
}
# These shape the build but not what comes out of it.
_NOT_IN_THE_IMAGE = frozenset(
    ("authConfigs", "buildId", "context", "dockerfile", "remove", "forceRemove", "suppressOutput",
     "useLegacyBuilder", "version", "cacheFroms")
)  # fmt: skip
_PARAMETERS = {
    "buildArgs": "buildargs", "target": "target", "networkMode": "networkmode",
    "extraHosts": "extrahosts", "cacheFroms": "cachefrom", "noCache": "nocache",
    "pullParent": "pull", "forceRemove": "forcerm", "suppressOutput": "q", "squash": "squash",
    "isolation": "isolation", "cgroupParent": "cgroupparent", "cpuPeriod": "cpuperiod",
    "cpuQuota": "cpuquota", "cpuSetCpus": "cpusetcpus", "cpuSetMems": "cpusetmems",
    "cpuShares": "cpushares", "memory": "memory", "memorySwap": "memswap", "shmSize": "shmsize",
    "buildId": "buildid",
}  # fmt: skip
_REFERENCE = re.compile(
    rf"(?:{NAME.pattern})(?:@sha256:[0-9a-f]{{64}})?|(?:sha256:)?[0-9a-f]{{64}}"
)


class RemoteImageKind(ResourceKind):
    """One name of an image on the engine; the id is the image's id and the name, as upstream."""

    token: ClassVar[str] = "docker:index/remoteImage:RemoteImage"

    def __init__(self) -> None:
        self._adoptions = local_image.Adoptions()

    def check(
        self, ctx: Context, name: str, old: Values | None, new: Values, seed: bytes
    ) -> tuple[Values, list[Failure]]:
        inputs = {key: value for key, value in new.items() if key != "contextDigest"}
        failures = refusals(inputs, INPUTS)
        image = inputs.get("name")
        if image is not UNKNOWN and not (isinstance(image, str) and _REFERENCE.fullmatch(image)):
            reason = f"{image!r} is no image name: [registry/]repository[:tag][@digest]"
            failures.append(Failure("name", reason))
        options = inputs.get("build")
        if options is UNKNOWN:
            return inputs | {"contextDigest": UNKNOWN}, failures
        if not options:
            return inputs, failures
        failures += _check_build(options)
        digest, found = build.examine(
            options.get("context"), options.get("dockerfile"), beside=None
        )
        return inputs | {"contextDigest": digest}, failures + found

    def diff(
        self, ctx: Context, id: str, old_inputs: Values, old_state: Values, new: Values
    ) -> Diff:
        changes: dict[str, Change] = {}
        for key in ("name", "platform", "contextDigest"):
            if old_inputs.get(key) != new.get(key):
                changes[key] = "replace"
        if _as_set(old_inputs.get("pullTriggers")) != _as_set(new.get("pullTriggers")):
            changes["pullTriggers"] = "replace"
        if (old_inputs.get("triggers") or {}) != (new.get("triggers") or {}):
            changes["triggers"] = "replace"
        before, after = old_inputs.get("build") or {}, new.get("build") or {}
        if before is UNKNOWN or after is UNKNOWN:
            changes["build"] = "replace"
        else:
            for key in sorted(before.keys() | after.keys()):
                if before.get(key) != after.get(key):
                    keeps = key in _NOT_IN_THE_IMAGE
                    changes[f"build.{key}"] = "update" if keeps else "replace"
        for key in ("keepLocally", "forceRemove"):
            if bool(old_inputs.get(key)) != bool(new.get(key)):
                changes[key] = "update"
        return Diff(changes)

    def create(self, ctx: Context, name: str, inputs: Values) -> tuple[str, Values]:
        if ctx.preview:
            return "", {**inputs, "imageId": UNKNOWN, "repoDigest": UNKNOWN}
        image = inputs["name"]
        before = local_image.find(ctx, image)
        if inputs.get("build"):
            _build(ctx, inputs)
        elif (
            before is None
            or inputs.get("pullTriggers")
            or not _is_for(before, inputs.get("platform"))
        ):
            if re.fullmatch(r"(?:sha256:)?[0-9a-f]{64}", image):
                raise Fault(
                    f"there is no image {image} on the engine, and an id cannot be pulled\n"
                    "  what to do: name it by repository and tag, or repository@digest"
                )
            registry.pull(ctx, image, inputs.get("platform"))
        found = local_image.find(ctx, image)
        if found is None:
            raise Fault(f"image {image}: the engine reported success but has no such image")
        if before is not None and before["Id"] == found["Id"]:
            self._adoptions.note(image, found["Id"])
        return found["Id"] + image, _state(inputs, found)

    def read(
        self, ctx: Context, id: str, inputs: Values, state: Values
    ) -> tuple[str, Values, Values] | None:
        # An import names the image; a resource's id is the image's id and its name.
        inputs = inputs or {"name": re.sub(r"^sha256:[0-9a-f]{64}(?=.)", "", id)}
        found = local_image.find(ctx, inputs["name"])
        if found is None:
            return None
        return found["Id"] + inputs["name"], _state(inputs, found), inputs

    def update(
        self, ctx: Context, id: str, old_inputs: Values, old_state: Values, new: Values
    ) -> Values:
        # Only how to build and to let go can change in place.
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
        local_image.release(ctx, image, image_id, self._adoptions, force=force)
        for tag in (kept.get("build") or {}).get("tags") or []:
            local_image.release(ctx, tag, image_id, self._adoptions, force=force)


def _check_build(options: Values) -> list[Failure]:
    failures: list[Failure] = []
    if not options.get("context"):
        failures.append(Failure("build.context", "a build needs the folder to build from"))
    if options.get("version") not in (None, "", "1", 1, UNKNOWN):
        reason = f"version {options['version']} is BuildKit: {build.NEEDS_BUILDKIT}. Leave it out"
        failures.append(Failure("build.version", reason))
    caches = options.get("cacheFroms")
    for index, cache in enumerate(caches if isinstance(caches, list) else []):
        if isinstance(cache, str) and "=" in cache:
            reason = f"{cache!r} is a cache of buildx: the classic builder takes image names"
            failures.append(Failure(f"build.cacheFroms[{index}]", reason))
    return failures


def _build(ctx: Context, inputs: Values) -> str:
    options = inputs["build"]
    try:
        context = build.collect(options.get("context"), options.get("dockerfile"), beside=None)
    except BadContext as error:
        raise Fault(f"image {inputs['name']}: build.{error.field}: {error}") from None
    registries = registry_auth.for_build(ctx.config)
    for entry in options.get("authConfigs") or []:
        registries[entry["hostName"]] = {
            "username": entry.get("userName", ""),
            "password": entry.get("password", ""),
            "auth": entry.get("auth", ""),
            "email": entry.get("email", ""),
            "serveraddress": entry.get("serverAddress") or entry["hostName"],
            "identitytoken": entry.get("identityToken", ""),
            "registrytoken": entry.get("registryToken", ""),
        }
    arguments = build.with_proxies(ctx, options.get("buildArgs"))
    parameters = parameters_of(inputs, arguments, ctx.urn)
    return build.run(ctx, inputs["name"], context, parameters, registries)


def parameters_of(inputs: Values, arguments: dict[str, str], urn: str) -> dict[str, Any]:
    """The query of POST /build for a resource's inputs."""
    options = inputs["build"]
    given = {_PARAMETERS[key]: value for key, value in options.items() if key in _PARAMETERS}
    given["buildargs"] = arguments
    return build.query(
        **given,
        t=[inputs["name"], *(options.get("tags") or [])],
        platform=options.get("platform") or inputs.get("platform"),
        labels={
            **(options.get("label") or {}),
            **(options.get("labels") or {}),
            IMAGE_LABEL: urn,
        },
        ulimits=[
            {"Name": limit["name"], "Soft": limit["soft"], "Hard": limit["hard"]}
            for limit in options.get("ulimits") or []
        ],
        rm=options.get("remove", True),
    )


def _is_for(found: dict[str, Any], platform: str | None) -> bool:
    """Whether an image is of this platform, as far as that names one."""
    actual = (found.get("Os"), found.get("Architecture"), found.get("Variant") or None)
    wanted = (platform or "").split("/") if platform else []
    return all(a == w for a, w in zip(actual, wanted, strict=False) if a is not None)


def _as_set(values: Any) -> Any:
    """The triggers without their order; as they are while one is not known."""
    return values if has_unknown(values) else sorted(set(values or []))


def _state(inputs: Values, found: dict[str, Any]) -> Values:
    return {
        **inputs,
        "imageId": found["Id"],
        "repoDigest": local_image.repo_digest(found, inputs["name"]),
    }
