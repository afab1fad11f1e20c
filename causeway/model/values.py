"""The values of a stack: frozen, comparable, independent of Pulumi and Docker.

`model.load` makes them from Compose files, `components` turns them into resources.
Maps are tuples of pairs, sorted by key, so that every value hashes and compares.
Durations are strings in Go form ("1m30s"), sizes are bytes, names are Compose's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a value was written: file, 1-based line, key path such as `services.web.ports[0]`."""

    file: str
    line: int
    path: str


@dataclass(frozen=True, slots=True)
class Flow:
    """A flow between two nodes of a matrix, each by stack and name; the stack is "" for a node that
    is not a service, such as `world`."""

    source: tuple[str, str]
    destination: tuple[str, str]


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One finding about a Compose file; `severity` "error" stops, "warning" is shown.

    `witness` explains the finding line by line, such as the hops of a path. `code` identifies
    the rule, `flow` the flow concerned: programs read these, not the message.
    """

    place: Place
    message: str
    severity: Literal["error", "warning"] = "error"
    witness: tuple[str, ...] = ()
    # Excluded from comparison, so that a finding is reported once, whichever rule found it.
    code: str = field(compare=False, kw_only=True)
    flow: Flow | None = field(default=None, compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Port:
    """A published port. `published` None lets Docker choose; `host_ip` None means all addresses."""

    target: int
    published: int | None = None
    host_ip: str | None = None
    protocol: str = "tcp"
    app_protocol: str | None = None  # what it speaks, such as "http"


@dataclass(frozen=True, slots=True)
class Attachment:
    """The connection of a service to a network; `network` is the key under top-level `networks`."""

    network: str
    aliases: tuple[str, ...] = ()
    ipv4_address: str | None = None
    ipv6_address: str | None = None
    link_local_ips: tuple[str, ...] = ()
    mac_address: str | None = None
    driver_opts: Pairs = ()
    gw_priority: int | None = None


@dataclass(frozen=True, slots=True)
class Healthcheck:
    """`test` in Docker's form: ("CMD", ...), ("CMD-SHELL", line) or ("NONE",); empty means that of
    the image."""

    test: tuple[str, ...]
    interval: str | None = None
    timeout: str | None = None
    start_period: str | None = None
    start_interval: str | None = None
    retries: int | None = None


@dataclass(frozen=True, slots=True)
class Mount:
    """A bind, a named volume (`source` is the key under top-level `volumes`), or a tmpfs.

    `create_source` lets the engine create a bind's missing folder; `selinux` is "z" (shared) or "Z"
    (private); `subpath` is a folder inside the volume.
    """

    type: Literal["bind", "volume", "tmpfs"]
    target: str
    source: str | None = None
    read_only: bool = False
    propagation: str | None = None
    create_source: bool = False
    selinux: Literal["z", "Z"] | None = None
    no_copy: bool = False
    subpath: str | None = None
    tmpfs_size: int | None = None
    tmpfs_mode: int | None = None


@dataclass(frozen=True, slots=True)
class FileMount:
    """A secret or config mounted into the container as a file; `source` is its top-level key."""

    kind: Literal["secret", "config"]
    source: str
    target: str
    mode: str = "0444"


@dataclass(frozen=True, slots=True)
class Dependency:
    """`depends_on`: the other service and the condition it must meet first."""

    service: str
    condition: Literal["service_started", "service_healthy", "service_completed_successfully"] = (
        "service_started"
    )
    restart: bool = False
    required: bool = True


@dataclass(frozen=True, slots=True)
class Build:
    """An image build; paths are absolute. `args` holds build arguments after substitution."""

    context: str
    dockerfile: str = "Dockerfile"
    dockerfile_inline: str | None = None
    args: Pairs = ()
    target: str | None = None
    network: str | None = None
    cache_from: tuple[str, ...] = ()
    extra_hosts: tuple[str, ...] = ()
    platform: str | None = None


@dataclass(frozen=True, slots=True)
class Ulimit:
    name: str
    soft: int
    hard: int


@dataclass(frozen=True, slots=True)
class Device:
    source: str
    target: str
    permissions: str = "rwm"


@dataclass(frozen=True, slots=True)
class DeviceRequest:
    """Devices that a driver hands out, such as GPUs: `count` of them (-1 is all), or `ids`."""

    driver: str | None = None
    count: int | None = None
    ids: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ("gpu",)
    options: Pairs = ()


@dataclass(frozen=True, slots=True)
class VolumesFrom:
    """All mounts of another container: of a service's first one, or of one outside the stack."""

    service: str | None = None
    container: str | None = None
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class Resources:
    """Limits and reservations; memory in bytes, `cpus` as a decimal string such as "0.5"."""

    cpus: str | None = None
    memory: int | None = None
    memory_reservation: int | None = None
    memory_swap: int | None = None
    pids: int | None = None
    cpu_shares: int | None = None
    cpu_set: str | None = None
    cpu_period: int | None = None
    cpu_quota: int | None = None


@dataclass(frozen=True, slots=True)
class BalanceTarget:
    """A service behind a balancer. Weight 0 gets no traffic; `network` is the key of a network that
    both are on."""

    service: str
    weight: int = 1
    network: str = ""


@dataclass(frozen=True, slots=True)
class Balance:
    """A service that is a load balancer: its targets and settings. Times are in seconds."""

    targets: tuple[BalanceTarget, ...]
    port: int
    engine: Literal["nginx", "haproxy"] = "nginx"
    listen: int = 80
    mode: Literal["http", "tcp"] = "http"
    algorithm: Literal["round_robin", "least_conn", "source"] = "round_robin"
    sticky: Literal["none", "cookie", "ip"] = "none"
    health_path: str | None = None
    health_interval: int = 2
    connect_timeout: int = 2
    read_timeout: int = 60
    retries: int = 2
    streaming: bool = False
    keepalive: bool = False
    migrate: bool = True


