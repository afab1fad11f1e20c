"""The arguments of one container, from a service's values and the resources it refers to.

Only what the service sets is passed: the rest keeps the engine's or the provider's defaults. Lists
whose order has no meaning are sorted, so that reordering a file changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_docker as docker

from components.files import SourceKey, Sources, uploads
from components.healthcheck import healthcheck_args, wait_timeout
from model.values import Attachment, Mount, Port, Service

MEBIBYTE = 1024 * 1024
# The engine's default; set here because the official plugin would otherwise kill at once.
STOP_SECONDS = 10


@dataclass(frozen=True, slots=True)
class References:
    """What a container refers to, by key: ids of networks, names of volumes, ids of the first
    containers of services (for shared namespaces), and the sources of secrets and configs; `hidden`
    are the sources whose content is secret."""

    image: pulumi.Input[str]
    networks: Mapping[str, pulumi.Input[str]]
    volumes: Mapping[str, pulumi.Input[str]]
    containers: Mapping[str, pulumi.Input[str]]
    sources: Sources
    hidden: frozenset[SourceKey] = frozenset()


@dataclass(frozen=True, slots=True)
class Course:
    """When a container counts as created: at once, when it is healthy, or when it has exited."""

    wait: bool = False
    run_to_end: bool = False


def container_args(
    service: Service,
    references: References,
    labels: Sequence[docker.ContainerLabelArgs],
    course: Course,
    more_uploads: Sequence[docker.ContainerUploadArgs] = (),
) -> docker.ContainerArgs:
    resources = service.resources
    grace = STOP_SECONDS if service.stop_grace_period is None else service.stop_grace_period
    return docker.ContainerArgs(
        image=references.image,
        name=service.container_name,
        hostname=service.hostname,
        domainname=service.domainname,
        command=_texts(service.command),
        entrypoints=_texts(service.entrypoint),
        envs=[f"{key}={value}" for key, value in sorted(service.environment)] or None,
        user=service.user,
        working_dir=service.working_dir,
        labels=labels,
        network_mode=_network_mode(service, references),
        networks_advanced=_attachments(service, references.networks),
        ports=_ports(service.ports),
        hosts=[docker.ContainerHostArgs(host=host, ip=ip) for host, ip in service.extra_hosts]
        or None,
        dns=list(service.dns) or None,
        dns_opts=list(service.dns_opt) or None,
        dns_searches=list(service.dns_search) or None,
        mounts=_mounts(service.mounts, references.volumes),
        uploads=[*uploads(service.files, references.sources, references.hidden), *more_uploads]
        or None,
        tmpfs=dict(service.tmpfs) or None,
        devices=[
            docker.ContainerDeviceArgs(
                host_path=device.source,
                container_path=device.target,
                permissions=device.permissions,
            )
            for device in service.devices
        ]
        or None,
        healthcheck=healthcheck_args(service.healthcheck) if service.healthcheck else None,
        wait=course.wait or None,
        wait_timeout=wait_timeout(service.healthcheck) if course.wait else None,
        attach=course.run_to_end or None,
        must_run=False if course.run_to_end else None,
        restart=None if service.restart == "no" else service.restart,
        max_retry_count=service.restart_retries or None,
        cpus=resources.cpus,
        cpu_shares=resources.cpu_shares,
        cpu_set=resources.cpu_set,
        cpu_period=resources.cpu_period,
        cpu_quota=resources.cpu_quota,
        memory=_mebibytes(resources.memory),
        memory_reservation=_mebibytes(resources.memory_reservation),
        memory_swap=_mebibytes(resources.memory_swap),
        shm_size=_mebibytes(service.shm_size),
        ulimits=[
            docker.ContainerUlimitArgs(name=ulimit.name, soft=ulimit.soft, hard=ulimit.hard)
            for ulimit in sorted(service.ulimits, key=lambda ulimit: ulimit.name)
        ]
        or None,
        capabilities=_capabilities(service),
        security_opts=sorted(service.security_opt) or None,
        sysctls=dict(service.sysctls) or None,
        group_adds=list(service.group_add) or None,
        privileged=service.privileged or None,
        read_only=service.read_only or None,
        init=service.init,
        tty=service.tty or None,
        stdin_open=service.stdin_open or None,
        stop_signal=service.stop_signal,
        stop_timeout=service.stop_grace_period,
        destroy_grace_seconds=grace,
        # Compose's `down` keeps anonymous volumes too. Those of a balancer hold only its generated
        # configuration.
        remove_volumes=False if service.balance is None else None,
        ipc_mode=_namespace(service.ipc, references),
        pid_mode=_namespace(service.pid, references),
        userns_mode=service.userns_mode,
        cgroupns_mode=service.cgroup,
        cgroup_parent=service.cgroup_parent,
        runtime=service.runtime,
        gpus=service.gpus,
        platform=service.platform,
        log_driver=service.log_driver,
        log_opts=dict(service.log_options) or None,
        storage_opts=dict(service.storage_opt) or None,
    )


def _texts(values: tuple[str, ...] | None) -> list[str] | None:
    return None if values is None else list(values)


def _mebibytes(size: int | None) -> int | None:
    """The provider counts in MiB: round up, so that no service gets less than it asks for."""
    if size is None or size < 0:
        return size
    return -(-size // MEBIBYTE)


def _namespace(mode: str | None, references: References) -> pulumi.Input[str] | None:
    """`service:NAME` joins the namespace of that service's first container, by id."""
    if mode is None or not mode.startswith("service:"):
        return mode
    other = mode.removeprefix("service:")
    if other not in references.containers:
        raise pulumi.RunError(f"{mode}: service {other} has no container to share with")
    return pulumi.Output.concat("container:", references.containers[other])


