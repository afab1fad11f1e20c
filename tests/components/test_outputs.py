from __future__ import annotations

from typing import Any

import pulumi
import pytest

from causeway.model.urls import first_url, urls
from causeway.model.values import Port
from causeway.model.values import Stack as StackValue
from components.labels import Owner
from components.outputs import stack_outputs
from components.stack import Stack, StackArgs
from tests.components.recorder import record
from tests.components.values import network, on, service, stack


def outputs(value: StackValue) -> dict[str, Any]:
    found: dict[str, Any] = {}

    def program() -> None:
        resources = Stack(value.name, StackArgs(value, Owner("shop", "dev")))
        pulumi.Output.all(**stack_outputs(value, resources)).apply(found.update)

    record(program)
    return found


def test_outputs_tell_urls_networks_containers_and_addresses() -> None:
    assert outputs(
        stack(
            service("app", replicas=2, attachments=on("front")),
            service("web", attachments=on("front"), ports=(Port(80, 8080),)),
            networks=(network("front", name="shop-dev-front"),),
        )
    ) == {
        "url": "http://localhost:8080",
        "urls": {"web": ["http://localhost:8080"]},
        "networks": {"front": "shop-dev-front"},
        "containers": {
            "app": ["shop-dev-app-1", "shop-dev-app-2"],
            "web": ["shop-dev-web-1"],
        },
        "addresses": {
            "app": {"front": ["172.18.0.2", "172.18.0.2"]},
            "web": {"front": ["172.18.0.2"]},
        },
    }


def test_a_stack_that_publishes_nothing_has_no_url() -> None:
    assert outputs(stack(service("app"))) == {
        "urls": {},
        "networks": {},
        "containers": {"app": ["shop-dev-app-1"]},
        "addresses": {"app": {}},
    }


@pytest.mark.parametrize(
    ("port", "expected"),
    [
        (Port(80, 8080), ["http://localhost:8080"]),
        (Port(443, 8443), ["https://localhost:8443"]),
        (Port(80, 8080, "127.0.0.1"), ["http://127.0.0.1:8080"]),
        (Port(80, 8080, "::"), ["http://localhost:8080"]),
        (Port(80, 8080, "fd00::1"), ["http://[fd00::1]:8080"]),
        (Port(80), []),
        (Port(53, 53, protocol="udp"), []),
        (Port(5432, 5432), []),
        (Port(6379, 16379), []),
        (Port(6379, 16379, app_protocol="http"), ["http://localhost:16379"]),
        (Port(8000, 8000, app_protocol="https"), ["https://localhost:8000"]),
        (Port(8000, 8000, app_protocol="mqtt"), []),
        (Port(3001, 3001), ["http://localhost:3001"]),
    ],
    ids=str,
)
def test_a_published_tcp_port_has_a_url(port: Port, expected: list[str]) -> None:
    assert urls([port]) == expected


def test_the_first_url_is_that_of_the_likeliest_web_port() -> None:
    one = stack(
        service("app", ports=(Port(8000, 9000),)),
        service("db", ports=(Port(5432, 5432),)),
        service("web", ports=(Port(80, 9080),)),
    )

    assert first_url(one) == "http://localhost:9080"


def test_a_port_that_is_no_web_port_is_not_offered_first() -> None:
    assert first_url(stack(service("db", ports=(Port(5432, 5432),)))) is None
