"""Converts one service of the canonical output to a `Service` value.

Only the supported keys are read; `support` reports all others. A value that cannot be represented
although its key is supported (a port range, a GPU count) becomes a problem here.
"""

from __future__ import annotations

from typing import Literal, cast

from causeway.model.document import (
    boolean,
    integer,
    mapping,
    pairs,
    required_text,
    sequence,
    strings,
    text,
)
from causeway.model.units import octal, whole_seconds
from causeway.model.values import (
    Attachment,
    Build,
    Dependency,
    Device,
    FileMount,
    Healthcheck,
    Mount,
    Pairs,
    Place,
    Port,
    Service,
    Ulimit,
    VolumesFrom,
)

from .deployment import ALL_GPUS, device_requests, replicas, resources, restart_policy, size_of

Condition = Literal["service_started", "service_healthy", "service_completed_successfully"]


def service(name: str, value: object, place: Place) -> Service:
    """The value of one canonical service."""
    keys = mapping(value)
    get = keys.get
    restart, retries = restart_policy(keys)
    logging = mapping(get("logging"))
    grace = text(get("stop_grace_period"))
    on_host = text(get("network_mode")) == "host"
    ports = tuple(_port(item) for item in sequence(get("ports")))
    requests = device_requests(keys)
    all_gpus = bool(requests) and all(each in ALL_GPUS for each in requests)
    return Service(
        name=name,
        place=place,
        image=text(get("image")),
        build=build(get("build")),
        platform=text(get("platform")),
        replicas=replicas(keys),
        container_name=text(get("container_name")),
        hostname=text(get("hostname")),
        domainname=text(get("domainname")),
        command=_line(get("command")),
        entrypoint=_line(get("entrypoint")),
        environment=_known_pairs(get("environment")),
        unset=_without_value(get("environment")),
        user=text(get("user")),
        working_dir=text(get("working_dir")),
        labels=pairs(get("labels")),
        network_mode=text(get("network_mode")),
        attachments=_attachments(get("networks"), text(get("mac_address"))),
        ports=() if on_host else ports,
        # On the host's network nothing is published: the ports are only those it listens on.
        expose=strings(get("expose")) + tuple(_spoken(port) for port in ports if on_host),
        links=tuple(_linked(link) for link in strings(get("links"))),
        extra_hosts=tuple(_halves(host, "=") for host in strings(get("extra_hosts"))),
        dns=strings(get("dns")),
        dns_opt=strings(get("dns_opt")),
        dns_search=strings(get("dns_search")),
        mounts=tuple(_mount(item) for item in sequence(get("volumes"))),
        volumes_from=tuple(_volumes_from(item) for item in strings(get("volumes_from"))),
        files=(
            *(_file("secret", item) for item in sequence(get("secrets"))),
            *(_file("config", item) for item in sequence(get("configs"))),
        ),
        tmpfs=tuple(sorted(_halves(item, ":") for item in strings(get("tmpfs")))),
        devices=tuple(_device(item) for item in sequence(get("devices"))),
        device_cgroup_rules=strings(get("device_cgroup_rules")),
        healthcheck=_healthcheck(get("healthcheck")),
        depends_on=tuple(
            _dependency(other, options)
            for other, options in sorted(mapping(get("depends_on")).items())
        ),
        restart=restart,
        restart_retries=retries,
        resources=resources(keys),
        cap_add=strings(get("cap_add")),
        cap_drop=strings(get("cap_drop")),
        security_opt=strings(get("security_opt")),
        sysctls=pairs(get("sysctls")),
        ulimits=tuple(_ulimit(key, item) for key, item in sorted(mapping(get("ulimits")).items())),
        group_add=strings(get("group_add")),
        privileged=boolean(get("privileged")) or False,
        read_only=boolean(get("read_only")) or False,
        init=boolean(get("init")),
        tty=boolean(get("tty")) or False,
        stdin_open=boolean(get("stdin_open")) or False,
        stop_signal=text(get("stop_signal")),
        stop_grace_period=None if grace is None else whole_seconds(grace),
        shm_size=size_of(get("shm_size")),
        ipc=text(get("ipc")),
        pid=text(get("pid")),
        userns_mode=text(get("userns_mode")),
        cgroup=text(get("cgroup")),
        cgroup_parent=text(get("cgroup_parent")),
        runtime=text(get("runtime")),
        # The short form, which a stack that asks for all GPUs has in its state.
        gpus="all" if all_gpus else None,
        device_requests=() if all_gpus else requests,
        annotations=pairs(get("annotations")),
        oom_score_adj=integer(get("oom_score_adj")) or None,
        oom_kill_disable=boolean(get("oom_kill_disable")) or False,
        mem_swappiness=integer(get("mem_swappiness")),
        uts=text(get("uts")),
        log_driver=text(logging.get("driver")),
        log_options=pairs(logging.get("options")),
        storage_opt=pairs(get("storage_opt")),
    )


