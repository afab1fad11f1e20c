"""Converts networks, volumes, secrets and configs of the canonical output to values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from causeway.model.document import boolean, mapping, pairs, required_text, sequence, text
from causeway.model.values import FileSource, Network, Place, Subnet, Volume


def network(key: str, value: object, place: Place) -> Network:
    """The value of one canonical network."""
    get = mapping(value).get
    ipam = mapping(get("ipam"))
    return Network(
        key=key,
        name=text(get("name")) or key,
        place=place,
        driver=text(get("driver")),
        options=pairs(get("driver_opts")),
        external=boolean(get("external")) or False,
        internal=boolean(get("internal")) or False,
        attachable=boolean(get("attachable")) or False,
        enable_ipv4=boolean(get("enable_ipv4")),
        enable_ipv6=boolean(get("enable_ipv6")),
        ipam_driver=text(ipam.get("driver")),
        ipam_options=pairs(ipam.get("options")),
        subnets=tuple(_subnet(item) for item in sequence(ipam.get("config"))),
        labels=pairs(get("labels")),
    )


def _subnet(value: object) -> Subnet:
    get = mapping(value).get
    return Subnet(
        subnet=text(get("subnet")),
        ip_range=text(get("ip_range")),
        gateway=text(get("gateway")),
        aux_addresses=pairs(get("aux_addresses")),
    )


def volume(key: str, value: object, place: Place) -> Volume:
    """The value of one canonical volume."""
    get = mapping(value).get
    return Volume(
        key=key,
        name=text(get("name")) or key,
        place=place,
        driver=text(get("driver")),
        driver_opts=pairs(get("driver_opts")),
        external=boolean(get("external")) or False,
        labels=pairs(get("labels")),
    )


def file_source(
    kind: Literal["secret", "config"],
    key: str,
    value: object,
    place: Place,
    variables: Mapping[str, str],
) -> FileSource:
    """The content of one secret or config; `variables` resolves its `environment:`."""
    get = mapping(value).get
    variable = text(get("environment"))
    content = text(get("content"))
    return FileSource(
        key=key,
        kind=kind,
        place=place,
        file=text(get("file")),
        content=variables.get(required_text(variable)) if variable is not None else content,
        from_variable=variable is not None,
    )
