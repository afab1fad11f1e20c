"""Connects a running container to its networks and disconnects it from others.

This module also handles engines before Docker 25: one MAC address, and one network at a time.
"""

from __future__ import annotations

from causeway.provider.inputs.plain import UNKNOWN, has_unknown
from causeway.provider.network.network import disconnect
from causeway.provider.resource.kind import Context
from causeway.provider.resource.values import Values

from .body import attachments, own_names
from .endpoints import (
    ENDPOINT_MAC_API,
    Entry,
    canonical,
    gateway,
    moves,
    read_back,
    to_settings,
    with_mac,
)
from .values import Body


def move(ctx: Context, id: str, old: Values, new: Values, found: Body) -> None:
    """Connect and disconnect the running container; other networks are not touched."""
    wanted = attachments(new)
    named = {entry["name"] for entry in (*attachments(old), *wanted)}
    live = {
        key: settings
        for key, settings in (found["NetworkSettings"].get("Networks") or {}).items()
        if key in named or settings.get("NetworkID") in named
    }
    steps = moves(read_back(wanted, live, own_names(found)), wanted)
    # Connect new networks first, so that the container is never without one.
    for entry in steps.connect:
        connect(ctx, id, entry)
    for network in steps.disconnect:
        disconnect(ctx, network, id)
    for entry in steps.reconnect:
        disconnect(ctx, entry["name"], id)
        connect(ctx, id, entry)


def moved_ports(ctx: Context, old: Values, new: Values) -> str | None:
    """A message when the published ports move to another network of the container."""
    if has_unknown(new.get("networksAdvanced")) or not (
        new.get("ports") or new.get("publishAllPorts")
    ):
        return None
    known = dict(ctx.cache.networks())
    was, will = (gateway(attachments(inputs), known) for inputs in (old, new))
    if was is None or will is None or was == will:
        return None
    return (
        f"the published ports move from network {was} to {will}, which provides the "
        "default gateway from then on: new connections fail for a moment (with Docker 28 and "
        "newer, gwPriority chooses the network)"
    )


def mac_needs_another(ctx: Context, id: str, old: Values, new: Values) -> bool:
    """Whether a changed MAC address needs a new container: before Docker 25, a container has one
    MAC address, which belongs to the network that it was created on."""
    if new.get("networksAdvanced") is UNKNOWN:
        return False
    had, wants = (with_mac(inputs.get("networksAdvanced") or []) for inputs in (old, new))
    if (had is None and wants is None) or ctx.api.api_version >= ENDPOINT_MAC_API:
        return False
    macs = [canonical(entry).get("macAddress") if entry else None for entry in (had, wants)]
    if macs[0] != macs[1] or had is None or wants is None:
        return True
    if had["name"] == wants["name"] or has_unknown(wants["name"]):
        return False
    found = ctx.api.find(f"/containers/{id}/json")
    network = ctx.api.find(f"/networks/{wants['name']}")
    return bool(found and network) and found["HostConfig"]["NetworkMode"] != network["Name"]


def name_network(ctx: Context, body: Body) -> None:
    """Name the first network instead of giving its id: only then do engines before Docker 25 assign
    the MAC address."""
    found = ctx.api.find(f"/networks/{body['HostConfig']['NetworkMode']}")
    if found is not None:
        places = body["NetworkingConfig"]["EndpointsConfig"]
        places[found["Name"]] = places.pop(body["HostConfig"]["NetworkMode"])
        body["HostConfig"]["NetworkMode"] = found["Name"]


def inspect(ctx: Context, id: str) -> Body | None:
    """The container as the engine reports it, with the ids of its networks filled in."""
    found: Body | None = ctx.api.find(f"/containers/{id}/json")
    networks = found["NetworkSettings"].get("Networks") or {} if found else {}
    for name, settings in networks.items():
        if not settings.get("NetworkID"):
            # The container was never started: the engine has only recorded the name.
            settings["NetworkID"] = (ctx.api.find(f"/networks/{name}") or {}).get("Id", "")
    return found


def connect(ctx: Context, container: str, entry: Entry) -> None:
    """Connect a container to a network with the settings of the entry."""
    ctx.api.call(
        "POST",
        f"/networks/{entry['name']}/connect",
        body={"Container": container, "EndpointConfig": to_settings(entry)},
    )
