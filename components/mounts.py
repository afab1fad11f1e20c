"""What a container mounts: folders, volumes, memory, and the mounts of other containers."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
import pulumi_docker as docker

from causeway.model.values import Mount, Service


def mounts(
    declared: tuple[Mount, ...], volumes: Mapping[str, pulumi.Input[str]]
) -> list[docker.ContainerMountArgs] | None:
    """The mounts by target; `volumes` are the names of volumes on the engine, by key."""
    ordered = sorted(declared, key=lambda mount: mount.target)
    return [_mount(mount, volumes) for mount in ordered if mount.selinux is None] or None


def shared(
    service: Service, containers: Mapping[str, pulumi.Input[str]]
) -> list[docker.ContainerVolumeArgs] | None:
    """What only `volumes` can say: a SELinux label, and all mounts of another container.

    `containers` are the ids of the first containers of services. Raises RunError for a service
    that has none.
    """
    found = [
        docker.ContainerVolumeArgs(
            host_path=mount.source,
            container_path=mount.target,
            read_only=mount.read_only or None,
            selinux_relabel=mount.selinux,
        )
        for mount in sorted(service.mounts, key=lambda mount: mount.target)
        if mount.selinux is not None
    ]
    for other in service.volumes_from:
        source: pulumi.Input[str] | None = other.container
        if other.service is not None:
            if other.service not in containers:
                raise pulumi.RunError(
                    f"volumes_from: service {other.service} has no container to share with"
                )
            source = containers[other.service]
        found.append(
            docker.ContainerVolumeArgs(from_container=source, read_only=other.read_only or None)
        )
    return found or None


def _mount(mount: Mount, volumes: Mapping[str, pulumi.Input[str]]) -> docker.ContainerMountArgs:
    source: pulumi.Input[str] | None = mount.source
    if mount.type == "volume" and mount.source is not None:
        source = volumes[mount.source]
    bind = volume = tmpfs = None
    if mount.propagation is not None:
        bind = docker.ContainerMountBindOptionsArgs(propagation=mount.propagation)
    if mount.no_copy or mount.subpath:
        volume = docker.ContainerMountVolumeOptionsArgs(
            no_copy=mount.no_copy or None, subpath=mount.subpath
        )
    if mount.tmpfs_size is not None or mount.tmpfs_mode is not None:
        tmpfs = docker.ContainerMountTmpfsOptionsArgs(
            size_bytes=mount.tmpfs_size, mode=mount.tmpfs_mode
        )
    return docker.ContainerMountArgs(
        type=mount.type,
        target=mount.target,
        source=source,
        read_only=mount.read_only or None,
        bind_options=bind,
        volume_options=volume,
        tmpfs_options=tmpfs,
    )
