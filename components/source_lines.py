"""Records the stack file line behind each resource input, for the provider's error messages.

Inputs cannot carry it: they must match the official plugin's, and a label would change with every
edit. So the program writes a record to the project's ignored folder before it registers anything,
and the plugin reads it when it rejects an input. Without a record, errors name only the resource.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from causeway.contract import (
    ATTACHMENT_TYPE,
    CONTAINER_TYPE,
    FOLDER,
    NETWORK_TYPE,
    RUN_ENTRY,
    VOLUME_TYPE,
    lines_file,
)
from causeway.model.errors import shorten
from causeway.model.loaded import Loaded
from causeway.model.rules.pool import written_position
from causeway.model.source import SourceIndex
from causeway.model.values import Network, Place, Service

from .attachment import attachment_name
from .labels import Owner

# Input path -> `file:line: key.path`; "" means the whole resource.
Lines = dict[str, str]
# Inputs and the Compose keys that set them.
NETWORK_KEYS = {
    "attachable": ("attachable",),
    "driver": ("driver",),
    "internal": ("internal",),
    "ipamDriver": ("ipam", "driver"),
    "ipamOptions": ("ipam", "options"),
    "ipv6": ("enable_ipv6",),
    "labels": ("labels",),
    "name": ("name",),
    "options": ("driver_opts",),
}
VOLUME_KEYS = {
    "driver": "driver",
    "driverOpts": "driver_opts",
    "labels": "labels",
    "name": "name",
}
SUBNET_KEYS = {
    "auxAddress": "aux_addresses",
    "gateway": "gateway",
    "ipRange": "ip_range",
    "subnet": "subnet",
}
CONTAINER_KEYS = {
    "gpus": ("gpus",),
    "healthcheck": ("healthcheck",),
    "healthcheck.startInterval": ("healthcheck", "start_interval"),
    "image": ("image",),
    "mounts": ("volumes",),
    "name": ("container_name",),
    "networkMode": ("network_mode",),
    "networksAdvanced": ("networks",),
    "ports": ("ports",),
}
ENDPOINT_KEYS = {
    "aliases": "aliases",
    "driverOpts": "driver_opts",
    "gwPriority": "gw_priority",
    "ipv4Address": "ipv4_address",
    "ipv6Address": "ipv6_address",
    "macAddress": "mac_address",
}


def write_record(owner: Owner, loaded: Loaded) -> None:
    """Write the record of a stack where the plugin, which starts in the same folder, reads it."""
    record: dict[str, Lines] = {
        RUN_ENTRY: {"pulumi": _pulumi()},
        **recorded(loaded, str(Path.cwd())),
    }
    text = json.dumps(record, indent=1, sort_keys=True)
    folder = Path.cwd() / FOLDER
    target = folder / lines_file(owner.project, owner.stack)
    name = ""
    try:
        if target.exists() and target.read_bytes() == text.encode():
            return
        folder.mkdir(exist_ok=True)
        # Another preview may be reading it: it sees the new file or the old one, never a part.
        handle, name = tempfile.mkstemp(dir=folder)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).replace(target)
    except OSError:
        # No record is better than one with outdated lines.
        for left in (target, Path(name) if name else target):
            with suppress(OSError):
                left.unlink(missing_ok=True)


def _pulumi() -> str:
    """The Pulumi process that runs this program, by process id and start time; "" if unknown.

    The plugin is a child of the same process, so it can tell whether the record belongs to its own
    run, and thus which containers the program no longer has. The language host runs in between.
    """
    try:
        host = _fields(os.getppid())
        return f"{host[1]}-{_fields(int(host[1]))[19]}"
    except (OSError, ValueError, IndexError):
        return ""


def _fields(process: int) -> list[str]:
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()


def recorded(loaded: Loaded, base: str) -> dict[str, Lines]:
    """The lines of each resource, by `type::name`, which is the end of its URN."""
    stack, index = loaded.stack, loaded.positions
    found: dict[str, list[tuple[str, Place]]] = {}
    for network in stack.networks:
        name = f"{stack.name}-{network.key}"
        found[f"{NETWORK_TYPE}::{name}"] = list(_network(network, index))
        for attached in network.external_containers:
            found[f"{ATTACHMENT_TYPE}::{name}-{attachment_name(attached)}"] = [("", attached.place)]
    for volume in stack.volumes:
        steps = ("volumes", volume.key)
        found[f"{VOLUME_TYPE}::{stack.name}-{volume.key}"] = [
            ("", index.place(*steps)),
            *((key, index.place(*steps, written)) for key, written in VOLUME_KEYS.items()),
        ]
    for service in stack.services:
        places = list(_container(service, index))
        for replica in range(1, service.replicas + 1):
            name = f"{CONTAINER_TYPE}::{stack.name}-{service.name}-{replica}"
            found[name] = places
            if service.balance is not None:
                found[f"{name}-network"] = places
    return {
        resource: {path: _line(place, base) for path, place in places}
        for resource, places in found.items()
    }


def _network(network: Network, index: SourceIndex) -> Iterator[tuple[str, Place]]:
    steps = ("networks", network.key)
    yield "", index.place(*steps)
    for key, below in NETWORK_KEYS.items():
        yield key, index.place(*steps, *below)
    for option, _ in network.options:
        yield f"options.{option}", index.place(*steps, "driver_opts", option)
    for position, _ in enumerate(network.subnets):
        path, written = f"ipamConfigs[{position}]", written_position(network, position, index)
        if written is None:
            place = index.place(*steps)
            yield path, Place(place.file, place.line, f"{place.path} (causeway:addressPool)")
            continue
        at = (*steps, "ipam", "config", written)
        yield path, index.place(*at)
        for key, written_key in SUBNET_KEYS.items():
            yield f"{path}.{key}", index.place(*at, written_key)


def _container(service: Service, index: SourceIndex) -> Iterator[tuple[str, Place]]:
    steps = ("services", service.name)
    yield "", index.place(*steps)
    for key, below in CONTAINER_KEYS.items():
        yield key, index.place(*steps, *below)
    ordered = sorted(service.attachments, key=lambda attachment: attachment.network)
    for position, attachment in enumerate(ordered):
        at = (*steps, "networks", attachment.network)
        yield f"networksAdvanced[{position}]", index.place(*at)
        for name, written in ENDPOINT_KEYS.items():
            yield f"networksAdvanced[{position}].{name}", index.place(*at, written)


def _line(place: Place, base: str) -> str:
    return f"{shorten(place.file, base)}:{place.line}: {place.path}"
