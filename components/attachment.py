"""Attaches a container from outside the stack to one of its networks; a resource of `causeway`.

The plugin of that package is in `causeway/provider/`, beside that of `docker`, so it needs no
installation.
"""

from __future__ import annotations

import pulumi

from causeway.contract import ATTACHMENT_TYPE
from causeway.model.values import ExternalContainer


class NetworkAttachment(pulumi.CustomResource):
    """Connects an existing container to a network, and disconnects it on delete; nothing else."""

    container_id: pulumi.Output[str]
    container_name: pulumi.Output[str]
    ip_address: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        attached: ExternalContainer,
        network: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        place = attached.attachment
        super().__init__(
            ATTACHMENT_TYPE,
            name,
            {
                "network": network,
                "container": attached.container,
                "labels": dict(attached.labels) or None,
                "aliases": sorted(place.aliases) or None,
                "ipv4Address": place.ipv4_address,
                "ipv6Address": place.ipv6_address,
                "macAddress": place.mac_address,
                "gwPriority": place.gw_priority,
                "containerId": None,
                "containerName": None,
                "ipAddress": None,
            },
            opts,
        )


def engine_provider(opts: pulumi.ResourceOptions) -> pulumi.ProviderResource | None:
    """The package's provider for the engine that the stack's `docker:` settings name.

    None means the default provider, which finds the engine as that of `docker` does.
    """
    settings = pulumi.Config("docker")
    places = {key: settings.get(key) for key in ("host", "context", "certPath")}
    names = ("caMaterial", "certMaterial", "keyMaterial")
    material = {key: settings.get_secret(key) for key in names if settings.get(key)}
    given = {**{key: value for key, value in places.items() if value}, **material}
    return pulumi.ProviderResource("causeway", "engine", given, opts) if given else None


def attachment_name(attached: ExternalContainer) -> str:
    """What identifies an external container of a network: the container's name, or its labels."""
    return attached.container or ",".join(f"{key}={value}" for key, value in attached.labels)
