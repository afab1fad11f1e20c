"""Every input that the SDK offers for Swarm services and files, tags, pushed images, plugins."""

from __future__ import annotations

from typing import Any

import pulumi_docker
import pytest

from causeway.provider import plugin as engine_plugin
from causeway.provider.image import tag
from causeway.provider.inputs.shape import from_api, overlay, to_api
from causeway.provider.swarm.file import SecretKind, ServiceConfigKind
from causeway.provider.swarm.service_shape import BESIDE, SERVICE
from tests.provider.test_sdk_inputs import paths

ROLLING = {
    "parallelism": 2,
    "delay": "10s",
    "failureAction": "pause",
    "monitor": "5s",
    "maxFailureRatio": "0.1",
    "order": "start-first",
}
FILE = {"fileName": "f", "fileUid": "1", "fileGid": "2", "fileMode": 256}
# One value for every input of the SDK's ServiceArgs that the swarm keeps.
WHOLE: dict[str, Any] = {
    "name": "app",
    "labels": [{"label": "a", "value": "b"}],
    "mode": {"replicated": {"replicas": 3}},
    "endpointSpec": {
        "mode": "vip",
        "ports": [
            {
                "name": "web",
                "protocol": "tcp",
                "publishMode": "host",
                "publishedPort": 80,
                "targetPort": 8080,
            }
        ],
    },
    "updateConfig": ROLLING,
    "rollbackConfig": ROLLING,
    "taskSpec": {
        "forceUpdate": 1,
        "runtime": "container",
        "logDriver": {"name": "json-file", "options": {"max-size": "1m"}},
        "networksAdvanceds": [{"id": "n1", "aliases": ["x"], "driverOpts": ["k=v"]}],
        "placement": {
            "constraints": ["node.role==manager"],
            "maxReplicas": 2,
            "platforms": [{"architecture": "amd64", "os": "linux"}],
            "prefs": ["node.labels.zone"],
        },
        "resources": {
            "limits": {"memoryBytes": 64, "nanoCpus": 1000000},
            "reservation": {
                "memoryBytes": 32,
                "nanoCpus": 1000000,
                "genericResources": {
                    "namedResourcesSpecs": ["GPU=one"],
                    "discreteResourcesSpecs": ["SSD=3"],
                },
            },
        },
        "restartPolicy": {
            "condition": "on-failure",
            "delay": "3s",
            "maxAttempts": 4,
            "window": "1m0s",
        },
        "containerSpec": {
            "image": "app:1",
            "args": ["-v"],
            "commands": ["/app"],
            "capAdds": ["CAP_NET_RAW"],
            "capDrops": ["CAP_CHOWN"],
            "configs": [{"configId": "c1", "configName": "c", **FILE}],
            "secrets": [{"secretId": "s1", "secretName": "s", **FILE}],
            "dir": "/srv",
            "dnsConfig": {
                "nameservers": ["8.8.8.8"],
                "options": ["ndots:3"],
                "searches": ["example"],
            },
            "env": {"A": "1"},
            "groups": ["adm"],
            "healthcheck": {
                "tests": ["CMD", "true"],
                "interval": "5s",
                "timeout": "2s",
                "startPeriod": "1s",
                "retries": 3,
            },
            "hostname": "host",
            "hosts": [{"ip": "10.0.0.1", "host": "db"}],
            "init": True,
            "isolation": "default",
            "labels": [{"label": "c", "value": "d"}],
            "mounts": [
                {
                    "target": "/data",
                    "source": "data",
                    "type": "volume",
                    "readOnly": True,
                    "bindOptions": {"propagation": "private"},
                    "tmpfsOptions": {"mode": 511, "sizeBytes": 1024},
                    "volumeOptions": {
                        "noCopy": True,
                        "labels": [{"label": "e", "value": "f"}],
                        "driverName": "local",
                        "driverOptions": {"type": "nfs"},
                    },
                }
            ],
            "privileges": {
                "credentialSpec": {"file": "spec.json", "registry": "key"},
                "seLinuxContext": {
                    "disable": True,
                    "level": "l",
                    "role": "r",
                    "type": "t",
                    "user": "u",
                },
            },
            "readOnly": True,
            "stopGracePeriod": "10s",
            "stopSignal": "SIGQUIT",
            "sysctl": {"net.core.somaxconn": "1024"},
            "user": "1000",
        },
    },
}
MAPS = ("env", "sysctl", "options", "driverOptions")


def leaves(value: Any, prefix: str = "") -> set[str]:
    """The paths of all plain values; maps with keys of the user's own count as one."""
    if isinstance(value, dict) and prefix.rstrip(".").rsplit(".", 1)[-1] not in MAPS:
        return {p for key, item in value.items() for p in leaves(item, f"{prefix}{key}.")}
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return leaves(value[0], prefix)
    return {prefix.rstrip(".")}


def test_the_example_holds_every_input_of_the_sdk() -> None:
    offered = {p for p in paths(pulumi_docker.ServiceArgs) if p.split(".")[0] not in BESIDE}
    # The other of two that exclude each other: `global` beside `replicated`, `name` beside `id`.
    other = {"mode.global", "taskSpec.networksAdvanceds.name"}
    assert leaves(WHOLE) == offered - other


def test_every_input_of_a_service_reaches_the_swarm_and_comes_back() -> None:
    assert from_api(SERVICE, to_api(SERVICE, WHOLE)) == WHOLE


def test_a_global_service_and_a_network_by_name() -> None:
    inputs = {"mode": {"global": True}, "taskSpec": {"networksAdvanceds": [{"name": "net"}]}}
    body = to_api(SERVICE, inputs)
    assert body["Mode"] == {"Global": {}}
    assert body["TaskTemplate"]["Networks"] == [{"Target": "net", "Aliases": [], "DriverOpts": {}}]


def test_what_the_engine_reports_beyond_the_declaration_is_no_drift() -> None:
    declared = {"taskSpec": {"containerSpec": {"image": "app:1", "env": {"A": "1"}}}}
    actual = {"taskSpec": {"containerSpec": {"image": "app:1", "env": {"A": "1"}, "dir": "/x"}}}
    assert overlay(declared, actual) == declared
    changed = {"taskSpec": {"containerSpec": {"image": "app:2", "env": {}, "dir": "/x"}}}
    assert overlay(declared, changed) == {
        "taskSpec": {"containerSpec": {"image": "app:2", "env": {}}}
    }


@pytest.mark.parametrize(
    ("arguments", "offered"),
    [
        (pulumi_docker.SecretArgs, SecretKind.inputs),
        (pulumi_docker.ServiceConfigArgs, ServiceConfigKind.inputs),
    ],
)
def test_every_input_of_secrets_and_configs(arguments: Any, offered: tuple[str, ...]) -> None:
    assert {path.split(".")[0] for path in paths(arguments)} == set(offered)


@pytest.mark.parametrize(
    ("arguments", "table"),
    [
        (pulumi_docker.TagArgs, tag.INPUTS),
        (pulumi_docker.PluginArgs, engine_plugin.INPUTS),
    ],
)
def test_every_input_of_tags_and_plugins(arguments: Any, table: dict[str, str]) -> None:
    assert sorted(paths(arguments)) == sorted(table)
