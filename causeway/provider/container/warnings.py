"""Warnings: effects of a container's inputs on this engine that the user may not expect."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from causeway.provider.inputs.plain import has_unknown
from causeway.provider.resource.kind import Context
from causeway.provider.resource.ownership import is_ours
from causeway.provider.resource.values import Failure, Values

from .endpoints import GATEWAY_PRIORITY_API

# Docker 28, which also introduced gateway priorities.
LOOPBACK_SAFE_API = GATEWAY_PRIORITY_API


def warnings(ctx: Context, old: Values | None, new: Values) -> Iterator[Failure]:
    """Each warning with the input that causes it, only for inputs that are new or changed."""
    before = old or {}
    if before.get("ports") != new.get("ports"):
        yield from _open_loopback(ctx, new)
    if before.get("networksAdvanced") != new.get("networksAdvanced"):
        yield from _shared_names(ctx, new)
    if before.get("networkMode") != new.get("networkMode"):
        yield from _absent_partner(ctx, new)


def _absent_partner(ctx: Context, new: Values) -> Iterator[Failure]:
    """A warning and no error: another resource or stack may create that container in time."""
    mode = new.get("networkMode")
    if not isinstance(mode, str) or not mode.startswith("container:"):
        return
    name = mode.removeprefix("container:")
    if ctx.api.find(f"/containers/{name}/json") is None:
        yield Failure(
            "networkMode",
            f"container {name!r} does not exist on this engine yet: it must exist before a "
            "container can share its network namespace",
        )


def _open_loopback(ctx: Context, new: Values) -> Iterator[Failure]:
    """Before Docker 28, machines on the same network segment reach a port published on loopback."""
    ports = [
        str(port.get("external") or port.get("internal"))
        for port in new.get("ports") or []
        if isinstance(port.get("ip"), str) and _is_loopback(port["ip"])
    ]
    if ports and ctx.api.api_version < LOOPBACK_SAFE_API:
        yield Failure(
            "ports",
            f"port {', '.join(ports)} is published on loopback, but before Docker 28 machines on "
            "the same network segment can reach it: block it with a firewall, or upgrade the "
            "engine",
        )


def _is_loopback(text: str) -> bool:
    try:
        return ipaddress.ip_address(text).is_loopback
    except ValueError:
        return False


def _shared_names(ctx: Context, new: Values) -> Iterator[Failure]:
    """Aliases that containers of other owners already have, on networks of other owners."""
    for position, entry in enumerate(new.get("networksAdvanced") or []):
        network, names = entry.get("name"), entry.get("aliases") or []
        if not isinstance(network, str) or has_unknown(names):
            continue
        taken = ctx.cache.names_on(ctx, network)
        for name in sorted({*names} & taken.keys()):
            others = sorted(
                each["Name"].lstrip("/")
                for each in taken[name]
                if not is_ours(ctx, each["Config"].get("Labels"), each["Id"])
            )
            if others:
                yield Failure(
                    f"networksAdvanced[{position}].aliases",
                    f"{name!r} is also the name of {', '.join(others)} on the shared network: "
                    "the name resolves to either container",
                )
