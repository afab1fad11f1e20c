"""What a container brings that its writer may not expect on this engine: told, not refused."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from causeway.provider.inputs.plain import has_unknown
from causeway.provider.resource.kind import Context
from causeway.provider.resource.ownership import is_ours
from causeway.provider.resource.values import Failure, Values

from .endpoints import GATEWAY_PRIORITY_API

# Docker 28, which also is the first with gateway priorities.
LOOPBACK_SAFE_API = GATEWAY_PRIORITY_API


def warnings(ctx: Context, old: Values | None, new: Values) -> Iterator[Failure]:
    """Each warning once, with the input that it is about, and only for what is new or changed."""
    before = old or {}
    if before.get("ports") != new.get("ports"):
        yield from _open_loopback(ctx, new)
    if before.get("networksAdvanced") != new.get("networksAdvanced"):
        yield from _shared_names(ctx, new)
    if before.get("networkMode") != new.get("networkMode"):
        yield from _absent_partner(ctx, new)


def _absent_partner(ctx: Context, new: Values) -> Iterator[Failure]:
    """No error: another resource, or another stack, may make it before this one is made."""
    mode = new.get("networkMode")
    if not isinstance(mode, str) or not mode.startswith("container:"):
        return
    name = mode.removeprefix("container:")
    if ctx.api.find(f"/containers/{name}/json") is None:
        yield Failure(
            "networkMode",
            f"there is no container {name!r} on this engine yet: it has to be there before the one "
            "that shares its network namespace",
        )


def _open_loopback(ctx: Context, new: Values) -> Iterator[Failure]:
    """Engines before 28 route what arrives from the neighbourhood for a loopback-published port."""
    ports = [
        str(port.get("external") or port.get("internal"))
        for port in new.get("ports") or []
        if isinstance(port.get("ip"), str) and _is_loopback(port["ip"])
    ]
    if ports and ctx.api.speaks < LOOPBACK_SAFE_API:
        yield Failure(
            "ports",
            f"port {', '.join(ports)} is published on loopback, which engines before Docker 28 do "
            "not keep from machines on the same network segment: a firewall must, or a newer "
            "engine",
        )


def _is_loopback(text: str) -> bool:
    try:
        return ipaddress.ip_address(text).is_loopback
    except ValueError:
        return False


def _shared_names(ctx: Context, new: Values) -> Iterator[Failure]:
    """Names that containers of others have already, on a network that this stack did not make."""
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
                    "whoever asks for it gets the one or the other",
                )
