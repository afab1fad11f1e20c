"""The table of a Container's inputs: each one's path in the Engine API, and what its change needs.

A row writes its value into the body of POST /containers/create and reads it from the answer of
GET /containers/{id}/json, where `Config` and `HostConfig` have the same shape. Kinds of change:
"update" changes the running container, "record" affects only later operations, "replace" needs a
new container because the Engine API cannot change the value.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from causeway.provider.inputs.table import HONOURED

from .storage import mounts_from, mounts_to, volumes_from, volumes_to
from .values import (
    Body,
    capabilities_normal,
    cpus_from,
    cpus_normal,
    cpus_to,
    device_requests_to,
    devices_from,
    devices_normal,
    devices_to,
    gpus_to,
    health_from,
    health_normal,
    health_to,
    hosts_from,
    hosts_to,
    in_order,
    labels_from,
    labels_to,
    megabytes_from,
    megabytes_to,
    network_mode,
    ports_from,
    ports_normal,
    ports_to,
    rates_from,
    rates_to,
    ulimits_from,
    ulimits_to,
)

Change = Literal["update", "record", "replace"]


def same(value: Any) -> Any:
    return value


@dataclass(frozen=True, slots=True)
class Field:
    """`path` is None for inputs that the engine never sees; `normal` makes the form compared."""

    name: str
    change: Change
    path: str | None = None
    to_api: Callable[[Any], Any] = same
    from_api: Callable[[Any], Any] = same
    normal: Callable[[Any], Any] = same
    default: Any = None

    def write(self, body: Body, value: Any) -> None:
        """Put `value` into a create body."""
        if self.path is not None:
            _put(body, self.path, self.to_api(value))

    def read(self, found: Body) -> Any:
        """The value in effect, None when it is the engine's default."""
        if self.path is None:
            return None
        value = _get(found, self.path)
        return None if value in (None, "", [], {}, 0, False) else self.from_api(value)


def _put(body: Body, path: str, value: Any) -> None:
    """Set a.b.c; `Config.` is the top level of a create body."""
    keys = path.removeprefix("Config.").split(".")
    for key in keys[:-1]:
        body = body.setdefault(key, {})
    if isinstance(body.get(keys[-1]), list) and isinstance(value, list):
        body[keys[-1]] = body[keys[-1]] + value
    else:
        body[keys[-1]] = value


def _get(found: Body, path: str) -> Any:
    value: Any = found
    for key in path.split("."):
        value = (value or {}).get(key)
    return value


