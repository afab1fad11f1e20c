"""Changes under load: what is lost (nothing), who answers, what a failing version does.

The tests of a module parameter tell one story on one stack and run in the order they stand in.
"""

from __future__ import annotations

import socket
import time
import urllib.request
from collections.abc import Iterator
from typing import Any

import docker
import pytest

from bench.rollout.load import Load, failed, per_replica
from bench.rollout.stack import RolloutStack
from tests.end_to_end.project import Project
from tests.engines import Engine

PORTS = {"nginx": 8092, "haproxy": 8093}


@pytest.fixture(scope="module", params=["nginx", "haproxy"])
def stack(request: pytest.FixtureRequest, project: Project) -> Iterator[RolloutStack]:
    balancer: str = request.param
    made = RolloutStack(project, f"t-{balancer}", {"engine": balancer}, port=PORTS[balancer])
    made.up("--skip-preview").succeeded()
    yield made
    made.destroy().succeeded()


def containers(api: docker.APIClient, stack: RolloutStack, service: str) -> dict[str, str]:
    """Replica, or role where it has one -> id."""
    labels = [f"causeway.stack={stack.name}", f"causeway.service={service}"]
    found = api.containers(filters={"label": labels})
    return {
        each["Labels"].get("causeway.role", each["Labels"]["causeway.replica"]): each["Id"]
        for each in found
    }


def errors(load: Load) -> list[str]:
    return [f"{each.kind}: {each.error}" for each in failed(load.requests)]


def test_requests_are_spread_evenly(stack: RolloutStack, engine: Engine) -> None:
    with Load(engine.address, stack.port, rate=100) as load:
        time.sleep(2)
    counts = per_replica(load.requests)
    print(counts)
    assert errors(load) == []
    assert len(counts) == 2
    assert min(counts.values()) > 0.4 * len(load.requests)


def test_an_image_a_configuration_and_a_scale_change_without_a_lost_request(
    stack: RolloutStack, engine: Engine, api: docker.APIClient
) -> None:
    balancer = containers(api, stack, "balancer")
    app = containers(api, stack, "app")
    with Load(engine.address, stack.port) as load:
        stack.version = "2"
        stack.up("--skip-preview").succeeded()
        stack.balance["retries"] = 1
        stack.replicas = 3
        stack.up("--skip-preview").succeeded()
        time.sleep(1)
    assert errors(load) == []
    assert len(load.requests) > 1000
    assert {each.version for each in load.requests[-50:]} == {"2"}
    assert len(per_replica(load.requests[-50:])) == 3
    # The balancer ran on, and its configuration was changed inside it.
    assert containers(api, stack, "balancer") == balancer
    assert set(containers(api, stack, "app").values()) & set(app.values()) == set()


def test_nothing_is_left_to_change_or_to_correct(stack: RolloutStack) -> None:
    stack.project.pulumi(
        "preview", "--stack", stack.name, "--refresh", "--expect-no-changes"
    ).succeeded()


def test_a_version_that_fails_is_never_asked_and_the_next_good_one_takes_over(
    stack: RolloutStack, engine: Engine, api: docker.APIClient
) -> None:
    app = containers(api, stack, "app")
    with Load(engine.address, stack.port) as load:
        stack.version = "never"
        stack.up("--skip-preview").refused(
            "exited with code 1 before it was healthy", "this version does not start"
        )
        assert containers(api, stack, "app") == app
        stack.version = "3"
        stack.up("--skip-preview").succeeded()
        time.sleep(1)
    assert errors(load) == []
    assert {each.version for each in load.requests} == {"2", "3"}
    assert {each.version for each in load.requests[-50:]} == {"3"}


def test_a_killed_replica_costs_no_get(
    stack: RolloutStack, engine: Engine, api: docker.APIClient
) -> None:
    with Load(engine.address, stack.port, rate=100) as load:
        time.sleep(1)
        api.kill(containers(api, stack, "app")["1"])
        time.sleep(4)
    lost = [each for each in failed(load.requests) if each.kind.startswith("GET")]
    assert [each.error for each in lost] == []
    assert len(per_replica(load.requests[-50:])) == 2
    stack.up("--skip-preview", "--refresh").succeeded()


def test_a_connection_that_is_upgraded_stays_open_through_an_update(
    stack: RolloutStack, engine: Engine
) -> None:
    with socket.create_connection((engine.address, stack.port), timeout=20) as connection:
        head = b"GET / HTTP/1.1\r\nHost: app\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n"
        connection.sendall(head)
        lines = connection.makefile("rb")
        assert b"101 Switching Protocols" in lines.readline()
        while lines.readline() != b"\r\n":
            pass
        connection.sendall(b"one\n")
        assert lines.readline() == b"one\n"
        stack.balance["timeouts"] = {"read": "90s"}
        stack.up("--skip-preview").succeeded()
        connection.sendall(b"two\n")
        assert lines.readline() == b"two\n"


def fetch(engine: Engine, stack: RolloutStack, cookie: str = "") -> tuple[str, str]:
    """(replica, cookie that it was given, or "")."""
    request = urllib.request.Request(f"http://{engine.address}:{stack.port}/")
    if cookie:
        request.add_header("Cookie", cookie)
    with urllib.request.urlopen(request, timeout=10) as answer:
        given = (answer.headers["Set-Cookie"] or "").partition(";")[0]
        return answer.headers["X-Replica"], given


def test_with_a_cookie_a_client_stays_with_its_replica(stack: RolloutStack, engine: Engine) -> None:
    stack.balance["sticky"] = "cookie"
    stack.up("--skip-preview").succeeded()
    time.sleep(1)
    replica, cookie = fetch(engine, stack)
    assert cookie.startswith("causeway=app-")
    assert {fetch(engine, stack, cookie) for _ in range(20)} == {(replica, "")}
    others = {fetch(engine, stack)[0] for _ in range(12)}
    assert len(others) == 3


def test_a_new_balancer_container_takes_over_without_a_lost_request(
    stack: RolloutStack, engine: Engine, api: docker.APIClient
) -> None:
    before = containers(api, stack, "balancer")
    stack.balancer["stop_grace_period"] = "15s"
    with Load(engine.address, stack.port) as load:
        stack.up("--skip-preview").succeeded()
        time.sleep(1)
    after = containers(api, stack, "balancer")
    assert errors(load) == []
    assert after["network"] == before["network"]
    assert after["1"] != before["1"]


def test_a_configuration_that_the_balancer_refuses_changes_nothing(
    stack: RolloutStack, engine: Engine, api: docker.APIClient
) -> None:
    balancer: dict[str, Any] = containers(api, stack, "balancer")
    stack.balancer["labels"] = {"causeway.reload-check": "sh -c 'echo not this one; exit 1'"}
    stack.balance["retries"] = 2
    with Load(engine.address, stack.port, rate=50) as load:
        stack.up("--skip-preview").refused("the old files are restored", "not this one")
    assert errors(load) == []
    assert containers(api, stack, "balancer") == balancer
    del stack.balancer["labels"]
    stack.up("--skip-preview").succeeded()
