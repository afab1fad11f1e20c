"""Every input of a Container as a row: where it stands in the Engine API, what its change needs.

A row writes its value into the body of POST /containers/create and reads it back from the answer
of GET /containers/{id}/json (where `Config` and `HostConfig` have the same shape). Kinds of change:
"update" is made on the running container, "record" concerns only later operations, "replace"
needs a new container because the Engine API offers no way to change it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from .durations import from_nanoseconds, to_nanoseconds
from .ownership import foreign_labels

Body = dict[str, Any]
Change = Literal["update", "record", "replace"]
MEGABYTE = 1024 * 1024


def same(value: Any) -> Any:
    return value


@dataclass(frozen=True, slots=True)
class Field:
    """`path` is None for inputs that the engine never sees; `normal` is the form compared."""

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
        """The value in force, None when it is the engine's own default."""
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


# --- conversions ----------------------------------------------------------------------------------


def _megabytes(value: Any) -> int:
    return int(value) * MEGABYTE if int(value) > 0 else int(value)


def _in_megabytes(value: int) -> int:
    return value // MEGABYTE if value > 0 else value


def _nano_cpus(value: Any) -> int:
    return round(float(value) * 1e9)


def _cpus(value: int) -> str:
    return f"{value / 1e9:.9f}".rstrip("0").rstrip(".")


def _label_map(items: Any) -> dict[str, str]:
    return {item["label"]: item["value"] for item in items}


def _label_list(labels: dict[str, str]) -> list[Body] | None:
    own = foreign_labels(labels)
    return [{"label": key, "value": value} for key, value in sorted(own.items())] or None


def _hosts(items: Any) -> list[str]:
    return [f"{item['host']}:{item['ip']}" for item in items]


def _host_items(lines: list[str]) -> list[Body]:
    return [dict(zip(("host", "ip"), line.split(":", 1), strict=True)) for line in lines]


def _keys(*pairs: tuple[str, str]) -> tuple[Callable[[Any], Any], Callable[[Any], Any]]:
    """Conversions of a list of objects that differ from the API's in the names of keys only."""

    def to_api(items: Any) -> list[Body]:
        return [{api: item[key] for key, api in pairs if item.get(key) is not None} for item in items]

    def from_api(items: list[Body]) -> list[Body]:
        return [
            {key: item[api] for key, api in pairs if item.get(api) not in (None, "", [], {})}
            for item in items
        ]

    return to_api, from_api


_rates_to, _rates_from = _keys(("path", "Path"), ("rate", "Rate"))
_ulimits_to, _ulimits_from = _keys(("name", "Name"), ("soft", "Soft"), ("hard", "Hard"))


def _devices_to(items: Any) -> list[Body]:
    return [
        {
            "PathOnHost": item["hostPath"],
            "PathInContainer": item.get("containerPath") or item["hostPath"],
            "CgroupPermissions": item.get("permissions") or "rwm",
        }
        for item in items
    ]


def _devices_from(items: list[Body]) -> list[Body]:
    return [
        {
            "hostPath": item["PathOnHost"],
            "containerPath": item["PathInContainer"],
            "permissions": item["CgroupPermissions"],
        }
        for item in items
    ]


def _device_requests(items: Any) -> list[Body]:
    return [
        {
            "Driver": item.get("driver", ""),
            "Count": item.get("count", 0),
            "DeviceIDs": item.get("deviceIds") or [],
            "Capabilities": [item["capabilities"]] if item.get("capabilities") else [],
            "Options": item.get("options") or {},
        }
        for item in items
    ]


def _gpus(value: str) -> list[Body]:
    if value.startswith("device="):
        wanted: Body = {"DeviceIDs": value.removeprefix("device=").split(",")}
    else:
        wanted = {"Count": -1 if value == "all" else int(value)}
    return [{"Capabilities": [["gpu"]], **wanted}]


def _health_to(value: Body) -> Body:
    body: Body = {"Test": list(value["tests"])}
    for key, api in _HEALTH_TIMES:
        if value.get(key):
            body[api] = to_nanoseconds(value[key])
    if value.get("retries"):
        body["Retries"] = value["retries"]
    return body


def _health_from(value: Body) -> Body:
    read: Body = {"tests": value.get("Test") or []}
    for key, api in _HEALTH_TIMES:
        if value.get(api):
            read[key] = from_nanoseconds(value[api])
    if value.get("Retries"):
        read["retries"] = value["Retries"]
    return read


_HEALTH_TIMES = (
    ("interval", "Interval"), ("timeout", "Timeout"), ("startPeriod", "StartPeriod"),
    ("startInterval", "StartInterval"),
)  # fmt: skip


def _binding_ports(items: Any) -> dict[str, list[Body]]:
    bindings: dict[str, list[Body]] = {}
    for item in items:
        key = f"{item['internal']}/{item.get('protocol') or 'tcp'}"
        external = item.get("external")
        bindings.setdefault(key, []).append(
            {"HostIp": item.get("ip") or "0.0.0.0", "HostPort": str(external) if external else ""}
        )
    return bindings