def build(value: object) -> Build | None:
    """A build; its paths are absolute except the Dockerfile, which is relative to the context."""
    if value is None:
        return None
    keys = mapping(value)
    platforms = strings(keys.get("platforms"))
    return Build(
        context=required_text(keys.get("context")),
        dockerfile=text(keys.get("dockerfile")) or "Dockerfile",
        dockerfile_inline=text(keys.get("dockerfile_inline")),
        args=_known_pairs(keys.get("args")),
        target=text(keys.get("target")),
        network=text(keys.get("network")),
        cache_from=strings(keys.get("cache_from")),
        extra_hosts=tuple(host.replace("=", ":", 1) for host in strings(keys.get("extra_hosts"))),
        platform=platforms[0] if platforms else None,
    )


def _attachments(value: object, mac_address: str | None) -> tuple[Attachment, ...]:
    """Networks in order of name; the first one gets the service's own MAC address."""
    found = []
    for position, (network, options) in enumerate(sorted(mapping(value).items())):
        get = mapping(options).get
        own_mac = text(get("mac_address"))
        found.append(
            Attachment(
                network=network,
                aliases=strings(get("aliases")),
                ipv4_address=text(get("ipv4_address")),
                ipv6_address=text(get("ipv6_address")),
                link_local_ips=strings(get("link_local_ips")),
                mac_address=own_mac or (mac_address if position == 0 else None),
                driver_opts=pairs(get("driver_opts")),
                gw_priority=integer(get("gw_priority")),
            )
        )
    return tuple(found)


def _port(value: object) -> Port:
    get = mapping(value).get
    published = (text(get("published")) or "").partition("-")[0]
    return Port(
        target=integer(get("target")) or 0,
        published=int(published) if published and published != "0" else None,
        host_ip=text(get("host_ip")),
        protocol=text(get("protocol")) or "tcp",
        app_protocol=text(get("app_protocol")),
    )


def _spoken(port: Port) -> str:
    return str(port.target) if port.protocol == "tcp" else f"{port.target}/{port.protocol}"


def _volumes_from(written: str) -> VolumesFrom:
    """`SERVICE[:ro]` or `container:NAME[:ro]`."""
    kind, _, rest = written.partition(":")
    name, _, mode = rest.partition(":") if kind == "container" else (kind, "", rest)
    if kind == "container":
        return VolumesFrom(container=name, read_only=mode == "ro")
    return VolumesFrom(service=name, read_only=mode == "ro")


def _mount(value: object) -> Mount:
    get = mapping(value).get
    tmpfs, bind, volume = (mapping(get(kind)) for kind in ("tmpfs", "bind", "volume"))
    kind = cast(Literal["bind", "volume", "tmpfs"], text(get("type")))
    return Mount(
        type=kind,
        target=required_text(get("target")),
        source=text(get("source")),
        read_only=boolean(get("read_only")) or False,
        propagation=text(bind.get("propagation")),
        create_source=kind == "bind" and boolean(bind.get("create_host_path")) is not False,
        selinux=cast(Literal["z", "Z"] | None, text(bind.get("selinux"))),
        no_copy=boolean(volume.get("nocopy")) or False,
        subpath=text(volume.get("subpath")),
        tmpfs_size=size_of(tmpfs.get("size")),
        tmpfs_mode=integer(tmpfs.get("mode")),
    )


def _file(kind: Literal["secret", "config"], value: object) -> FileMount:
    get = mapping(value).get
    source = required_text(get("source"))
    folder = "/run/secrets/" if kind == "secret" else "/"
    target = text(get("target")) or source
    return FileMount(
        kind=kind,
        source=source,
        target=target if target.startswith("/") else folder + target,
        mode=octal(text(get("mode")) or "0444"),
    )


def _device(value: object) -> Device:
    get = mapping(value).get
    source = required_text(get("source"))
    return Device(source, text(get("target")) or source, text(get("permissions")) or "rwm")


def _healthcheck(value: object) -> Healthcheck | None:
    if value is None:
        return None
    get = mapping(value).get
    if boolean(get("disable")):
        return Healthcheck(test=("NONE",))
    return Healthcheck(
        test=strings(get("test")),
        interval=text(get("interval")),
        timeout=text(get("timeout")),
        start_period=text(get("start_period")),
        start_interval=text(get("start_interval")),
        retries=integer(get("retries")),
    )


def _dependency(other: str, value: object) -> Dependency:
    get = mapping(value).get
    required = boolean(get("required"))
    return Dependency(
        service=other,
        condition=cast(Condition, text(get("condition")) or "service_started"),
        restart=boolean(get("restart")) or False,
        required=True if required is None else required,
    )


def _ulimit(name: str, value: object) -> Ulimit:
    if isinstance(value, dict):
        return Ulimit(name, integer(value.get("soft")) or 0, integer(value.get("hard")) or 0)
    both = integer(value) or 0
    return Ulimit(name, both, both)


def _known_pairs(value: object) -> Pairs:
    """Like `pairs`, without keys that have no value; the loader found none for them."""
    return pairs({key: item for key, item in mapping(value).items() if item is not None})


def _without_value(value: object) -> tuple[str, ...]:
    return tuple(sorted(key for key, item in mapping(value).items() if item is None))


def _line(value: object) -> tuple[str, ...] | None:
    return None if value is None else strings(value)


def _halves(written: str, separator: str) -> tuple[str, str]:
    left, _, right = written.partition(separator)
    return left, right


def _linked(written: str) -> tuple[str, str]:
    left, _, right = written.partition(":")
    return left, right or left