@dataclass(frozen=True, slots=True)
class Update:
    """How replicas are updated. `order` None means start-first where possible;
    `parallelism` 0 means all at once; `drain` is the seconds between removal from the balancer
    and the stop.
    `renew_anon_volumes` gives new containers empty anonymous volumes instead of the old ones'."""

    order: Literal["start-first", "stop-first"] | None = None
    parallelism: int = 0
    drain: int = 0
    renew_anon_volumes: bool = False


@dataclass(frozen=True, slots=True)
class Service:
    """One Compose service. `network_mode` and `attachments` are mutually exclusive."""

    name: str
    place: Place
    image: str | None = None
    build: Build | None = None
    platform: str | None = None
    replicas: int = 1
    container_name: str | None = None
    hostname: str | None = None
    domainname: str | None = None
    command: tuple[str, ...] | None = None
    entrypoint: tuple[str, ...] | None = None
    environment: Pairs = ()
    unset: tuple[str, ...] = ()  # variables of the image that the container does not get
    user: str | None = None
    working_dir: str | None = None
    labels: Pairs = ()
    network_mode: str | None = None
    attachments: tuple[Attachment, ...] = ()
    ports: tuple[Port, ...] = ()
    expose: tuple[str, ...] = ()
    links: Pairs = ()
    extra_hosts: tuple[tuple[str, str], ...] = ()
    dns: tuple[str, ...] = ()
    dns_opt: tuple[str, ...] = ()
    dns_search: tuple[str, ...] = ()
    mounts: tuple[Mount, ...] = ()
    volumes_from: tuple[VolumesFrom, ...] = ()
    files: tuple[FileMount, ...] = ()
    tmpfs: Pairs = ()
    devices: tuple[Device, ...] = ()
    device_cgroup_rules: tuple[str, ...] = ()
    healthcheck: Healthcheck | None = None
    depends_on: tuple[Dependency, ...] = ()
    restart: str = "no"
    restart_retries: int = 0
    resources: Resources = field(default_factory=Resources)
    cap_add: tuple[str, ...] = ()
    cap_drop: tuple[str, ...] = ()
    security_opt: tuple[str, ...] = ()
    sysctls: Pairs = ()
    ulimits: tuple[Ulimit, ...] = ()
    group_add: tuple[str, ...] = ()
    privileged: bool = False
    read_only: bool = False
    init: bool | None = None
    tty: bool = False
    stdin_open: bool = False
    stop_signal: str | None = None
    stop_grace_period: int | None = None
    shm_size: int | None = None
    ipc: str | None = None
    pid: str | None = None
    userns_mode: str | None = None
    cgroup: str | None = None
    cgroup_parent: str | None = None
    runtime: str | None = None
    gpus: str | None = None
    device_requests: tuple[DeviceRequest, ...] = ()
    annotations: Pairs = ()
    oom_score_adj: int | None = None
    oom_kill_disable: bool = False
    mem_swappiness: int | None = None
    uts: str | None = None
    log_driver: str | None = None
    log_options: Pairs = ()
    storage_opt: Pairs = ()
    balance: Balance | None = None
    update: Update = field(default_factory=Update)


@dataclass(frozen=True, slots=True)
class Subnet:
    subnet: str | None = None
    ip_range: str | None = None
    gateway: str | None = None
    aux_addresses: Pairs = ()


@dataclass(frozen=True, slots=True)
class ExternalContainer:
    """An unmanaged container, by name or labels, to connect to a network of the stack."""

    place: Place
    attachment: Attachment
    container: str | None = None
    labels: Pairs = ()


@dataclass(frozen=True, slots=True)
class Network:
    """One Compose network; `name` is the name on the engine, `key` the one in the file."""

    key: str
    name: str
    place: Place
    driver: str | None = None
    options: Pairs = ()
    external: bool = False
    internal: bool = False
    attachable: bool = False
    enable_ipv4: bool | None = None
    enable_ipv6: bool | None = None
    ipam_driver: str | None = None
    ipam_options: Pairs = ()
    subnets: tuple[Subnet, ...] = ()
    labels: Pairs = ()
    external_containers: tuple[ExternalContainer, ...] = ()


@dataclass(frozen=True, slots=True)
class Volume:
    key: str
    name: str
    place: Place
    driver: str | None = None
    driver_opts: Pairs = ()
    external: bool = False
    labels: Pairs = ()


@dataclass(frozen=True, slots=True)
class FileSource:
    """The content of a secret or config: a `file` (absolute path) or `content` given inline
    (from `content:` or from `environment:` looked up in the stack's own variables)."""

    key: str
    kind: Literal["secret", "config"]
    place: Place
    file: str | None = None
    content: str | None = field(default=None, repr=False)
    from_variable: bool = False


@dataclass(frozen=True, slots=True)
class Substitution:
    """An image substituted through `causeway:images`; shown in the preview."""

    service: str
    wanted: str
    used: str


@dataclass(frozen=True, slots=True)
class Stack:
    """Everything that a Pulumi stack declares. `name` prefixes created objects, as in Compose."""

    name: str
    files: tuple[str, ...]
    services: tuple[Service, ...] = ()
    networks: tuple[Network, ...] = ()
    volumes: tuple[Volume, ...] = ()
    file_sources: tuple[FileSource, ...] = ()
    substitutions: tuple[Substitution, ...] = ()