def _network_mode(service: Service, references: References) -> pulumi.Input[str] | None:
    # "bridge" is what the engine reports for a container with networks of its own.
    if service.attachments:
        return "bridge"
    return _namespace(service.network_mode, references)


def _attachments(
    service: Service, networks: Mapping[str, pulumi.Input[str]]
) -> list[docker.ContainerNetworksAdvancedArgs] | None:
    def one(attachment: Attachment) -> docker.ContainerNetworksAdvancedArgs:
        return docker.ContainerNetworksAdvancedArgs(
            # The id, not the name, so that replacing a network updates its containers.
            name=networks[attachment.network],
            aliases=sorted({service.name, *attachment.aliases}),
            ipv4_address=attachment.ipv4_address,
            ipv6_address=attachment.ipv6_address,
            link_local_ips=sorted(attachment.link_local_ips) or None,
            mac_address=attachment.mac_address,
            driver_opts=[f"{key}={value}" for key, value in attachment.driver_opts] or None,
            gw_priority=attachment.gw_priority,
        )

    ordered = sorted(service.attachments, key=lambda attachment: attachment.network)
    return [one(attachment) for attachment in ordered] or None


def _ports(ports: tuple[Port, ...]) -> list[docker.ContainerPortArgs] | None:
    ordered = sorted(
        ports,
        key=lambda port: (port.target, port.protocol, port.host_ip or "", port.published or 0),
    )
    return [
        docker.ContainerPortArgs(
            internal=port.target,
            external=port.published,
            ip=port.host_ip or "0.0.0.0",
            protocol=port.protocol,
        )
        for port in ordered
    ] or None


def _mounts(
    mounts: tuple[Mount, ...], volumes: Mapping[str, pulumi.Input[str]]
) -> list[docker.ContainerMountArgs] | None:
    ordered = sorted(mounts, key=lambda mount: mount.target)
    return [_mount(mount, volumes) for mount in ordered] or None


def _mount(mount: Mount, volumes: Mapping[str, pulumi.Input[str]]) -> docker.ContainerMountArgs:
    source: pulumi.Input[str] | None = mount.source
    if mount.type == "volume" and mount.source is not None:
        source = volumes[mount.source]
    bind = volume = tmpfs = None
    if mount.propagation is not None:
        bind = docker.ContainerMountBindOptionsArgs(propagation=mount.propagation)
    if mount.no_copy:
        volume = docker.ContainerMountVolumeOptionsArgs(no_copy=True)
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


def _capabilities(service: Service) -> docker.ContainerCapabilitiesArgs | None:
    if not service.cap_add and not service.cap_drop:
        return None
    return docker.ContainerCapabilitiesArgs(
        adds=_capability_names(service.cap_add), drops=_capability_names(service.cap_drop)
    )


def _capability_names(names: tuple[str, ...]) -> list[str] | None:
    """The long form (CAP_NET_ADMIN), as the engine reports it; ALL stays as it is."""
    long = {
        name.upper() if name.upper().startswith("CAP_") else f"CAP_{name.upper()}" for name in names
    }
    return sorted("ALL" if name == "CAP_ALL" else name for name in long) or None
