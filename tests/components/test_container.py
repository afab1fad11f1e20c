from __future__ import annotations

from typing import Any

import pytest

from causeway.model.values import Attachment, Device, Mount, Port, Resources, Service, Ulimit
from tests.components.recorder import declare
from tests.components.values import network, on, service, stack, volume

ALWAYS = {"image", "labels", "destroyGraceSeconds", "removeVolumes"}


def inputs(one: Service, **values: Any) -> dict[str, Any]:
    """What the first container is registered with, beyond what every container has."""
    registered = declare(stack(one, **values))[f"Container shop-dev-{one.name}-1"].inputs
    return {key: value for key, value in registered.items() if key not in ALWAYS}


def test_an_attachment_names_the_network_by_id_and_the_service_as_alias() -> None:
    found = inputs(
        service(
            "web",
            attachments=(
                Attachment("front", aliases=("www", "api"), ipv4_address="10.1.0.5", gw_priority=1),
                Attachment("back", mac_address="02:42:ac:11:00:02", driver_opts=(("a", "1"),)),
            ),
        ),
        networks=(network("front"), network("back")),
    )

    assert found == {
        "networkMode": "bridge",
        "networksAdvanced": [
            {
                "name": "shop-dev-back-id",
                "aliases": ["web"],
                "macAddress": "02:42:ac:11:00:02",
                "driverOpts": ["a=1"],
            },
            {
                "name": "shop-dev-front-id",
                "aliases": ["api", "web", "www"],
                "ipv4Address": "10.1.0.5",
                "gwPriority": 1,
            },
        ],
    }


def test_an_external_network_is_looked_up_and_not_declared() -> None:
    recording = declare(
        stack(
            service("web", attachments=on("shared")),
            networks=(network("shared", name="company", external=True),),
        )
    )

    assert [label for label in recording.labels() if label.startswith("Network")] == [
        "Network shop-dev-shared"
    ]
    assert recording.invokes == [("docker:index/getNetwork:getNetwork", {"name": "company"})]
    container = recording["Container shop-dev-web-1"]
    assert container.inputs["networksAdvanced"] == [{"name": "company-id", "aliases": ["web"]}]


def test_ports_are_ordered_and_open_on_all_addresses_unless_one_is_named() -> None:
    found = inputs(
        service(
            "web",
            ports=(
                Port(443, 8443, "127.0.0.1"),
                Port(80, 8080),
                Port(53, 5353, protocol="udp"),
                Port(9000),
            ),
        )
    )

    assert found == {
        "ports": [
            {"internal": 53, "external": 5353, "ip": "0.0.0.0", "protocol": "udp"},
            {"internal": 80, "external": 8080, "ip": "0.0.0.0", "protocol": "tcp"},
            {"internal": 443, "external": 8443, "ip": "127.0.0.1", "protocol": "tcp"},
            {"internal": 9000, "ip": "0.0.0.0", "protocol": "tcp"},
        ]
    }


def test_mounts_refer_to_volumes_by_name_and_binds_by_path() -> None:
    found = inputs(
        service(
            "db",
            mounts=(
                Mount("volume", "/var/lib/db", source="data", no_copy=True),
                Mount("bind", "/etc/db", source="/srv/db", read_only=True, propagation="rslave"),
                Mount("tmpfs", "/scratch", tmpfs_size=1048576, tmpfs_mode=448),
                Mount("volume", "/anonymous"),
            ),
        ),
        volumes=(volume("data"),),
    )

    assert found == {
        "mounts": [
            {"type": "volume", "target": "/anonymous"},
            {
                "type": "bind",
                "target": "/etc/db",
                "source": "/srv/db",
                "readOnly": True,
                "bindOptions": {"propagation": "rslave"},
            },
            {
                "type": "tmpfs",
                "target": "/scratch",
                "tmpfsOptions": {"sizeBytes": 1048576, "mode": 448},
            },
            {
                "type": "volume",
                "target": "/var/lib/db",
                "source": "shop-dev_data",
                "volumeOptions": {"noCopy": True},
            },
        ]
    }


