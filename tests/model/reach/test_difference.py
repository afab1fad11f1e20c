"""What a change opens and closes, and the record that it is compared with."""

from __future__ import annotations

import random

import pytest

from causeway.model.reach import HOST, INTERNET, LAN, WORLD, EngineFacts, NodeKind, Verdict, reach
from causeway.model.reach.difference import Change, Difference, difference
from causeway.model.reach.record import record, restore
from causeway.model.reach.wording import gained, lost, summary
from causeway.model.values import Network, Port, Service, Stack
from tests.model.reach.stacks import NEW, network, service, stack


def tiers(*nginx: str, ports: tuple[Port, ...] = (), internal: bool = True) -> Stack:
    return stack(
        service("nginx", *(nginx or ("front",)), ports=(Port(80, 8080),)),
        service("app", "back", "front", expose=("5000",)),
        service("db", "back", expose=("5432",), ports=ports),
        network("front"),
        network("back", internal=internal),
    )


def flows(found: Difference) -> tuple[list[str], list[str]]:
    def spoken(changes: tuple[Change, ...]) -> list[str]:
        return [
            f"{each.source} -> {each.destination} {each.endpoint} {each.at}".strip()
            for each in changes
        ]

    return spoken(found.gained), spoken(found.lost)


def test_nothing_changed_is_no_difference() -> None:
    found = difference([tiers()], [tiers()], NEW)
    assert not found
    assert found.unchanged == 7


def test_a_service_on_one_more_network_opens_its_members() -> None:
    found = difference([tiers()], [tiers("back", "front")], NEW)
    assert flows(found) == (["db -> nginx 80/tcp", "nginx -> db 5432/tcp"], [])
    assert found.unchanged == 7


def test_the_way_back_closes_them() -> None:
    found = difference([tiers("back", "front")], [tiers()], NEW)
    assert flows(found) == ([], ["db -> nginx 80/tcp", "nginx -> db 5432/tcp"])


def test_a_network_that_is_no_longer_internal_opens_the_way_out() -> None:
    found = difference([tiers()], [tiers(internal=False)], NEW)
    assert flows(found) == (
        ["db -> internet any", "db -> nginx 80/tcp"],
        [],
    )


def test_a_published_database_comes_first() -> None:
    before = tiers(internal=False)
    found = difference([before], [tiers(internal=False, ports=(Port(5432, 5432),))], NEW)
    assert flows(found) == (
        ["world -> db 5432/tcp 0.0.0.0:5432/tcp", "nginx -> db 5432/tcp"],
        [],
    )
    assert gained(found) == (
        "reach: this opens 2 flows\n"
        "  + world -> db:5432/tcp  published port 0.0.0.0:5432/tcp\n"
        "  + nginx -> db:5432/tcp  published port"
    )
    assert lost(found) == ""
    assert summary(found) == "reach: 2 opened, 0 closed, 9 unchanged"


def test_a_port_that_moves_closes_one_and_opens_another() -> None:
    def web(published: int) -> Stack:
        return stack(service("web", "net", ports=(Port(80, published),)), network("net"))

    assert flows(difference([web(8080)], [web(9090)], NEW)) == (
        ["world -> web 80/tcp 0.0.0.0:9090/tcp"],
        ["world -> web 80/tcp 0.0.0.0:8080/tcp"],
    )


def test_a_new_service_opens_all_its_flows() -> None:
    def with_cache(*more: Service | Network) -> Stack:
        parts = [service("app", "net", expose=("80",)), network("net", internal=True), *more]
        return stack(*parts)

    cache = service("cache", "net", expose=("6379",))
    assert flows(difference([with_cache()], [with_cache(cache)], NEW)) == (
        ["app -> cache 6379/tcp", "cache -> app 80/tcp"],
        [],
    )


def test_declaring_a_port_opens_nothing() -> None:
    def declared(*expose: str) -> Stack:
        return stack(
            service("a", "net"), service("b", "net", expose=expose), network("net", internal=True)
        )

    assert not difference([declared()], [declared("80")], NEW)


def test_more_replicas_open_nothing() -> None:
    def scaled(replicas: int) -> Stack:
        return stack(service("a", "net", replicas=replicas), service("b", "net"), network("net"))

    assert not difference([scaled(1)], [scaled(3)], NEW)


def test_a_loopback_port_may_be_open_when_the_version_is_not_told() -> None:
    def database(*ports: Port) -> Stack:
        return stack(service("db", "net", ports=ports), network("net"))

    found = difference([database()], [database(Port(5432, 5432, "127.0.0.1"))], EngineFacts())
    assert flows(found) == (["lan -> db 5432/tcp 127.0.0.1:5432/tcp"], [])
    assert not found.gained[0].certain
    assert "may be open: Docker Engine before 28 lets the LAN route" in gained(found)


