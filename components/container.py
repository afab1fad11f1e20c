"""The arguments of one container, from a service's values and the resources it refers to.

Only what the service sets is passed: the rest keeps the engine's or the provider's defaults. Lists
whose order has no meaning are sorted, so that reordering a file changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_docker as docker

from causeway.model.health import wait_timeout
from causeway.model.pods import Namespace, namespace
from causeway.model.values import Attachment, Port, Service

from .files import SourceKey, Sources, uploads
from .healthcheck import healthcheck_args
from .mounts import mounts, shared

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
class StartMode:
    """When a container counts as created: at once, when it is healthy, or when it has exited."""

    wait: bool = False
    run_to_end: bool = False


def container_args(
    service: Service,
    references: References,
    labels: Sequence[docker.ContainerLabelArgs],
    course: StartMode,
    more_uploads: Sequence[docker.ContainerUploadArgs] = (),
) -> docker.ContainerArgs:
    """The container of a replica, with a network namespace of its own or inside another's."""
    args = _args(namespace(service), service, references, labels)
    resources = service.resources
    args.name = service.container_name
    args.command = _texts(service.command)
    args.entrypoints = _texts(service.entrypoint)
    # A bare name takes a variable of the image away.
    envs = [f"{key}={value}" for key, value in sorted(service.environment)]
    args.envs = [*envs, *service.unset] or None
    args.user = service.user
    args.working_dir = service.working_dir
    args.mounts = mounts(service.mounts, references.volumes)
    args.volumes = shared(service, references.containers)
    files = uploads(service.files, references.sources, references.hidden)
    args.uploads = [*files, *more_uploads] or None
    args.tmpfs = dict(service.tmpfs) or None
    args.devices = [
        docker.ContainerDeviceArgs(
            host_path=device.source,
            container_path=device.target,
            permissions=device.permissions,
        )
        for device in service.devices
    ] or None
    args.healthcheck = healthcheck_args(service.healthcheck) if service.healthcheck else None
    args.wait = course.wait or None
    args.wait_timeout = wait_timeout(service.healthcheck) if course.wait else None
    args.attach = course.run_to_end or None
    args.must_run = False if course.run_to_end else None
    args.cpus = resources.cpus
    args.cpu_shares = resources.cpu_shares
    args.cpu_set = resources.cpu_set
    args.cpu_period = resources.cpu_period
    args.cpu_quota = resources.cpu_quota
    args.memory = _mebibytes(resources.memory)
    args.memory_reservation = _mebibytes(resources.memory_reservation)
    args.memory_swap = _mebibytes(resources.memory_swap)
    args.shm_size = _mebibytes(service.shm_size)
    args.ulimits = [
        docker.ContainerUlimitArgs(name=ulimit.name, soft=ulimit.soft, hard=ulimit.hard)
        for ulimit in sorted(service.ulimits, key=lambda ulimit: ulimit.name)
    ] or None
    args.capabilities = _capabilities(service.cap_add, service.cap_drop)
    args.group_adds = list(service.group_add) or None
    args.privileged = service.privileged or None
    args.init = service.init
    args.tty = service.tty or None
    args.stdin_open = service.stdin_open or None
    args.stop_signal = service.stop_signal
    args.stop_timeout = service.stop_grace_period
    grace = STOP_SECONDS if service.stop_grace_period is None else service.stop_grace_period
    args.destroy_grace_seconds = grace
    # Compose's `down` keeps anonymous volumes too. Those of a balancer hold only its generated
    # configuration.
    args.remove_volumes = False if service.balance is None else None
    args.ipc_mode = _namespace(service.ipc, references)
    args.pid_mode = _namespace(service.pid, references)
    args.gpus = service.gpus
    args.device_requests = [
        docker.ContainerDeviceRequestArgs(
            driver=request.driver,
            count=request.count,
            device_ids=list(request.ids) or None,
            capabilities=list(request.capabilities),
            options=dict(request.options) or None,
        )
        for request in service.device_requests
    ] or None
    args.storage_opts = dict(service.storage_opt) or None
    return args


def owner_args(
    owned: Namespace,
    service: Service,
    references: References,
    labels: Sequence[docker.ContainerLabelArgs],
) -> docker.ContainerArgs:
    """The container that owns the network namespace of a service's pod and does nothing else."""
    args = _args(owned, service, references, labels)
    args.entrypoints = ["sleep"]
    args.command = ["infinity"]
    args.capabilities = _capabilities((), ("ALL",))
    args.stop_signal = "SIGKILL"
    args.stop_timeout = args.destroy_grace_seconds = 1
    return args


def _args(
    owned: Namespace,
    service: Service,
    references: References,
    labels: Sequence[docker.ContainerLabelArgs],
) -> docker.ContainerArgs:
    """The network namespace, and how the engine runs the containers of a service."""
    return docker.ContainerArgs(
        image=references.image,
        labels=labels,
        hostname=owned.hostname,
        domainname=owned.domainname,
        network_mode=_network_mode(owned, references),
        networks_advanced=_attachments(owned, references.networks),
        ports=_ports(owned.ports),
        hosts=[docker.ContainerHostArgs(host=host, ip=ip) for host, ip in owned.extra_hosts]
        or None,
        dns=list(owned.dns) or None,
        dns_opts=list(owned.dns_opt) or None,
        dns_searches=list(owned.dns_search) or None,
        sysctls=dict(owned.sysctls) or None,
        restart=None if service.restart == "no" else service.restart,
        max_retry_count=service.restart_retries or None,
        security_opts=sorted(service.security_opt) or None,
        read_only=service.read_only or None,
        userns_mode=service.userns_mode,
        cgroupns_mode=service.cgroup,
        cgroup_parent=service.cgroup_parent,
        runtime=service.runtime,
        platform=service.platform,
        log_driver=service.log_driver,
        log_opts=dict(service.log_options) or None,
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


def _network_mode(owned: Namespace, references: References) -> pulumi.Input[str] | None:
    # "bridge" is what the engine reports for a container with networks of its own.
    if owned.attachments:
        return "bridge"
    return _namespace(owned.network_mode, references)


def _attachments(
    owned: Namespace, networks: Mapping[str, pulumi.Input[str]]
) -> list[docker.ContainerNetworksAdvancedArgs] | None:
    def one(attachment: Attachment) -> docker.ContainerNetworksAdvancedArgs:
        return docker.ContainerNetworksAdvancedArgs(
            # The id, not the name, so that replacing a network updates its containers.
            name=networks[attachment.network],
            aliases=sorted({owned.service, *attachment.aliases}),
            ipv4_address=attachment.ipv4_address,
            ipv6_address=attachment.ipv6_address,
            link_local_ips=sorted(attachment.link_local_ips) or None,
            mac_address=attachment.mac_address,
            driver_opts=[f"{key}={value}" for key, value in attachment.driver_opts] or None,
            gw_priority=attachment.gw_priority,
        )

    ordered = sorted(owned.attachments, key=lambda attachment: attachment.network)
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


def _capabilities(
    added: tuple[str, ...], dropped: tuple[str, ...]
) -> docker.ContainerCapabilitiesArgs | None:
    if not added and not dropped:
        return None
    return docker.ContainerCapabilitiesArgs(
        adds=_capability_names(added), drops=_capability_names(dropped)
    )


def _capability_names(names: tuple[str, ...]) -> list[str] | None:
    """The long form (CAP_NET_ADMIN), as the engine reports it; ALL stays as it is."""
    long = {
        name.upper() if name.upper().startswith("CAP_") else f"CAP_{name.upper()}" for name in names
    }
    return sorted("ALL" if name == "CAP_ALL" else name for name in long) or None