def test_memory_is_counted_in_mebibytes_and_rounded_up() -> None:
    found = inputs(
        service(
            "web",
            resources=Resources(
                memory=268435457, memory_reservation=134217728, memory_swap=-1, cpus="0.5"
            ),
            shm_size=1,
        )
    )

    assert found == {
        "memory": 257,
        "memoryReservation": 128,
        "memorySwap": -1,
        "cpus": "0.5",
        "shmSize": 1,
    }


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"environment": (("B", "2"), ("A", "x=y"))}, {"envs": ["A=x=y", "B=2"]}),
        ({"command": ("serve", "--fast")}, {"command": ["serve", "--fast"]}),
        ({"command": ()}, {"command": []}),
        ({"entrypoint": ("/run.sh",)}, {"entrypoints": ["/run.sh"]}),
        ({"restart": "unless-stopped"}, {"restart": "unless-stopped"}),
        (
            {"restart": "on-failure", "restart_retries": 3},
            {"restart": "on-failure", "maxRetryCount": 3},
        ),
        (
            {"cap_add": ("NET_ADMIN", "CAP_CHOWN"), "cap_drop": ("all",)},
            {"capabilities": {"adds": ["CAP_CHOWN", "CAP_NET_ADMIN"], "drops": ["ALL"]}},
        ),
        ({"extra_hosts": (("db", "10.0.0.9"),)}, {"hosts": [{"host": "db", "ip": "10.0.0.9"}]}),
        ({"dns": ("10.0.0.3", "10.0.0.2")}, {"dns": ["10.0.0.3", "10.0.0.2"]}),
        ({"tmpfs": (("/tmp", "size=64m"),)}, {"tmpfs": {"/tmp": "size=64m"}}),
        (
            {"ulimits": (Ulimit("nproc", 1, 2), Ulimit("nofile", 3, 4))},
            {
                "ulimits": [
                    {"name": "nofile", "soft": 3, "hard": 4},
                    {"name": "nproc", "soft": 1, "hard": 2},
                ]
            },
        ),
        (
            {"devices": (Device("/dev/fuse", "/dev/fuse", "rw"),)},
            {
                "devices": [
                    {
                        "hostPath": "/dev/fuse",
                        "containerPath": "/dev/fuse",
                        "permissions": "rw",
                    }
                ]
            },
        ),
        ({"stop_signal": "SIGQUIT"}, {"stopSignal": "SIGQUIT"}),
        (
            {"log_driver": "json-file", "log_options": (("max-size", "1m"),)},
            {"logDriver": "json-file", "logOpts": {"max-size": "1m"}},
        ),
        ({"init": False}, {"init": False}),
        ({"read_only": True, "tty": True}, {"readOnly": True, "tty": True}),
        ({"sysctls": (("net.core.somaxconn", "9"),)}, {"sysctls": {"net.core.somaxconn": "9"}}),
        ({"ipc": "shareable", "pid": "host"}, {"ipcMode": "shareable", "pidMode": "host"}),
        ({"container_name": "front", "hostname": "h"}, {"name": "front", "hostname": "h"}),
        ({"gpus": "all", "runtime": "runc"}, {"gpus": "all", "runtime": "runc"}),
    ],
    ids=lambda value: "-".join(value),
)
def test_only_what_is_set_is_passed(values: dict[str, Any], expected: dict[str, Any]) -> None:
    assert inputs(service("web", **values)) == expected


def test_the_grace_period_holds_for_a_stop_and_for_the_end_of_the_stack() -> None:
    registered = declare(stack(service("web", stop_grace_period=30)))[
        "Container shop-dev-web-1"
    ].inputs

    assert (registered["stopTimeout"], registered["destroyGraceSeconds"]) == (30, 30)
