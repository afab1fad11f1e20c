"""A load balancer: a container that holds the networks and published ports, and its program.

The program reloads its configuration while it runs. A new image starts a second program in the same
network namespace, and both accept connections on the same ports until the old one stops.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pulumi
import pulumi_docker as docker

from components.container import Course, References, container_args
from components.labels import ROLE, Owner, container_labels
from model.balance import CONFIGURATION
from model.balance.configuration import configuration
from model.balance.servers import Address
from model.values import Resources, Service

# When a program closes its socket, the kernel passes waiting connections to the other program.
MIGRATE = ("net.ipv4.tcp_migrate_req", "1")


def holder(
    name: str,
    service: Service,
    replica: int,
    owner: Owner,
    references: References,
    options: pulumi.ResourceOptions,
) -> docker.Container:
    """The container that owns the network namespace. It keeps its first image."""
    assert service.balance is not None
    sysctls = dict(service.sysctls)
    if service.balance.migrate:
        sysctls = {MIGRATE[0]: MIGRATE[1]} | sysctls
    holding = replace(
        service,
        container_name=None,
        entrypoint=("sleep",),
        command=("infinity",),
        environment=(),
        user=None,
        working_dir=None,
        labels=(),
        mounts=(),
        files=(),
        tmpfs=(),
        devices=(),
        healthcheck=None,
        resources=Resources(),
        cap_add=(),
        cap_drop=("ALL",),
        sysctls=tuple(sorted(sysctls.items())),
        ulimits=(),
        group_add=(),
        privileged=False,
        init=None,
        tty=False,
        stdin_open=False,
        stop_signal="SIGKILL",
        stop_grace_period=1,
        shm_size=None,
        ipc=None,
        pid=None,
        gpus=None,
        storage_opt=(),
    )
    return docker.Container(
        f"{name}-{replica}-network",
        container_args(
            holding,
            references,
            container_labels(owner, service.name, replica, (), {ROLE: "network"}),
            Course(),
        ),
        pulumi.ResourceOptions.merge(options, pulumi.ResourceOptions(ignore_changes=["image"])),
    )


def inside(service: Service) -> Service:
    """The service without the settings that belong to its holder."""
    return replace(
        service,
        ports=(),
        attachments=(),
        network_mode=f"service:{service.name}",
        hostname=None,
        domainname=None,
        extra_hosts=(),
        dns=(),
        dns_opt=(),
        dns_search=(),
        sysctls=(),
        expose=(),
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
