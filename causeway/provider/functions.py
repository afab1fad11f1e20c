"""Functions that look up networks, images, plugins, logs and digests in a registry.

A function fails when the object does not exist; most then list those that do.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from causeway.engine.faults import Fault
from causeway.provider.inputs.durations import to_nanoseconds
from causeway.provider.resource.kind import Context
from causeway.provider.resource.values import Values

from .image import local as local_image
from .image import registry_api

_SHOWN = 12
# The names that the engine gives to anonymous volumes.
_AUTOMATIC = re.compile(r"[0-9a-f]{64}")


def get_network(ctx: Context, arguments: Values) -> Values:
    """A network by name or id, with its containers."""
    name = _required(arguments, "getNetwork")
    found = ctx.api.find(f"/networks/{name}")
    if found is None:
        known = [network["Name"] for network in ctx.api.call("GET", "/networks")]
        raise Fault(f"network {name!r} does not exist on this engine (known: {_listed(known)})")
    containers = found.get("Containers") or {}
    return {
        "id": found["Id"],
        "name": found["Name"],
        "driver": found["Driver"],
        "internal": bool(found.get("Internal")),
        "scope": found["Scope"],
        "options": found.get("Options") or {},
        "ipamConfigs": [_pool(pool) for pool in (found.get("IPAM") or {}).get("Config") or []],
        "containers": sorted(
            (_endpoint(identity, endpoint) for identity, endpoint in containers.items()),
            key=lambda endpoint: endpoint["name"],
        ),
    }


def get_volume(ctx: Context, arguments: Values) -> Values:
    """`{exists: true}`, or `{exists: false, known: ...}` with the names of volumes that do."""
    if ctx.api.find(f"/volumes/{_required(arguments, 'getVolume')}") is not None:
        return {"exists": True}
    volumes = ctx.api.call("GET", "/volumes").get("Volumes") or []
    named = [each["Name"] for each in volumes if not _AUTOMATIC.fullmatch(each["Name"])]
    return {"exists": False, "known": _listed(named)}


def get_remote_image(ctx: Context, arguments: Values) -> Values:
    """An image on the engine, by name, name@digest or id."""
    name = _required(arguments, "getRemoteImage")
    found = local_image.find(ctx, name)
    if found is None:
        known = [
            tag
            for image in ctx.api.call("GET", "/images/json")
            for tag in image.get("RepoTags") or []
        ]
        raise Fault(
            f"image {name!r} is not on this engine (known: {_listed(known)})\n"
            "  what to do: pull or build it first, for example with docker.RemoteImage"
        )
    return {
        "id": found["Id"],
        "name": name,
        "repoDigest": local_image.repo_digest(found, name),
    }


def get_registry_image(ctx: Context, arguments: Values) -> Values:
    """The digest of an image in its registry."""
    name = _required(arguments, "getRegistryImage")
    insecure = bool(arguments.get("insecureSkipVerify"))
    digest = registry_api.digest(ctx.config, name, insecure=insecure)
    return {"id": digest, "name": name, "sha256Digest": digest, "insecureSkipVerify": insecure}


def get_registry_image_manifests(ctx: Context, arguments: Values) -> Values:
    """The manifests of an image in its registry, one for each platform."""
    name = _required(arguments, "getRegistryImageManifests")
    insecure = bool(arguments.get("insecureSkipVerify"))
    own = arguments.get("authConfig")
    found = registry_api.manifests(ctx.config, name, own, insecure=insecure)
    return {**arguments, "id": name, "manifests": found}


def get_plugin(ctx: Context, arguments: Values) -> Values:
    """An engine plugin by id or alias."""
    name = arguments.get("id") or arguments.get("alias")
    if not name:
        raise Fault("getPlugin needs an id or an alias")
    found = ctx.api.find(f"/plugins/{name}/json")
    if found is None:
        known = [plugin["Name"] for plugin in ctx.api.call("GET", "/plugins")]
        raise Fault(f"plugin {name!r} is not on this engine (known: {_listed(known)})")
    return {
        "id": found["Id"],
        "name": found["Name"],
        "alias": found["Name"],
        "pluginReference": found.get("PluginReference") or "",
        "enabled": bool(found["Enabled"]),
        "envs": found["Settings"].get("Env") or [],
        "grantAllPermissions": False,
    }


def get_logs(ctx: Context, arguments: Values) -> Values:
    """The log lines of a container by name or id."""
    name = _required(arguments, "getLogs")
    if arguments.get("follow"):
        raise Fault("getLogs with `follow` would never end: remove it, or use `docker logs -f`")
    found = ctx.api.find(f"/containers/{name}/json")
    if found is None:
        raise Fault(f"container {name!r} does not exist on this engine")
    if arguments.get("details"):
        raise Fault("getLogs does not support `details`: use `docker logs --details`")
    response = ctx.api.logs(
        found,
        stdout=int(arguments.get("showStdout", True)),
        stderr=int(arguments.get("showStderr", True)),
        timestamps=int(bool(arguments.get("timestamps"))),
        tail=_tail(arguments.get("tail")),
        since=_moment(arguments.get("since")),
        until=_moment(arguments.get("until")),
    )
    lines = response.decode(errors="replace").splitlines()
    shown = lines if arguments.get("logsListStringEnabled", True) else []
    return {**arguments, "id": found["Id"], "logsListStrings": shown}


def _tail(text: Any) -> Any:
    return int(text) if isinstance(text, str) and text.isdigit() else "all"


def _moment(text: Any) -> str | None:
    """Seconds since 1970, given as such, as a date and time, or as a duration before now."""
    if not text:
        return None
    try:
        if re.fullmatch(r"\d+(\.\d+)?", text):
            return str(text)
        if re.fullmatch(r"[\d.]+(ms|s|m|h).*", text):
            span = timedelta(microseconds=to_nanoseconds(text) / 1000)
            moment = datetime.now(UTC) - span
        else:
            moment = datetime.fromisoformat(text)
    except ValueError:
        raise Fault(f"getLogs: {text!r} is neither a time nor a duration") from None
    return f"{(moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp():.6f}"


def _required(arguments: Values, function: str) -> str:
    name = arguments.get("name")
    if not isinstance(name, str) or not name:
        raise Fault(f"{function} needs a name")
    return name


def _listed(names: list[str]) -> str:
    shown = sorted(name for name in names if name != "<none>:<none>")
    more = len(shown) - _SHOWN
    return ", ".join(shown[:_SHOWN]) + (f" and {more} more" if more > 0 else "") or "none"


def _pool(pool: dict[str, Any]) -> Values:
    return {
        "subnet": pool.get("Subnet") or "",
        "gateway": pool.get("Gateway") or "",
        "ipRange": pool.get("IPRange") or "",
        "auxAddress": pool.get("AuxiliaryAddresses") or {},
    }


def _endpoint(identity: str, endpoint: dict[str, Any]) -> Values:
    return {
        "containerId": identity,
        "endpointId": endpoint.get("EndpointID", ""),
        "ipv4Address": endpoint.get("IPv4Address", ""),
        "ipv6Address": endpoint.get("IPv6Address", ""),
        "macAddress": endpoint.get("MacAddress", ""),
        "name": endpoint.get("Name", ""),
    }