H = "HostConfig."
FIELDS: tuple[Field, ...] = (
    Field("name", "update"),
    Field("image", "replace", "Config.Image"),
    Field("platform", "replace"),
    Field("command", "replace", "Config.Cmd"),
    Field("entrypoints", "replace", "Config.Entrypoint"),
    Field("envs", "replace", "Config.Env", normal=in_order),
    Field("user", "replace", "Config.User"),
    Field("workingDir", "replace", "Config.WorkingDir"),
    Field("hostname", "replace", "Config.Hostname"),
    Field("domainname", "replace", "Config.Domainname"),
    Field("labels", "replace", "Config.Labels", labels_to, labels_from, in_order),
    Field("tty", "replace", "Config.Tty"),
    Field("stdinOpen", "replace", "Config.OpenStdin"),
    Field("stopSignal", "replace", "Config.StopSignal"),
    Field("stopTimeout", "replace", "Config.StopTimeout"),
    Field("healthcheck", "replace", "Config.Healthcheck", health_to, health_from, health_normal),
    Field("memory", "update", H + "Memory", megabytes_to, megabytes_from),
    Field("memoryReservation", "update", H + "MemoryReservation", megabytes_to, megabytes_from),
    Field("memorySwap", "update", H + "MemorySwap", megabytes_to, megabytes_from),
    Field("cpus", "update", H + "NanoCpus", cpus_to, cpus_from, cpus_normal),
    Field("cpuShares", "update", H + "CpuShares"),
    Field("cpuSet", "update", H + "CpusetCpus"),
    Field("cpuPeriod", "update", H + "CpuPeriod"),
    Field("cpuQuota", "update", H + "CpuQuota"),
    Field("restart", "update", H + "RestartPolicy.Name", default="no"),
    Field("maxRetryCount", "update", H + "RestartPolicy.MaximumRetryCount"),
    Field("networkMode", "replace", H + "NetworkMode", normal=network_mode, default="bridge"),
    Field("networksAdvanced", "update"),
    Field("ports", "replace", H + "PortBindings", ports_to, ports_from, ports_normal),
    Field("publishAllPorts", "replace", H + "PublishAllPorts"),
    Field("hosts", "replace", H + "ExtraHosts", hosts_to, hosts_from, in_order),
    Field("dns", "replace", H + "Dns"),
    Field("dnsOpts", "replace", H + "DnsOptions", normal=in_order),
    Field("dnsSearches", "replace", H + "DnsSearch"),
    Field("volumes", "replace", H + "Binds", volumes_to, volumes_from, in_order),
    Field("mounts", "replace", H + "Mounts", mounts_to, mounts_from, in_order),
    Field("tmpfs", "replace", H + "Tmpfs"),
    Field("uploads", "replace"),
    Field("devices", "replace", H + "Devices", devices_to, devices_from, devices_normal),
    Field("deviceReadBps", "replace", H + "BlkioDeviceReadBps", rates_to, rates_from, in_order),
    Field("deviceReadIops", "replace", H + "BlkioDeviceReadIOps", rates_to, rates_from, in_order),
    Field("deviceWriteBps", "replace", H + "BlkioDeviceWriteBps", rates_to, rates_from, in_order),
    Field("deviceWriteIops", "replace", H + "BlkioDeviceWriteIOps", rates_to, rates_from, in_order),
    Field(
        "deviceRequests", "replace", H + "DeviceRequests", device_requests_to, lambda value: None
    ),
    Field("gpus", "replace", H + "DeviceRequests", gpus_to, lambda value: None),
    Field("capabilities", "replace", normal=capabilities_normal),
    Field("securityOpts", "replace", H + "SecurityOpt", normal=in_order),
    Field("privileged", "replace", H + "Privileged"),
    Field("readOnly", "replace", H + "ReadonlyRootfs"),
    Field("groupAdds", "replace", H + "GroupAdd", normal=in_order),
    Field("usernsMode", "replace", H + "UsernsMode"),
    Field("ipcMode", "replace", H + "IpcMode"),
    Field("pidMode", "replace", H + "PidMode"),
    Field("cgroupnsMode", "replace", H + "CgroupnsMode"),
    Field("cgroupParent", "replace", H + "CgroupParent"),
    Field("runtime", "replace", H + "Runtime"),
    Field("shmSize", "replace", H + "ShmSize", megabytes_to, megabytes_from),
    Field("storageOpts", "replace", H + "StorageOpt"),
    Field("sysctls", "replace", H + "Sysctls"),
    Field("ulimits", "replace", H + "Ulimits", ulimits_to, ulimits_from, in_order),
    Field("logDriver", "replace", H + "LogConfig.Type"),
    Field("logOpts", "replace", H + "LogConfig.Config"),
    Field("init", "replace", H + "Init"),
    Field("rm", "replace", H + "AutoRemove", default=False),
    Field("mustRun", "update", default=True),
    Field("start", "record", default=True),
    Field("wait", "record", default=False),
    Field("waitTimeout", "record", default=60),
    Field("attach", "record", default=False),
    Field("logs", "record", default=False),
    Field("destroyGraceSeconds", "record"),
    Field("removeVolumes", "record", default=True),
    Field("containerReadRefreshTimeoutMilliseconds", "record", default=15000),
)
BY_NAME: dict[str, Field] = {field.name: field for field in FIELDS}
# The inputs that are objects or lists of objects, with the keys of these.
_NESTED: dict[str, tuple[str, ...]] = {
    "capabilities": ("adds", "drops"),
    "deviceReadBps": ("path", "rate"),
    "deviceReadIops": ("path", "rate"),
    "deviceRequests": ("capabilities", "count", "deviceIds", "driver", "options"),
    "deviceWriteBps": ("path", "rate"),
    "deviceWriteIops": ("path", "rate"),
    "devices": ("containerPath", "hostPath", "permissions"),
    "healthcheck": ("interval", "retries", "startInterval", "startPeriod", "tests", "timeout"),
    "hosts": ("host", "ip"),
    "labels": ("label", "value"),
    "mounts": (
        "bindOptions.propagation", "readOnly", "source", "target", "tmpfsOptions.mode",
        "tmpfsOptions.sizeBytes", "type", "volumeOptions.driverName",
        "volumeOptions.driverOptions", "volumeOptions.labels.label", "volumeOptions.labels.value",
        "volumeOptions.noCopy", "volumeOptions.subpath",
    ),
    "networksAdvanced": (
        "aliases", "driverOpts", "gwPriority", "ipv4Address", "ipv6Address", "linkLocalIps",
        "macAddress", "name",
    ),
    "ports": ("external", "internal", "ip", "protocol"),
    "ulimits": ("hard", "name", "soft"),
    "uploads": (
        "content", "contentBase64", "executable", "file", "permissions", "source", "sourceHash",
    ),
    "volumes": (
        "containerPath", "fromContainer", "hostPath", "readOnly", "selinuxRelabel", "volumeName",
    ),
}  # fmt: skip

# Every input of the SDK's ContainerArgs and of its nested classes -> how the plugin treats it.
INPUTS: dict[str, str] = {
    path: HONOURED
    for field in FIELDS
    for path in [f"{field.name}.{key}" for key in _NESTED.get(field.name, ())] or [field.name]
}