def _port_items(bindings: dict[str, list[Body]]) -> list[Body]:
    items = []
    for key, targets in sorted(bindings.items()):
        internal, _, protocol = key.partition("/")
        for target in targets or []:
            item: Body = {"internal": int(internal), "protocol": protocol}
            if target.get("HostPort"):
                item["external"] = int(target["HostPort"])
            item["ip"] = target.get("HostIp") or "0.0.0.0"
            items.append(item)
    return items


def _port_normal(items: Any) -> list[Body]:
    full = [
        {
            "internal": item.get("internal"),
            "external": item.get("external") or 0,
            "protocol": item.get("protocol") or "tcp",
            "ip": item.get("ip") or "0.0.0.0",
        }
        for item in items
    ]
    return sorted(full, key=str)


def _binds(items: Any) -> list[str]:
    """The `volumes` that name a source; the others are anonymous or another container's."""
    lines = []
    for item in items:
        source = item.get("hostPath") or item.get("volumeName")
        if source and item.get("containerPath"):
            flags = [flag for flag in ("ro" if item.get("readOnly") else "rw", item.get("selinuxRelabel")) if flag]
            lines.append(f"{source}:{item['containerPath']}:{','.join(flags)}")
    return lines


def _bind_items(lines: list[str]) -> list[Body]:
    items = []
    for line in lines:
        source, target, *flags = line.split(":")
        words = flags[0].split(",") if flags else []
        item: Body = {"containerPath": target}
        item["hostPath" if source.startswith("/") else "volumeName"] = source
        if "ro" in words:
            item["readOnly"] = True
        for label in ("z", "Z"):
            if label in words:
                item["selinuxRelabel"] = label
        items.append(item)
    return items


def _mounts_to(items: Any) -> list[Body]:
    mounts = []
    for item in items:
        mount: Body = {"Target": item["target"], "Type": item["type"]}
        if item.get("source"):
            mount["Source"] = item["source"]
        if item.get("readOnly"):
            mount["ReadOnly"] = True
        bind, tmpfs, volume = (
            item.get(f"{kind}Options") or {} for kind in ("bind", "tmpfs", "volume")
        )
        if bind.get("propagation"):
            mount["BindOptions"] = {"Propagation": bind["propagation"]}
        if tmpfs:
            pairs = (("sizeBytes", "SizeBytes"), ("mode", "Mode"))
            mount["TmpfsOptions"] = {api: tmpfs[key] for key, api in pairs if tmpfs.get(key)}
        if volume:
            mount["VolumeOptions"] = _volume_options(volume)
        mounts.append(mount)
    return mounts


def _volume_options(volume: Body) -> Body:
    options: Body = {}
    if volume.get("noCopy"):
        options["NoCopy"] = True
    if volume.get("subpath"):
        options["Subpath"] = volume["subpath"]
    if volume.get("labels"):
        options["Labels"] = _label_map(volume["labels"])
    if volume.get("driverName"):
        options["DriverConfig"] = {
            "Name": volume["driverName"],
            "Options": volume.get("driverOptions") or {},
        }
    return options


def _mounts_from(mounts: list[Body]) -> list[Body]:
    items = []
    for mount in mounts:
        item: Body = {"target": mount["Target"], "type": mount["Type"]}
        if mount.get("Source"):
            item["source"] = mount["Source"]
        if mount.get("ReadOnly"):
            item["readOnly"] = True
        if (mount.get("BindOptions") or {}).get("Propagation"):
            item["bindOptions"] = {"propagation": mount["BindOptions"]["Propagation"]}
        tmpfs = mount.get("TmpfsOptions") or {}
        if tmpfs:
            pairs = (("sizeBytes", "SizeBytes"), ("mode", "Mode"))
            item["tmpfsOptions"] = {key: tmpfs[api] for key, api in pairs if tmpfs.get(api)}
        if (mount.get("VolumeOptions") or {}).get("NoCopy"):
            item["volumeOptions"] = {"noCopy": True}
        items.append(item)
    return items


def _capability(name: str) -> str:
    name = name.upper()
    return name if name == "ALL" or name.startswith("CAP_") else f"CAP_{name}"


# --- forms compared -------------------------------------------------------------------------------


def _sorted(value: Any) -> Any:
    return sorted(value, key=_rank) if isinstance(value, list) else value


def _rank(item: Any) -> str:
    # The wire does not keep the order of an object's keys.
    return json.dumps(item, sort_keys=True)


def _health_normal(value: Any) -> Any:
    return _health_to(value) if isinstance(value, dict) and value.get("tests") else value


def _capabilities_normal(value: Any) -> Any:
    sets = {k: sorted(_capability(n) for n in value.get(k) or []) for k in ("adds", "drops")}
    return {key: names for key, names in sets.items() if names}


def _cpus_normal(value: Any) -> Any:
    return _nano_cpus(value)


def _devices_normal(value: Any) -> Any:
    return _sorted(_devices_to(value))


