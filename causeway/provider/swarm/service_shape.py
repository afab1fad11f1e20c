"""The table of a Swarm service's inputs and their places in the Engine API's ServiceSpec."""

from __future__ import annotations

from typing import Any

from causeway.provider.inputs.shape import DURATION, ENVIRONMENT, HOSTS, LABELS, RATIO, Shape

_HEALTHCHECK: Shape = {
    "tests": ("Test", None),
    "interval": ("Interval", DURATION),
    "timeout": ("Timeout", DURATION),
    "startPeriod": ("StartPeriod", DURATION),
    "retries": ("Retries", None),
}


def _driver_to_api(options: dict[str, Any]) -> dict[str, Any]:
    body: dict[str, Any] = {}
    if options.get("noCopy"):
        body["NoCopy"] = True
    if options.get("labels"):
        body["Labels"] = LABELS[0](options["labels"])
    if options.get("driverName") or options.get("driverOptions"):
        body["DriverConfig"] = {
            "Name": options.get("driverName", ""),
            "Options": options.get("driverOptions") or {},
        }
    return body


def _driver_from_api(body: dict[str, Any]) -> dict[str, Any]:
    driver = body.get("DriverConfig") or {}
    return {
        "noCopy": body.get("NoCopy") or None,
        "labels": LABELS[1](body.get("Labels") or {}) or None,
        "driverName": driver.get("Name") or None,
        "driverOptions": driver.get("Options") or None,
    }


_MOUNT: Shape = {
    "target": ("Target", None),
    "source": ("Source", None),
    "type": ("Type", None),
    "readOnly": ("ReadOnly", None),
    "bindOptions": ("BindOptions", {"propagation": ("Propagation", None)}),
    "tmpfsOptions": ("TmpfsOptions", {"mode": ("Mode", None), "sizeBytes": ("SizeBytes", None)}),
    "volumeOptions": ("VolumeOptions", (_driver_to_api, _driver_from_api)),
}


def _file(kind: str) -> tuple[Any, Any]:
    """References to secrets ("Secret") or configs ("Config") as files in the container."""
    word = kind.lower()

    def to_api(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [
            {
                f"{kind}ID": item[f"{word}Id"],
                f"{kind}Name": item.get(f"{word}Name", ""),
                "File": {
                    "Name": item["fileName"],
                    "UID": item.get("fileUid") or "0",
                    "GID": item.get("fileGid") or "0",
                    "Mode": item.get("fileMode") or 0o444,
                },
            }
            for item in items
        ]

    def from_api(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [
            {
                f"{word}Id": item[f"{kind}ID"],
                f"{word}Name": item.get(f"{kind}Name", ""),
                "fileName": item["File"]["Name"],
                "fileUid": item["File"]["UID"],
                "fileGid": item["File"]["GID"],
                "fileMode": item["File"]["Mode"],
            }
            for item in found
        ]

    return to_api, from_api


_PRIVILEGES: Shape = {
    "credentialSpec": ("CredentialSpec", {"file": ("File", None), "registry": ("Registry", None)}),
    "seLinuxContext": (
        "SELinuxContext",
        {
            "disable": ("Disable", None),
            "level": ("Level", None),
            "role": ("Role", None),
            "type": ("Type", None),
            "user": ("User", None),
        },
    ),
}
_CONTAINER: Shape = {
    "image": ("Image", None),
    "args": ("Args", None),
    "commands": ("Command", None),
    "capAdds": ("CapabilityAdd", None),
    "capDrops": ("CapabilityDrop", None),
    "configs": ("Configs", _file("Config")),
    "dir": ("Dir", None),
    "dnsConfig": (
        "DNSConfig",
        {
            "nameservers": ("Nameservers", None),
            "options": ("Options", None),
            "searches": ("Search", None),
        },
    ),
    "env": ("Env", ENVIRONMENT),
    "groups": ("Groups", None),
    "healthcheck": ("Healthcheck", _HEALTHCHECK),
    "hostname": ("Hostname", None),
    "hosts": ("Hosts", HOSTS),
    "init": ("Init", None),
    "isolation": ("Isolation", None),
    "labels": ("Labels", LABELS),
    "mounts": ("Mounts", [_MOUNT]),
    "privileges": ("Privileges", _PRIVILEGES),
    "readOnly": ("ReadOnly", None),
    "secrets": ("Secrets", _file("Secret")),
    "stopGracePeriod": ("StopGracePeriod", DURATION),
    "stopSignal": ("StopSignal", None),
    "sysctl": ("Sysctls", None),
    "user": ("User", None),
}


def _generic_to_api(value: dict[str, Any]) -> list[dict[str, Any]]:
    named = [line.split("=", 1) for line in value.get("namedResourcesSpecs") or []]
    counted = [line.split("=", 1) for line in value.get("discreteResourcesSpecs") or []]
    return [{"NamedResourceSpec": {"Kind": k, "Value": v}} for k, v in named] + [
        {"DiscreteResourceSpec": {"Kind": k, "Value": int(v)}} for k, v in counted
    ]


def _generic_from_api(found: list[dict[str, Any]]) -> dict[str, Any]:
    def lines(key: str) -> list[str]:
        return [f"{i[key]['Kind']}={i[key]['Value']}" for i in found if i.get(key)]

    return {
        "namedResourcesSpecs": lines("NamedResourceSpec"),
        "discreteResourcesSpecs": lines("DiscreteResourceSpec"),
    }


def _networks_to_api(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "Target": item.get("id") or item["name"],
            "Aliases": list(item.get("aliases") or []),
            "DriverOpts": dict(line.split("=", 1) for line in item.get("driverOpts") or []),
        }
        for item in items
    ]


def _networks_from_api(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "id": item["Target"],
            "aliases": list(item.get("Aliases") or []),
            "driverOpts": ENVIRONMENT[0](item.get("DriverOpts") or {}),
        }
        for item in found
    ]


