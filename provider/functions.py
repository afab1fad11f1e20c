"""Functions that look something up on the engine: getNetwork and getRemoteImage.

Both fail when what they look for is not there, and say what is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import local_image
from .faults import Fault
from .resource import Context, Values

_SHOWN = 12


def get_network(ctx: Context, arguments: Values) -> Values:
    """A network by name or id, with the containers on it."""
    name = _required(arguments, "getNetwork")
    found = ctx.api.find(f"/networks/{name}")
    if found is None:
        known = [network["Name"] for network in ctx.api.networks()]
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


def get_remote_image(ctx: Context, arguments: Values) -> Values:
    """An image that the engine has, by name, name@digest or id."""
    name = _required(arguments, "getRemoteImage")
    found = local_image.find(ctx, name)
    if found is None:
        known = [tag for image in ctx.api.images() for tag in image.get("RepoTags") or []]
        raise Fault(
            f"image {name!r} is not on this engine (known: {_listed(known)})\n"
            "  what to do: pull or build it first; docker.RemoteImage does that in a program"
        )
    return {
        "id": found["Id"],
        "name": name,
        "repoDigest": local_image.repo_digest(found, name),
    }


FUNCTIONS: dict[str, Callable[[Context, Values], Values]] = {
    "docker:index/getNetwork:getNetwork": get_network,
    "docker:index/getRemoteImage:getRemoteImage": get_remote_image,
}


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
