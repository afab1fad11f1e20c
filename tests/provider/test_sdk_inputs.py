"""Every input of the SDK's own classes for networks and containers is in the plugin's tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pulumi_docker
import pytest
from pulumi._types import input_type_py_to_pulumi_names

from causeway.provider.container import fields as container_fields
from causeway.provider.container import values as container_values
from causeway.provider.inputs.table import HONOURED
from causeway.provider.network import inputs as network_inputs


def paths(class_: Any, prefix: str = "") -> Iterator[str]:
    """The wire paths of all inputs of a class and of the classes nested in it."""
    for name, wire in input_type_py_to_pulumi_names(class_).items():
        annotation = repr(getattr(class_, name).fget.__annotations__["return"])
        inner = re.search(r"ForwardRef\('(\w+Args)'", annotation)
        if inner is None:
            yield f"{prefix}{wire}"
        else:
            yield from paths(getattr(pulumi_docker, inner[1]), f"{prefix}{wire}.")


@pytest.mark.parametrize(
    ("class_", "table"),
    [
        (pulumi_docker.NetworkArgs, network_inputs.INPUTS),
        (pulumi_docker.ContainerArgs, container_fields.INPUTS),
    ],
)
def test_the_table_has_every_input_of_the_sdk_and_no_other(
    class_: Any, table: dict[str, str]
) -> None:
    assert sorted(paths(class_)) == sorted(table)


def test_the_walk_finds_inputs_three_levels_deep() -> None:
    found = set(paths(pulumi_docker.ContainerArgs))
    assert "mounts.volumeOptions.labels.label" in found
    assert len(found) == 126


# Every input of a network, each with a value of its own.
NETWORK = {
    "name": "front",
    "driver": "overlay",
    "attachable": True,
    "ingress": True,
    "internal": True,
    "ipv6": True,
    "options": {"mtu": "1400"},
    "ipamDriver": "dhcp",
    "ipamOptions": {"lease": "1h"},
    "ipamConfigs": [
        {
            "subnet": "10.0.0.0/24",
            "ipRange": "10.0.0.128/25",
            "gateway": "10.0.0.1",
            "auxAddress": {"router": "10.0.0.2"},
        }
    ],
    "labels": [{"label": "tier", "value": "web"}],
}


def test_every_input_of_a_network_reaches_the_engines_words() -> None:
    assert set(leaves(NETWORK, "auxAddress", "ipamOptions")) == set(network_inputs.INPUTS)
    assert network_inputs.to_body("front", NETWORK) == {
        "Name": "front",
        "CheckDuplicate": True,
        "Driver": "overlay",
        "Attachable": True,
        "Ingress": True,
        "Internal": True,
        "EnableIPv6": True,
        "Options": {"mtu": "1400"},
        "Labels": {"tier": "web"},
        "IPAM": {
            "Driver": "dhcp",
            "Options": {"lease": "1h"},
            "Config": [
                {
                    "Subnet": "10.0.0.0/24",
                    "IPRange": "10.0.0.128/25",
                    "Gateway": "10.0.0.1",
                    "AuxiliaryAddresses": {"router": "10.0.0.2"},
                }
            ],
        },
    }


@pytest.mark.parametrize("table", [network_inputs.INPUTS, container_fields.INPUTS])
def test_no_input_of_networks_and_containers_is_refused(table: dict[str, str]) -> None:
    assert {path for path, verdict in table.items() if verdict != HONOURED} == set()


# One value that uses every nested input, in the words of the Engine API.
NESTED: dict[str, tuple[Any, dict[str, Any]]] = {
    "labels": ([{"label": "a", "value": "b"}], {"Labels": {"a": "b"}}),
    "healthcheck": (
        {
            "tests": ["CMD", "true"],
            "interval": "1m30s",
            "timeout": "500ms",
            "startPeriod": "2s",
            "startInterval": "1s",
            "retries": 3,
        },
        {
            "Healthcheck": {
                "Test": ["CMD", "true"],
                "Interval": 90_000_000_000,
                "Timeout": 500_000_000,
                "StartPeriod": 2_000_000_000,
                "StartInterval": 1_000_000_000,
                "Retries": 3,
            }
        },
    ),
    "hosts": ([{"host": "db", "ip": "10.0.0.9"}], {"HostConfig.ExtraHosts": ["db:10.0.0.9"]}),
    "ports": (
        [{"internal": 80, "external": 8080, "ip": "127.0.0.1", "protocol": "udp"}],
        {"HostConfig.PortBindings": {"80/udp": [{"HostIp": "127.0.0.1", "HostPort": "8080"}]}},
    ),
    "ulimits": (
        [{"name": "nofile", "soft": 10, "hard": 20}],
        {"HostConfig.Ulimits": [{"Name": "nofile", "Soft": 10, "Hard": 20}]},
    ),
    "devices": (
        [{"hostPath": "/dev/null", "containerPath": "/dev/nothing", "permissions": "r"}],
        {
            "HostConfig.Devices": [
                {
                    "PathOnHost": "/dev/null",
                    "PathInContainer": "/dev/nothing",
                    "CgroupPermissions": "r",
                }
            ]
        },
    ),
    "deviceReadBps": (
        [{"path": "/dev/vda", "rate": 1000}],
        {"HostConfig.BlkioDeviceReadBps": [{"Path": "/dev/vda", "Rate": 1000}]},
    ),
    "deviceReadIops": (
        [{"path": "/dev/vda", "rate": 10}],
        {"HostConfig.BlkioDeviceReadIOps": [{"Path": "/dev/vda", "Rate": 10}]},
    ),
    "deviceWriteBps": (
        [{"path": "/dev/vda", "rate": 1000}],
        {"HostConfig.BlkioDeviceWriteBps": [{"Path": "/dev/vda", "Rate": 1000}]},
    ),
    "deviceWriteIops": (
        [{"path": "/dev/vda", "rate": 10}],
        {"HostConfig.BlkioDeviceWriteIOps": [{"Path": "/dev/vda", "Rate": 10}]},
    ),
    "deviceRequests": (
        [
            {
                "driver": "nvidia",
                "count": 2,
                "deviceIds": ["0"],
                "capabilities": ["gpu"],
                "options": {"a": "b"},
            }
        ],
        {
            "HostConfig.DeviceRequests": [
                {
                    "Driver": "nvidia",
                    "Count": 2,
                    "DeviceIDs": ["0"],
                    "Capabilities": [["gpu"]],
                    "Options": {"a": "b"},
                }
            ]
        },
    ),
    "mounts": (
        [
            {
                "type": "volume",
                "source": "data",
                "target": "/data",
                "readOnly": True,
                "volumeOptions": {
                    "noCopy": True,
                    "subpath": "inner",
                    "labels": [{"label": "a", "value": "b"}],
                    "driverName": "local",
                    "driverOptions": {"type": "nfs"},
                },
            },
            {
                "type": "bind",
                "source": "/srv",
                "target": "/srv",
                "bindOptions": {"propagation": "rshared"},
            },
            {"type": "tmpfs", "target": "/t", "tmpfsOptions": {"sizeBytes": 4096, "mode": 448}},
        ],
        {
            "HostConfig.Mounts": [
                {
                    "Type": "volume",
                    "Source": "data",
                    "Target": "/data",
                    "ReadOnly": True,
                    "VolumeOptions": {
                        "NoCopy": True,
                        "Subpath": "inner",
                        "Labels": {"a": "b"},
                        "DriverConfig": {"Name": "local", "Options": {"type": "nfs"}},
                    },
                },
                {
                    "Type": "bind",
                    "Source": "/srv",
                    "Target": "/srv",
                    "BindOptions": {"Propagation": "rshared"},
                },
                {"Type": "tmpfs", "Target": "/t", "TmpfsOptions": {"SizeBytes": 4096, "Mode": 448}},
            ]
        },
    ),
    "volumes": (
        [
            {"volumeName": "data", "containerPath": "/data", "readOnly": True},
            {"hostPath": "/srv", "containerPath": "/srv", "selinuxRelabel": "z"},
        ],
        {"HostConfig.Binds": ["data:/data:ro", "/srv:/srv:rw,z"]},
    ),
}
# Nested inputs that no row of `FIELDS` carries to the engine; other tests show them in force.
ELSEWHERE = {"capabilities", "networksAdvanced", "uploads"}


@pytest.mark.parametrize("name", sorted(NESTED))
def test_every_nested_input_reaches_the_engines_words_and_comes_back(name: str) -> None:
    value, expected = NESTED[name]
    field = container_fields.BY_NAME[name]
    body: dict[str, Any] = {}
    field.write(body, value)
    assert flat(body) == expected
    if name != "deviceRequests":
        found = {"Config": body, "HostConfig": body.get("HostConfig", {})}
        assert container_values.in_order(field.read(found)) == container_values.in_order(value)


def test_the_values_above_use_every_nested_input() -> None:
    used = set()
    for name, (value, _) in NESTED.items():
        for item in value if isinstance(value, list) else [value]:
            used |= {f"{name}.{path}" for path in leaves(item)}
    missing = {
        path
        for path in container_fields.INPUTS
        if "." in path and path.split(".")[0] not in ELSEWHERE and path not in used
    }
    assert missing == {"volumes.fromContainer"}


def leaves(item: dict[str, Any], *maps: str) -> Iterator[str]:
    """The paths of plain values; what has keys of the user's own counts as one, as do `maps`."""
    for key, value in item.items():
        inner = value[0] if isinstance(value, list) and isinstance(value[0], dict) else value
        if isinstance(inner, dict) and key not in ("driverOptions", "options", *maps):
            yield from (f"{key}.{path}" for path in leaves(inner, *maps))
        else:
            yield key


def flat(body: dict[str, Any]) -> dict[str, Any]:
    """The body with HostConfig's keys written as paths."""
    host = body.get("HostConfig", {})
    rest = {key: value for key, value in body.items() if key != "HostConfig"}
    return {**rest, **{f"HostConfig.{key}": value for key, value in host.items()}}
