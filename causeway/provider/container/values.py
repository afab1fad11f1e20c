"""Converts a container's inputs to the Engine API's values and back, and to the form in which two
inputs are compared. Pure functions; `container_fields` assigns them to the inputs.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from causeway.provider.inputs.durations import from_nanoseconds, to_nanoseconds
from causeway.provider.resource.ownership import foreign_labels

Body = dict[str, Any]
MEGABYTE = 1024 * 1024


def megabytes_to(value: Any) -> int:
    return int(value) * MEGABYTE if int(value) > 0 else int(value)


def megabytes_from(value: int) -> int:
    return value // MEGABYTE if value > 0 else value


def cpus_to(value: Any) -> int:
    return round(float(value) * 1e9)


def cpus_from(value: int) -> str:
    return f"{value / 1e9:.9f}".rstrip("0").rstrip(".")


def labels_to(items: Any) -> dict[str, str]:
    return {item["label"]: item["value"] for item in items}


def labels_from(labels: dict[str, str]) -> list[Body] | None:
    own = foreign_labels(labels)
    return [{"label": key, "value": value} for key, value in sorted(own.items())] or None


def hosts_to(items: Any) -> list[str]:
    return [f"{item['host']}:{item['ip']}" for item in items]


def hosts_from(lines: list[str]) -> list[Body]:
    return [dict(zip(("host", "ip"), line.split(":", 1), strict=True)) for line in lines]


def _keys(*pairs: tuple[str, str]) -> tuple[Callable[[Any], Any], Callable[[Any], Any]]:
    """Conversions of a list of objects that differ from the API's only in their keys."""

    def to_api(items: Any) -> list[Body]:
        return [
            {api: item[key] for key, api in pairs if item.get(key) is not None} for item in items
        ]

    def from_api(items: list[Body]) -> list[Body]:
        return [
            {key: item[api] for key, api in pairs if item.get(api) not in (None, "", [], {})}
            for item in items
        ]

    return to_api, from_api


rates_to, rates_from = _keys(("path", "Path"), ("rate", "Rate"))
ulimits_to, ulimits_from = _keys(("name", "Name"), ("soft", "Soft"), ("hard", "Hard"))


def devices_to(items: Any) -> list[Body]:
    return [
        {
            "PathOnHost": item["hostPath"],
            "PathInContainer": item.get("containerPath") or item["hostPath"],
            "CgroupPermissions": item.get("permissions") or "rwm",
        }
        for item in items
    ]


def devices_from(items: list[Body]) -> list[Body]:
    return [
        {
            "hostPath": item["PathOnHost"],
            "containerPath": item["PathInContainer"],
            "permissions": item["CgroupPermissions"],
        }
        for item in items
    ]


def device_requests_to(items: Any) -> list[Body]:
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


def gpus_to(value: str) -> list[Body]:
    if value.startswith("device="):
        wanted: Body = {"DeviceIDs": value.removeprefix("device=").split(",")}
    else:
        wanted = {"Count": -1 if value == "all" else int(value)}
    return [{"Capabilities": [["gpu"]], **wanted}]


def health_to(value: Body) -> Body:
    body: Body = {"Test": list(value["tests"])}
    for key, api in _HEALTH_TIMES:
        if value.get(key):
            body[api] = to_nanoseconds(value[key])
    if value.get("retries"):
        body["Retries"] = value["retries"]
    return body


def health_from(value: Body) -> Body:
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


def ports_to(items: Any) -> dict[str, list[Body]]:
    bindings: dict[str, list[Body]] = {}
    for item in items:
        key = f"{item['internal']}/{item.get('protocol') or 'tcp'}"
        external = item.get("external")
        bindings.setdefault(key, []).append(
            {"HostIp": item.get("ip") or "0.0.0.0", "HostPort": str(external) if external else ""}
        )
    return bindings


def ports_from(bindings: dict[str, list[Body]]) -> list[Body]:
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


def ports_normal(items: Any) -> list[Body]:
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


def capability(name: str) -> str:
    name = name.upper()
    return name if name == "ALL" or name.startswith("CAP_") else f"CAP_{name}"


# --- forms compared -------------------------------------------------------------------------------


def in_order(value: Any) -> Any:
    """A list sorted, without the empty values of its objects."""
    return (
        sorted((_filled(item) for item in value), key=_rank) if isinstance(value, list) else value
    )


_EMPTY: tuple[Any, ...] = ("", [], {})


def _filled(item: Any) -> Any:
    if not isinstance(item, dict):
        return item
    return {k: _filled(v) for k, v in item.items() if not (v is None or v is False or v in _EMPTY)}


def _rank(item: Any) -> str:
    # Pulumi does not keep the order of an object's keys.
    return json.dumps(item, sort_keys=True, default=str)


def health_normal(value: Any) -> Any:
    return health_to(value) if isinstance(value, dict) and value.get("tests") else value


def capabilities_normal(value: Any) -> Any:
    sets = {k: sorted(capability(n) for n in value.get(k) or []) for k in ("adds", "drops")}
    return {key: names for key, names in sets.items() if names}


def cpus_normal(value: Any) -> Any:
    return cpus_to(value)


def devices_normal(value: Any) -> Any:
    return in_order(devices_to(value))


def network_mode(value: Any) -> Any:
    return "bridge" if value == "default" else value
