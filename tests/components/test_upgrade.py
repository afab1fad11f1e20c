"""Containers deployed by an earlier version are not replaced by what a later one registers."""

from __future__ import annotations

from typing import Any

from causeway.model.values import FileMount, FileSource, Healthcheck, Mount, Port, Resources
from causeway.provider.container.diff import changes
from tests.components.recorder import declare
from tests.components.values import HERE, network, on, service, stack, volume

# What the version before labels as inputs registered for the service below.
BEFORE: dict[str, Any] = {
    "image": "sha256:shop-dev-tiny:1",
    "labels": [
        {"label": "causeway.project", "value": "shop"},
        {"label": "causeway.replica", "value": "1"},
        {"label": "causeway.service", "value": "web"},
        {"label": "causeway.stack", "value": "dev"},
    ],
    "networkMode": "bridge",
    "networksAdvanced": [{"name": "shop-dev-front-id", "aliases": ["web"]}],
    "ports": [{"internal": 80, "external": 8080, "ip": "0.0.0.0", "protocol": "tcp"}],
    "mounts": [
        {"type": "volume", "target": "/data", "source": "shop-dev_data"},
        {
            "type": "bind",
            "target": "/srv",
            "source": "/home/shop",
            "readOnly": True,
            "bindOptions": {"propagation": "rshared"},
        },
    ],
    "uploads": [{"file": "/motd", "contentBase64": "aGVsbG8=", "permissions": "0444"}],
    "envs": ["A=1"],
    "healthcheck": {"tests": ["CMD", "true"], "interval": "5s"},
    "wait": True,
    "waitTimeout": 140,
    "restart": "always",
    "memory": 64,
    "gpus": "all",
    "destroyGraceSeconds": 10,
    "removeVolumes": False,
}


def test_container_of_an_earlier_version_gets_labels_and_stays() -> None:
    web = service(
        "web",
        attachments=on("front"),
        ports=(Port(80, 8080),),
        expose=("9000",),
        mounts=(
            Mount("volume", "/data", "data"),
            Mount("bind", "/srv", "/home/shop", True, "rshared", create_source=True),
        ),
        files=(FileMount("config", "motd", "/motd"),),
        environment=(("A", "1"),),
        healthcheck=Healthcheck(("CMD", "true"), interval="5s"),
        restart="always",
        resources=Resources(memory=64 << 20, pids=-1),
        gpus="all",
    )
    registered = declare(
        stack(
            web,
            networks=(network("front"),),
            volumes=(volume("data"),),
            file_sources=(FileSource("motd", "config", HERE, content="hello"),),
        )
    )["Container shop-dev-web-1"].inputs

    assert {key for key in BEFORE if registered.get(key) != BEFORE[key]} == {"labels"}
    assert changes(BEFORE, registered) == {"labels": "update"}