def test_long_lists_are_cut() -> None:
    many = [service(f"s{number}", "net") for number in range(8)]
    apart = [service(f"s{number}", f"n{number}") for number in range(8)]
    nets = [network(f"n{number}", internal=True) for number in range(8)]
    found = difference([stack(*apart, *nets)], [stack(*many, network("net", internal=True))], NEW)
    assert len(found.gained) == 56
    assert gained(found).endswith("\n  + and 36 more: `causeway diff` lists them")
    assert len(gained(found, most=None).splitlines()) == 57


def randomly(seed: int) -> Stack:
    chance = random.Random(seed)
    nets = [
        network(f"n{number}", internal=chance.random() < 0.3, more=_option(chance))
        for number in range(4)
    ]
    services = []
    for number in range(7):
        mode = chance.choice([None] * 6 + ["host", "none", "service:s0"])
        if number == 0:
            mode = None
        members = chance.sample([each.key for each in nets], chance.randint(1, 3))
        services.append(
            service(
                f"s{number}",
                *([] if mode else members),
                mode=mode,
                expose=("80",) if chance.random() < 0.6 else (),
                ports=(Port(90, 9000 + number),) if not mode and chance.random() < 0.4 else (),
                replicas=chance.choice([0, 1, 1, 2]) if number else 1,
            )
        )
    return stack(*services, *nets)


def _option(chance: random.Random) -> dict[str, str]:
    return {"enable_icc": "false"} if chance.random() < 0.2 else {}


def every_flow(one: Stack) -> set[tuple[str, str, str]]:
    """Each open flow, asked one by one."""
    matrix = reach([one], NEW)
    services = matrix.services()
    found = set()
    for target in services:
        declared = matrix.endpoints_of(target)
        for endpoint in declared[:-1] or declared:
            for origin in services:
                open_ = matrix.verdict(origin, target, endpoint) is Verdict.ALLOWED
                if origin != target and open_:
                    found.add((origin.name, target.name, str(endpoint)))
        for endpoint in declared[:-1]:
            published = [each for each in matrix.cell(WORLD, target, endpoint.port).path]
            if any("reaches the host at" in hop.text for hop in published):
                found.add(("world", target.name, str(endpoint)))
        if target.replicas and matrix.verdict(WORLD, target, declared[-1]) is Verdict.ALLOWED:
            found.add(("world", target.name, "any"))
    for origin in services:
        if matrix.cell(origin, INTERNET).verdict is Verdict.ALLOWED:
            found.add((origin.name, "internet", "any"))
    return found


@pytest.mark.parametrize("seed", range(60))
def test_counts_agree_with_asking_for_every_flow(seed: int) -> None:
    one = randomly(seed)
    found = difference([one], [one], NEW)
    assert not found
    assert found.unchanged == len(every_flow(one))


@pytest.mark.parametrize("seed", range(60))
def test_gains_and_losses_mirror_each_other(seed: int) -> None:
    one, other = randomly(seed), randomly(seed + 1000)
    there, back = difference([one], [other], NEW), difference([other], [one], NEW)
    assert flows(there) == flows(back)[::-1]
    assert there.unchanged == back.unchanged


@pytest.mark.parametrize("seed", range(30))
def test_a_record_restores_what_decides_reach(seed: int) -> None:
    one = randomly(seed)
    again = restore(record(one))
    assert again is not None
    assert record(again) == record(one)
    assert every_flow(again) == every_flow(one)


@pytest.mark.parametrize(
    "written", ["", "{", "[]", "null", '{"version": 2}', '{"version": 1, "services": []}']
)
def test_what_is_no_record_is_none(written: str) -> None:
    assert restore(written) is None


def test_a_record_is_short_and_holds_no_environment() -> None:
    one = stack(service("a", "net", environment=(("PASSWORD", "hunter2"),)), network("net"))
    assert record(one) == (
        '{"name":"shop","networks":{"net":{"name":"shop_net"}},'
        '"services":{"a":{"networks":[["net"]]}},"version":1}'
    )


def test_the_ends_outside_are_no_services() -> None:
    matrix = reach([tiers()], NEW)
    assert {node.kind for node in (HOST, WORLD, LAN)}.isdisjoint({NodeKind.SERVICE})
    assert [node.name for node in matrix.services()] == ["app", "db", "nginx"]


def test_flows_that_stay_are_counted_by_protocol() -> None:
    """Datagrams leave a network that is not masqueraded, connections do not."""
    one = stack(
        service("client", "plain"),
        service("sink", "b", ports=(Port(514, 514, None, "udp"), Port(80, 8080))),
        network("plain", enable_ip_masquerade="false"),
        network("b"),
    )
    found = difference([one], [one], EngineFacts(version=(29, 0)))
    # client -> sink:514/udp, world -> both ports of sink, sink -> internet
    assert (found.gained, found.lost, found.unchanged) == ((), (), 4)