_AMOUNTS: Shape = {"memoryBytes": ("MemoryBytes", None), "nanoCpus": ("NanoCPUs", None)}
_TASK: Shape = {
    "containerSpec": ("ContainerSpec", _CONTAINER),
    "forceUpdate": ("ForceUpdate", None),
    "logDriver": ("LogDriver", {"name": ("Name", None), "options": ("Options", None)}),
    "networksAdvanceds": ("Networks", (_networks_to_api, _networks_from_api)),
    "placement": (
        "Placement",
        {
            "constraints": ("Constraints", None),
            "maxReplicas": ("MaxReplicas", None),
            "platforms": (
                "Platforms",
                [{"architecture": ("Architecture", None), "os": ("OS", None)}],
            ),
            "prefs": (
                "Preferences",
                (
                    lambda items: [{"Spread": {"SpreadDescriptor": item}} for item in items],
                    lambda found: [item["Spread"]["SpreadDescriptor"] for item in found],
                ),
            ),
        },
    ),
    "resources": (
        "Resources",
        {
            "limits": ("Limits", _AMOUNTS),
            "reservation": (
                "Reservations",
                {
                    **_AMOUNTS,
                    "genericResources": ("GenericResources", (_generic_to_api, _generic_from_api)),
                },
            ),
        },
    ),
    "restartPolicy": (
        "RestartPolicy",
        {
            "condition": ("Condition", None),
            "delay": ("Delay", DURATION),
            "maxAttempts": ("MaxAttempts", None),
            "window": ("Window", DURATION),
        },
    ),
    "runtime": ("Runtime", None),
}
_ROLLING: Shape = {
    "parallelism": ("Parallelism", None),
    "delay": ("Delay", DURATION),
    "failureAction": ("FailureAction", None),
    "monitor": ("Monitor", DURATION),
    "maxFailureRatio": ("MaxFailureRatio", RATIO),
    "order": ("Order", None),
}


def _mode_to_api(mode: dict[str, Any]) -> dict[str, Any]:
    if mode.get("global"):
        return {"Global": {}}
    replicated = mode.get("replicated") or {}
    return {"Replicated": {"Replicas": replicated.get("replicas", 1)}}


def _mode_from_api(found: dict[str, Any]) -> dict[str, Any]:
    if "Global" in found:
        return {"global": True}
    return {"replicated": {"replicas": (found.get("Replicated") or {}).get("Replicas", 1)}}


SERVICE: Shape = {
    "name": ("Name", None),
    "labels": ("Labels", LABELS),
    "mode": ("Mode", (_mode_to_api, _mode_from_api)),
    "taskSpec": ("TaskTemplate", _TASK),
    "endpointSpec": (
        "EndpointSpec",
        {
            "mode": ("Mode", None),
            "ports": (
                "Ports",
                [
                    {
                        "name": ("Name", None),
                        "protocol": ("Protocol", None),
                        "publishMode": ("PublishMode", None),
                        "publishedPort": ("PublishedPort", None),
                        "targetPort": ("TargetPort", None),
                    }
                ],
            ),
        },
    ),
    "updateConfig": ("UpdateConfig", _ROLLING),
    "rollbackConfig": ("RollbackConfig", _ROLLING),
}
# Inputs that are not part of the specification that the swarm stores.
BESIDE: tuple[str, ...] = ("auth", "convergeConfig")
