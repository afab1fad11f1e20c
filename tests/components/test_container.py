from __future__ import annotations

from pathlib import Path
from typing import Any

import pulumi
import pytest

from causeway.model.values import (
    Attachment,
    Dependency,
    Device,
    DeviceRequest,
    FileMount,
    FileSource,
    Healthcheck,
    Mount,
    Port,
    Resources,
    Service,
    Ulimit,
    VolumesFrom,
)
from tests.components.recorder import declare
from tests.components.values import HERE, network, on, service, stack, volume

OWN_LABELS = ("causeway.project", "causeway.replica", "causeway.service", "causeway.stack")
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


def test_what_pulumi_docker_lacks_travels_in_labels() -> None:
    registered = declare(
        stack(
            service(
                "web",
                mounts=(Mount("bind", "/data", "/srv/data", create_source=True),),
                expose=("9000", "53/udp"),
                annotations=(("org.example.a", "1"),),
                device_cgroup_rules=("c 1:3 mr",),
                resources=Resources(pids=20),
                oom_score_adj=-5,
                oom_kill_disable=True,
                mem_swappiness=0,
                uts="host",
            )
        )
    )["Container shop-dev-web-1"].inputs

    labels = {each["label"]: each["value"] for each in registered["labels"]}
    assert {key: labels[key] for key in labels if key not in OWN_LABELS} == {
        "causeway.annotations": '{"org.example.a":"1"}',
        "causeway.create-bind-sources": '["/data"]',
        "causeway.device-cgroup-rules": '["c 1:3 mr"]',
        "causeway.expose": '["53/udp","9000"]',
        "causeway.mem-swappiness": "0",
        "causeway.oom-kill-disable": "true",
        "causeway.oom-score-adj": "-5",
        "causeway.pids-limit": "20",
        "causeway.uts": '"host"',
    }
    assert registered["mounts"] == [{"type": "bind", "target": "/data", "source": "/srv/data"}]


def test_selinux_label_and_mounts_of_others_are_volumes() -> None:
    jobs = service("jobs")
    web = service(
        "web",
        mounts=(
            Mount("bind", "/b", "/srv/b", create_source=True, selinux="z"),
            Mount("bind", "/a", "/srv/a", read_only=True, selinux="Z"),
        ),
        volumes_from=(VolumesFrom("jobs", read_only=True), VolumesFrom(container="theirs")),
        depends_on=(Dependency("jobs"),),
    )
    registered = declare(stack(web, jobs))["Container shop-dev-web-1"].inputs

    assert registered["volumes"] == [
        {
            "hostPath": "/srv/a",
            "containerPath": "/a",
            "readOnly": True,
            "selinuxRelabel": "Z",
        },
        {"hostPath": "/srv/b", "containerPath": "/b", "selinuxRelabel": "z"},
        {"fromContainer": "shop-dev-jobs-1-id", "readOnly": True},
        {"fromContainer": "theirs"},
    ]
    assert "mounts" not in registered
    assert [each["label"] for each in registered["labels"]] == [*OWN_LABELS]


def test_some_gpus_are_a_device_request_and_all_of_them_are_the_short_form() -> None:
    some = DeviceRequest(driver="nvidia", ids=("0", "3"))
    assert inputs(service("web", device_requests=(some,))) == {
        "deviceRequests": [{"driver": "nvidia", "deviceIds": ["0", "3"], "capabilities": ["gpu"]}]
    }


def test_variable_to_take_away_is_a_bare_name() -> None:
    found = inputs(service("web", environment=(("A", "1"),), unset=("FROM_IMAGE",)))
    assert found == {"envs": ["A=1", "FROM_IMAGE"]}


def test_healthcheck_without_test_changes_that_of_the_image() -> None:
    found = inputs(service("web", healthcheck=Healthcheck((), interval="5s")))
    assert found == {"healthcheck": {"tests": [], "interval": "5s"}}


def test_part_of_a_volume_is_mounted() -> None:
    found = inputs(
        service("web", mounts=(Mount("volume", "/part", "data", subpath="inner"),)),
        volumes=(volume("data"),),
    )
    assert found["mounts"][0]["volumeOptions"] == {"subpath": "inner"}


def test_folder_as_a_config_is_one_upload_for_each_file(tmp_path: Path) -> None:
    folder = tmp_path / "settings"
    (folder / "more").mkdir(parents=True)
    (folder / "one").write_text("1")
    (folder / "more" / "run.sh").write_text("2")
    (folder / "more" / "run.sh").chmod(0o755)
    source = FileSource("settings", "config", HERE, file=str(folder))
    mount = FileMount("config", "settings", "/etc/settings")
    found = inputs(service("web", files=(mount,)), file_sources=(source,))

    assert [(each["file"], each["permissions"]) for each in found["uploads"]] == [
        ("/etc/settings/more/run.sh", "0555"),
        ("/etc/settings/one", "0444"),
    ]


def test_mounts_of_a_service_without_a_container_are_refused() -> None:
    web = service("web", volumes_from=(VolumesFrom("jobs"),), depends_on=(Dependency("jobs"),))
    with pytest.raises(pulumi.RunError, match=r"^volumes_from: service jobs has no"):
        declare(stack(web, service("jobs", replicas=0)))