# --- the table ------------------------------------------------------------------------------------

H = "HostConfig."
FIELDS: tuple[Field, ...] = (
    Field("name", "update"),
    Field("image", "replace", "Config.Image"),
    Field("platform", "replace"),
    Field("command", "replace", "Config.Cmd"),
    Field("entrypoints", "replace", "Config.Entrypoint"),
    Field("envs", "replace", "Config.Env", normal=_sorted),
    Field("user", "replace", "Config.User"),
    Field("workingDir", "replace", "Config.WorkingDir"),
    Field("hostname", "replace", "Config.Hostname"),
    Field("domainname", "replace", "Config.Domainname"),
    Field("labels", "replace", "Config.Labels", _label_map, _label_list, _sorted),
    Field("tty", "replace", "Config.Tty"),
    Field("stdinOpen", "replace", "Config.OpenStdin"),
    Field("stopSignal", "replace", "Config.StopSignal"),
    Field("stopTimeout", "replace", "Config.StopTimeout"),
    Field("healthcheck", "replace", "Config.Healthcheck", _health_to, _health_from, _health_normal),
    Field("memory", "update", H + "Memory", _megabytes, _in_megabytes),
    Field("memoryReservation", "update", H + "MemoryReservation", _megabytes, _in_megabytes),
    Field("memorySwap", "update", H + "MemorySwap", _megabytes, _in_megabytes),
    Field("cpus", "update", H + "NanoCpus", _nano_cpus, _cpus, _cpus_normal),
    Field("cpuShares", "update", H + "CpuShares"),
    Field("cpuSet", "update", H + "CpusetCpus"),
    Field("cpuPeriod", "update", H + "CpuPeriod"),
    Field("cpuQuota", "update", H + "CpuQuota"),
    Field("restart", "update", H + "RestartPolicy.Name", default="no"),
    Field("maxRetryCount", "update", H + "RestartPolicy.MaximumRetryCount"),
    Field("networkMode", "replace", H + "NetworkMode", default="bridge"),
    Field("networksAdvanced", "update"),
    Field("ports", "replace", H + "PortBindings", _binding_ports, _port_items, _port_normal),
    Field("publishAllPorts", "replace", H + "PublishAllPorts"),
    Field("hosts", "replace", H + "ExtraHosts", _hosts, _host_items, _sorted),
    Field("dns", "replace", H + "Dns"),
    Field("dnsOpts", "replace", H + "DnsOptions", normal=_sorted),
    Field("dnsSearches", "replace", H + "DnsSearch"),
    Field("volumes", "replace", H + "Binds", _binds, _bind_items, _sorted),
    Field("mounts", "replace", H + "Mounts", _mounts_to, _mounts_from, _sorted),
    Field("tmpfs", "replace", H + "Tmpfs"),
    Field("uploads", "replace"),
    Field("devices", "replace", H + "Devices", _devices_to, _devices_from, _devices_normal),
    Field("deviceCgroupRules", "replace", H + "DeviceCgroupRules", normal=_sorted),
    Field("deviceReadBps", "replace", H + "BlkioDeviceReadBps", _rates_to, _rates_from, _sorted),
    Field("deviceReadIops", "replace", H + "BlkioDeviceReadIOps", _rates_to, _rates_from, _sorted),
    Field("deviceWriteBps", "replace", H + "BlkioDeviceWriteBps", _rates_to, _rates_from, _sorted),
    Field("deviceWriteIops", "replace", H + "BlkioDeviceWriteIOps", _rates_to, _rates_from, _sorted),
    Field("deviceRequests", "replace", H + "DeviceRequests", _device_requests, lambda value: None),
    Field("gpus", "replace", H + "DeviceRequests", _gpus, lambda value: None),
    Field("capabilities", "replace", normal=_capabilities_normal),
    Field("securityOpts", "replace", H + "SecurityOpt", normal=_sorted),
    Field("privileged", "replace", H + "Privileged"),
    Field("readOnly", "replace", H + "ReadonlyRootfs"),
    Field("groupAdds", "replace", H + "GroupAdd", normal=_sorted),
    Field("usernsMode", "replace", H + "UsernsMode"),
    Field("ipcMode", "replace", H + "IpcMode"),
    Field("pidMode", "replace", H + "PidMode"),
    Field("cgroupnsMode", "replace", H + "CgroupnsMode"),
    Field("cgroupParent", "replace", H + "CgroupParent"),
    Field("runtime", "replace", H + "Runtime"),
    Field("shmSize", "replace", H + "ShmSize", _megabytes, _in_megabytes),
    Field("storageOpts", "replace", H + "StorageOpt"),
    Field("sysctls", "replace", H + "Sysctls"),
    Field("ulimits", "replace", H + "Ulimits", _ulimits_to, _ulimits_from, _sorted),
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
# Every input of the SDK's ContainerArgs, and what becomes of it.
INPUTS: dict[str, str] = {field.name: "honoured" for field in FIELDS}
