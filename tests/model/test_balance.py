"""Balancers: what their configuration says, what is refused, what the container becomes."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Literal

import pytest

from causeway.model.errors import CausewayError, StackError, render
from causeway.model.extension.balance import prepared
from causeway.model.extension.balance.configuration import configuration
from causeway.model.extension.balance.parse import HEALTH, KEYS, TIMEOUTS
from causeway.model.extension.balance.servers import Address, servers
from causeway.model.load import load
from causeway.model.values import Balance, BalanceTarget, Place, Service, Update

GOLDEN = Path(__file__).parent.parent / "golden" / "balance"
REWRITE = os.environ.get("CAUSEWAY_GOLDEN") == "rewrite"
BLUE, GREEN = BalanceTarget("blue", 90, "front"), BalanceTarget("green", 10, "front")
APP = BalanceTarget("app", 1, "front")
THREE = {"app": [Address(f"shop-app-{n}-c0ffee", f"10.0.0.{n + 1}") for n in (1, 2, 3)]}
COLOURS = {
    "blue": [Address(f"shop-blue-{n}-c0ffee", f"10.0.0.{n + 1}") for n in (1, 2, 3)],
    "green": [Address("shop-green-1-c0ffee", "10.0.0.9")],
}
CASES: dict[str, tuple[Balance, dict[str, list[Address]]]] = {
    "nginx": (Balance((APP,), 5000), THREE),
    "nginx_cookie_least_conn": (
        Balance((APP,), 5000, sticky="cookie", algorithm="least_conn", streaming=True), THREE,
    ),
    "nginx_ip_keepalive_no_retries": (
        Balance((APP,), 5000, sticky="ip", keepalive=True, retries=0, listen=8080), THREE,
    ),
    "nginx_canary": (Balance((BLUE, GREEN), 5000), COLOURS),
    "nginx_nobody_there": (Balance((APP,), 5000), {"app": []}),
    "nginx_tcp": (Balance((APP,), 5432, mode="tcp", listen=5432), THREE),
    "haproxy": (Balance((APP,), 5000, engine="haproxy", health_path="/healthz"), THREE),
    "haproxy_cookie": (
        Balance((APP,), 5000, engine="haproxy", sticky="cookie", algorithm="least_conn"), THREE,
    ),
    "haproxy_canary": (Balance((BLUE, GREEN), 5000, engine="haproxy"), COLOURS),
    "haproxy_tcp_source": (
        Balance((APP,), 5432, engine="haproxy", mode="tcp", listen=5432, algorithm="source"), THREE,
    ),
}  # fmt: skip


def service(**fields: Any) -> Service:
    return Service(name="lb", place=Place("compose.yaml", 1, "services.lb"), **fields)


@pytest.mark.parametrize("case", CASES)
def test_golden_configuration(case: str) -> None:
    balance, replicas = CASES[case]
    found = configuration(service(image="nginx:1.28", balance=balance), replicas)
    file = GOLDEN / f"{case}.conf"
    if REWRITE:
        file.write_text(found)
    assert found == file.read_text()


@pytest.mark.parametrize(
    ("image", "waits"),
    [
        ("nginx:1.28", True),
        ("nginx:1.27.4-alpine", True),
        ("nginx:1.27", False),
        ("causeway-base/debian-nginx:12-1.22", False),
        ("causeway-base/pypi-nginx:12-1.31", True),
        ("nginx", False),
        ("nginx:stable", False),
        ("mirror:5000/nginx@sha256:0f", False),
    ],
)
def test_nginx_waits_for_idle_clients_at_a_reload_from_the_version_that_can(
    image: str, waits: bool
) -> None:
    found = configuration(service(image=image, balance=Balance((APP,), 5000)), THREE)
    assert ("keepalive_min_timeout 2s;" in found) is waits


@pytest.mark.parametrize(
    ("weights", "counts", "found"),
    [
        ({"app": 1}, {"app": 3}, {"app": 1}),
        ({"blue": 90, "green": 10}, {"blue": 3, "green": 1}, {"blue": 3, "green": 1}),
        ({"blue": 90, "green": 10}, {"blue": 1, "green": 1}, {"blue": 9, "green": 1}),
        ({"blue": 50, "green": 50}, {"blue": 4, "green": 2}, {"blue": 1, "green": 2}),
        ({"blue": 999, "green": 1}, {"blue": 1, "green": 1}, {"blue": 256, "green": 1}),
        ({"blue": 100, "green": 0}, {"blue": 2, "green": 2}, {"blue": 1}),
        ({"blue": 1, "green": 1}, {"blue": 2, "green": 0}, {"blue": 1}),
    ],
)
def test_a_service_gets_its_share_however_many_replicas_it_has(
    weights: dict[str, int], counts: dict[str, int], found: dict[str, int]
) -> None:
    balance = Balance(tuple(BalanceTarget(name, weight) for name, weight in weights.items()), 80)
    replicas = {
        name: [Address(f"{name}{number}", "10.0.0.2") for number in range(count)]
        for name, count in counts.items()
    }
    made = servers(balance, replicas)
    assert {server.name.rpartition("-")[0]: server.weight for server in made} == found


def test_a_balancer_is_given_all_that_its_file_does_not_say() -> None:
    made = prepared(service(), Balance((APP,), 5000))
    assert made.image == "nginx:1.28"
    assert made.entrypoint == ("nginx",)
    assert made.command == ("-c", "/etc/causeway/nginx.conf", "-g", "daemon off;")
    assert made.labels == (
        ("causeway.reload", "signal:HUP"),
        ("causeway.reload-check", "nginx -t -q -c /etc/causeway/nginx.conf"),
    )
    assert (made.stop_signal, made.stop_grace_period) == ("SIGQUIT", 30)
    assert [each.service for each in made.depends_on] == ["app"]


def test_what_a_balancers_file_says_stays() -> None:
    said = service(image="own/haproxy:3", stop_signal="SIGTERM", stop_grace_period=5)
    made = prepared(said, Balance((APP,), 5000, engine="haproxy"))
    assert (made.image, made.stop_signal, made.stop_grace_period) == (
        "own/haproxy:3", "SIGTERM", 5,
    )  # fmt: skip


STACK = """\
services:
  app:
    image: app:1
    networks: [front]
  lb:
    networks: [front]
    x-causeway:
      balance:
        to: app
        port: 5000
