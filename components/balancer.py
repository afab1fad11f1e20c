"""A load balancer: a container that holds the networks and published ports, and its program.

The program reloads its configuration while it runs. A new image starts a second program in the same
network namespace, and both accept connections on the same ports until the old one stops.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi
import pulumi_docker as docker

from causeway.contract import ROLE_LABEL
from causeway.model.extension.balance import CONFIGURATION
from causeway.model.extension.balance.configuration import configuration
from causeway.model.extension.balance.servers import Address
from causeway.model.pods import namespace
from causeway.model.values import Service

from .container import References, owner_args
from .labels import Owner, container_labels

# When a program closes its socket, the kernel passes waiting connections to the other program.
MIGRATE = ("net.ipv4.tcp_migrate_req", "1")


def network_container(
    name: str,
    service: Service,
    replica: int,
    owner: Owner,
    references: References,
    options: pulumi.ResourceOptions,
) -> docker.Container:
    """The container that owns the network namespace. It keeps its first image."""
    assert service.balance is not None
    owned = namespace(service, (MIGRATE,) if service.balance.migrate else ())
    labels = container_labels(owner, service.name, replica, (), {ROLE_LABEL: "network"})
    return docker.Container(
        f"{name}-{replica}-network",
        owner_args(owned, service, references, labels),
        pulumi.ResourceOptions.merge(options, pulumi.ResourceOptions(ignore_changes=["image"])),
    )


def upload(
    service: Service, behind: Mapping[str, Sequence[docker.Container]], networks: Mapping[str, str]
) -> docker.ContainerUploadArgs:
    """The configuration file, which changes with the replicas behind the balancer.

    `networks` maps keys to names on the engine.
    """
    assert service.balance is not None
    shared = {target.service: networks[target.network] for target in service.balance.targets}
    found = {name: _addresses(behind[name], network) for name, network in shared.items()}
    content = pulumi.Output.all(**found).apply(lambda replicas: configuration(service, replicas))
    return docker.ContainerUploadArgs(
        file=CONFIGURATION[service.balance.engine], content=content, permissions="0644"
    )


def _addresses(
    containers: Sequence[docker.Container], network: str
) -> pulumi.Output[list[Address]]:
    """The addresses on a network; a replica without one is down and is left out."""

    def there(datas: Sequence[docker.outputs.ContainerNetworkData] | None) -> list[str]:
        return [
            data.ip_address
            for data in datas or ()
            if data.network_name == network and data.ip_address
        ]

    described = [
        pulumi.Output.all(container.name, container.network_datas.apply(there))
        for container in containers
    ]
    return pulumi.Output.all(*described).apply(
        lambda found: [Address(name, addresses[0]) for name, addresses in found if addresses]
    )
