"""The `build` block of RemoteImage and RegistryImage: checks it, compares it and runs the build.

The digest of the build context is a further input, so that a changed file appears as a difference.
"""

from __future__ import annotations

from typing import Any

from causeway.contract import IMAGE_LABEL
from causeway.engine.faults import Fault
from causeway.provider.inputs.plain import UNKNOWN
from causeway.provider.inputs.table import HONOURED
from causeway.provider.resource.kind import Context
from causeway.provider.resource.values import Change, Failure, Values

from . import build, registry_auth
from .context import BadContext

# The input that holds the digest of the build context; the plugin sets it, not the program.
DIGEST = "contextDigest"
_BUILDX = f"refused: it belongs to buildx; {build.NEEDS_BUILDKIT}"
INPUTS: dict[str, str] = {
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
    "build.sessionId": "refused: sessions belong to BuildKit clients, and this plugin is not one",
    "build.remoteContext": "refused: the content of a remote context is unknown before the build, "
    "so no preview could tell whether a build is needed; clone it and set context to the folder",
    "build.securityOpts": "refused: the engine accepts no security options for builds on Linux",
}
# Options that affect the build but not the resulting image.
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


def check(inputs: Values) -> tuple[Values, list[Failure]]:
    """The inputs to add for a `build` block, and what is wrong with it; empty without a block."""
    options = inputs.get("build")
    if options is UNKNOWN:
        return {DIGEST: UNKNOWN}, []
    if not options:
        return {}, []
    digest, found = build.examine(options.get("context"), options.get("dockerfile"), beside=None)
    return {DIGEST: digest}, _check(options) + found


def changes(old: Values, new: Values) -> dict[str, Change]:
    """The differences between two blocks and their contexts, and which of them need a new image."""
    found: dict[str, Change] = {}
    if old.get(DIGEST) != new.get(DIGEST):
        found[DIGEST] = "replace"
    before, after = old.get("build") or {}, new.get("build") or {}
    if before is UNKNOWN or after is UNKNOWN:
        return found | {"build": "replace"}
    for key in sorted(before.keys() | after.keys()):
        if before.get(key) != after.get(key):
            found[f"build.{key}"] = "update" if key in _NOT_IN_THE_IMAGE else "replace"
    return found


def run(ctx: Context, inputs: Values) -> str:
    """Build and tag the image that the inputs describe; returns its id."""
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
    """The query parameters of POST /build for a resource's inputs."""
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


def _check(options: Values) -> list[Failure]:
    failures: list[Failure] = []
    if not options.get("context"):
        failures.append(Failure("build.context", "required: the folder to build from"))
    if options.get("version") not in (None, "", "1", 1, UNKNOWN):
        reason = f"version {options['version']} is BuildKit: {build.NEEDS_BUILDKIT}. Remove it"
        failures.append(Failure("build.version", reason))
    caches = options.get("cacheFroms")
    for index, cache in enumerate(caches if isinstance(caches, list) else []):
        if isinstance(cache, str) and "=" in cache:
            reason = f"{cache!r} is a buildx cache: the classic builder accepts only image names"
            failures.append(Failure(f"build.cacheFroms[{index}]", reason))
    return failures