networks:
  front:
  back:
"""


def loaded(tmp_path: Path, text: str, **options: Any) -> dict[str, Service]:
    (tmp_path / "compose.yaml").write_text(text)
    stack = load([tmp_path / "compose.yaml"], name="shop", **options).stack
    return {each.name: each for each in stack.services}


def refused(tmp_path: Path, text: str) -> str:
    with pytest.raises(StackError) as raised:
        loaded(tmp_path, text)
    return render(raised.value.problems, str(tmp_path))


def test_a_service_with_a_balance_needs_no_image(tmp_path: Path) -> None:
    made = loaded(tmp_path, STACK)["lb"]
    assert made.image == "nginx:1.28"
    assert made.balance == Balance((BalanceTarget("app", 1, "front"),), 5000)


def test_the_image_of_a_balancer_can_be_replaced_like_any_other(tmp_path: Path) -> None:
    made = loaded(tmp_path, STACK, images={"nginx:1.28": "own/nginx:1.30"})["lb"]
    assert made.image == "own/nginx:1.30"


def test_a_service_behind_a_balancer_is_drained_and_others_are_not(tmp_path: Path) -> None:
    services = loaded(tmp_path, STACK)
    assert (services["app"].update, services["lb"].update) == (Update(drain=6), Update())


def test_seconds_to_drain_are_as_the_file_says(tmp_path: Path) -> None:
    own = STACK.replace("app:1\n", "app:1\n    x-causeway: {update: {drain: 0}}\n")
    assert loaded(tmp_path, own)["app"].update == Update(drain=0)


def test_weights_may_come_from_variables(tmp_path: Path) -> None:
    text = STACK.replace("to: app", 'to: {app: "${APP:-100}"}')
    made = loaded(tmp_path, text, variables={"APP": "40"})["lb"].balance
    assert made is not None
    assert made.targets == (BalanceTarget("app", 40, "front"),)


def test_composes_own_update_config_is_followed(tmp_path: Path) -> None:
    text = STACK.replace(
        "app:1\n", "app:1\n    deploy: {update_config: {order: stop-first, parallelism: 2}}\n"
    )
    assert loaded(tmp_path, text)["app"].update == Update("stop-first", 2, 6)


def test_x_causeway_wins_over_update_config(tmp_path: Path) -> None:
    text = STACK.replace(
        "app:1\n",
        "app:1\n    deploy: {update_config: {order: stop-first, parallelism: 2}}\n"
        "    x-causeway: {update: {order: start-first, drain: 1m}}\n",
    )
    assert loaded(tmp_path, text)["app"].update == Update("start-first", 2, 60)


BALANCE = "services.lb.x-causeway.balance"


@pytest.mark.parametrize(
    ("written", "report"),
    [
        ("to: app", f"8: {BALANCE}: `port` is missing: give the port of that service"),
        ("port: 80", f"8: {BALANCE}: `to` is missing: name the service to balance"),
        ("{to: ap, port: 80}", f"8: {BALANCE}.to: unknown service 'ap' (known: app)"),
        ("{to: lb, port: 80}", f"8: {BALANCE}.to: unknown service 'lb' (known: app)"),
        ("{to: {app: 0}, port: 80}", f"8: {BALANCE}.to: at least one weight must be above 0"),
        ("{to: {app: -1}, port: 80}", f"8: {BALANCE}.to: '-1' is not a weight (0 to 1000)"),
        ("{to: app, port: 70000}", f"8: {BALANCE}.port: '70000' is not a port (1 to 65535)"),
        ("{to: app, port: x}", f"8: {BALANCE}.port: 'x' is not a port (1 to 65535)"),
        (
            "{to: app, port: 80, engine: traefik}",
            f"8: {BALANCE}.engine: 'traefik' is not one of nginx, haproxy",
        ),
        (
            "{to: app, port: 80, stickey: ip}",
            f"8: {BALANCE}.stickey: unknown key 'stickey' (known: algorithm, engine, health, "
            "keepalive, listen, migrate, mode, port, retries, sticky, streaming, timeouts, to); "
            "did you mean 'sticky'?",
        ),
        (
            "{to: app, port: 80, timeouts: {read: soon}}",
            f"8: {BALANCE}.timeouts.read: 'soon' is not a duration such as 5s or 1m30s",
        ),
        (
            "{to: app, port: 80, health: {path: /up}}",
            f"8: {BALANCE}.health: nginx has no active health checks: use `engine: haproxy` or "
            "remove `path`",
        ),
        (
            "{to: app, port: 80, mode: tcp, sticky: cookie}",
            f"8: {BALANCE}.sticky: a TCP connection has no cookie: use `sticky: ip`",
        ),
        (
            "{to: app, port: 80, engine: haproxy, health: {path: \"/a b\"}}",
            f"8: {BALANCE}.health.path: '/a b' is not a path such as /healthz",
        ),
        ("[app]", f"8: {BALANCE}: must be a mapping (known: algorithm, engine, health, keepalive, "
         "listen, migrate, mode, port, retries, sticky, streaming, timeouts, to)"),
    ],
)  # fmt: skip
def test_a_balance_that_cannot_work_is_refused_with_its_place(
    tmp_path: Path, written: str, report: str
) -> None:
    head, _, tail = STACK.partition("      balance:\n")
    rest = "networks:" + tail.partition("networks:")[2]
    braced = written if written[0] in "{[" else f"{{{written}}}"
    text = f"{head}      balance: {braced}\n{rest}"
    assert refused(tmp_path, text) == f"compose.yaml:{report}"


HOSTILE = ["a\nb", "a\rb", "a\tb", "a\x0bb", "a b", "a;b", "a{b", "a}b", "a'b", 'a"b', "a\\b",
           "a#b", "a$b", "a\x7fb", "a\u2028b", "1;b", "1\n", "\u0661", "9" * 400]  # fmt: skip
VALUES = ["port", "engine", "listen", "mode", "algorithm", "sticky", "retries", "streaming",
          "keepalive", "migrate", "health.path", "health.interval", "timeouts.connect",
          "timeouts.read", "to", "to.app"]  # fmt: skip


def test_every_key_of_a_balance_is_tried_with_hostile_values() -> None:
    assert {key.partition(".")[0] for key in VALUES} == set(KEYS)
    assert {f"health.{key}" for key in HEALTH} | {f"timeouts.{key}" for key in TIMEOUTS} == {
        key for key in VALUES if "." in key and key != "to.app"
    }


@pytest.mark.parametrize("value", HOSTILE)
def test_no_value_of_a_balance_leaves_its_place(tmp_path: Path, value: str) -> None:
    """A balancer for each key, in one file: the loader is started once for all."""
    lines = ["services:", "  app: {image: 'app:1', networks: [front]}"]
    for number, key in enumerate(VALUES):
        balance: dict[str, Any] = {"to": "app", "port": 80, "engine": "haproxy"}
        outer, _, inner = key.partition(".")
        written = f"/{value}" if key == "health.path" and value[0] in "a1" else value
        balance[outer] = {inner: written} if inner else written
        own = json.dumps({"networks": ["front"], "x-causeway": {"balance": balance}})
        lines.append(f"  lb{number}: {own.replace('$', '$$')}")
    told = refused(tmp_path, "\n".join([*lines, "networks: {front: {}}", ""])).splitlines()
    for number, key in enumerate(VALUES):
        place = f"services.lb{number}.x-causeway.balance.{key.removesuffix('.app')}"
        assert [line for line in told if line.startswith(f"compose.yaml:{number + 3}: {place}")], (
            key
        )


@pytest.mark.parametrize("path", ["/", "/healthz", "/up?deep=1&all=yes", "/a%20b/~c,d:e@f+g.h-i_j"])
def test_a_path_of_a_health_check_is_written_as_it_is(tmp_path: Path, path: str) -> None:
    balance = f"        engine: haproxy\n        health: {{path: '{path}'}}\n"
    text = STACK.replace("        port: 5000\n", f"        port: 5000\n{balance}")
    made = loaded(tmp_path, text)["lb"]
    assert f"    http-check send meth GET uri {path}\n" in configuration(made, THREE)


@pytest.mark.parametrize("name", ["ab; b", "ab\nb", "ab{b", 'ab"b', "ab\n"])
def test_no_name_of_a_container_leaves_its_place(tmp_path: Path, name: str) -> None:
    """The loader looks for a name somewhere in it."""
    text = STACK.replace("app:1\n", f"app:1\n    container_name: {json.dumps(name)}\n")
    assert refused(tmp_path, text) == (
        f"compose.yaml:4: services.app.container_name: {name!r} is not a valid container name: use "
        "letters, digits, `_`, `.` and `-`"
    )


@pytest.mark.parametrize("engine", ["nginx", "haproxy"])
@pytest.mark.parametrize("told", [("a b", "10.0.0.2"), ("app", "10.0.0.2;\n}"), ("app\n", "::1")])
def test_no_answer_of_an_engine_leaves_its_place(
    engine: Literal["nginx", "haproxy"], told: tuple[str, str]
) -> None:
    made = service(balance=Balance((APP,), 5000, engine=engine))
    with pytest.raises(CausewayError, match=r"balancer 'lb': .* is neither a name nor an address"):
        configuration(made, {"app": [Address(*told)]})


def test_a_balancer_that_shares_no_network_with_its_target_is_refused(tmp_path: Path) -> None:
    text = STACK.replace("  lb:\n    networks: [front]", "  lb:\n    networks: [back]")
    assert refused(tmp_path, text) == (
        f"compose.yaml:9: {BALANCE}.to: shares no network with app, so it cannot reach that service"
    )


def test_a_balancers_own_command_is_refused(tmp_path: Path) -> None:
    text = STACK.replace("  lb:\n", "  lb:\n    command: [nginx]\n")
    assert refused(tmp_path, text) == (
        "compose.yaml:6: services.lb.command: a load balancer sets its own `command`; remove it"
    )


def test_an_update_that_cannot_be_followed_is_refused(tmp_path: Path) -> None:
    text = STACK.replace("app:1\n", "app:1\n    x-causeway: {update: {order: both}}\n")
    assert refused(tmp_path, text) == (
        "compose.yaml:4: services.app.x-causeway.update.order: 'both' is not one of start-first, "
        "stop-first"
    )
