"""A balancer's two containers, its configuration, and how replicas are exchanged."""

from __future__ import annotations

from typing import Any

import pytest

from causeway.model.extension.balance import prepared
from causeway.model.values import Balance, BalanceTarget, Port, Service, Update
from tests.components.recorder import Recording, declare
from tests.components.values import network, on, service, stack

BALANCE = Balance((BalanceTarget("app", 1, "front"),), 5000)


def recorded(*, replicas: int = 2, update: Update | None = None, **fields: Any) -> Recording:
    balancer = prepared(
        service("lb", image="nginx:1.28", attachments=on("front"), ports=(Port(80, 8080),)), BALANCE
    )
    app: Service = service(
        "app", attachments=on("front"), replicas=replicas, update=update or Update(), **fields
    )
    return declare(stack(app, balancer, networks=(network("front", name="shop-dev-front"),)))


def labels(inputs: dict[str, Any]) -> dict[str, str]:
    return {each["label"]: each["value"] for each in inputs["labels"]}


def test_one_container_holds_networks_and_ports_and_does_nothing_else() -> None:
    held = recorded()["Container shop-dev-lb-1-network"]

    assert {key: value for key, value in held.inputs.items() if key != "labels"} == {
        "image": "sha256:shop-dev-nginx:1.28",
        "entrypoints": ["sleep"],
        "command": ["infinity"],
        "networkMode": "bridge",
        "networksAdvanced": [{"name": "shop-dev-front-id", "aliases": ["lb"]}],
        "ports": [{"internal": 80, "external": 8080, "ip": "0.0.0.0", "protocol": "tcp"}],
        "capabilities": {"drops": ["ALL"]},
        "sysctls": {"net.ipv4.tcp_migrate_req": "1"},
        "stopSignal": "SIGKILL",
        "stopTimeout": 1,
        "destroyGraceSeconds": 1,
    }
    assert labels(held.inputs)["causeway.role"] == "network"


def test_the_holder_keeps_the_image_that_it_began_with() -> None:
    held = recorded()["Container shop-dev-lb-1-network"]

    assert held.options == {"ignoreChanges": ["image"]}


def test_the_balancer_joins_the_holders_namespace_and_publishes_nothing() -> None:
    balancer = recorded()["Container shop-dev-lb-1"].inputs

    assert balancer["networkMode"] == "container:shop-dev-lb-1-network-id"
    assert {"ports", "networksAdvanced", "sysctls"} & balancer.keys() == set()


def test_the_configuration_is_made_of_the_replicas_that_run() -> None:
    balancer = recorded()["Container shop-dev-lb-1"]
    (upload,) = balancer.inputs["uploads"]

    assert (upload["file"], upload["permissions"]) == ("/etc/causeway/nginx.conf", "0644")
    assert [line.strip() for line in upload["content"].splitlines() if "max_fails" in line] == [
        "server 172.18.0.2:5000 weight=1 max_fails=2 fail_timeout=2s;  # app-1",
        "server 172.18.0.2:5000 weight=1 max_fails=2 fail_timeout=2s;  # app-2",
    ]
    assert balancer.dependencies == (
        "Container shop-dev-app-1",
        "Container shop-dev-app-2",
        "Container shop-dev-lb-1-network",
        "RemoteImage shop-dev-nginx:1.28",
    )


def test_the_balancer_says_how_its_configuration_is_taken_in() -> None:
    balancer = recorded()["Container shop-dev-lb-1"].inputs

    assert labels(balancer)["causeway.reload"] == "signal:HUP"
    assert labels(balancer)["causeway.reload-check"] == "nginx -t -q -c /etc/causeway/nginx.conf"


def test_seconds_to_drain_are_a_label() -> None:
    app = recorded(update=Update(drain=7))["Container shop-dev-app-1"].inputs

    assert labels(app)["causeway.drain"] == "7"


def test_with_a_parallelism_each_replica_waits_for_one_before_it() -> None:
    recording = recorded(replicas=4, update=Update(parallelism=2))
    found = {
        number: [
            label
            for label in recording[f"Container shop-dev-app-{number}"].dependencies
            if label.startswith("Container")
        ]
        for number in (1, 2, 3, 4)
    }

    assert found == {
        1: [],
        2: [],
        3: ["Container shop-dev-app-1"],
        4: ["Container shop-dev-app-2"],
    }


@pytest.mark.parametrize("order", ["start-first", "stop-first"])
def test_the_order_is_asked_of_the_provider_which_keeps_the_old_one(order: Any) -> None:
    app = recorded(update=Update(order))["Container shop-dev-app-1"]

    assert app.options == {}
    assert labels(app.inputs)["causeway.order"] == order


def test_anonymous_volumes_are_renewed_where_the_file_says_so() -> None:
    app = recorded(update=Update(renew_anon_volumes=True))["Container shop-dev-app-1"]

    assert labels(app.inputs)["causeway.renew-anon-volumes"] == "true"
