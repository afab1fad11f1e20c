"""What an engine cannot do is told from its own words; the facts are written out here."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Any

import pytest

from causeway.engine.machine import Host, Route, interfaces, plugins, routes, routes6
from causeway.provider.network.limits import (
    CheckedNetwork,
    failures,
    missing_ipvs,
    warnings,
    without_ipam,
)
from causeway.provider.resource.facts import Facts, facts

OURS = {"causeway.state": "this"}


def is_ours(network: dict[str, Any]) -> bool:
    return bool(network["Labels"] == OURS)


MINE = CheckedNetwork(None, is_ours)
INFO = {
    "ServerVersion": "20.10.24+dfsg1",
    "Plugins": {"Network": ["bridge", "host", "ipvlan", "macvlan", "null", "overlay"]},
    "Swarm": {"LocalNodeState": "inactive", "ControlAvailable": False},
}
HOST = Host(
    interfaces=frozenset({"lo", "eth0", "docker0", "br-0123456789ab", "tun0"}),
    routes=(
        Route(ipaddress.ip_network("192.0.2.0/24"), "eth0"),
        Route(ipaddress.ip_network("10.8.0.0/16"), "tun0"),
        Route(ipaddress.ip_network("172.18.0.0/16"), "br-0123456789ab"),
    ),
    missing=frozenset({"CONFIG_IPVLAN", "CONFIG_DUMMY"}),
)


def engine(
    *networks: dict[str, Any], host: Host = HOST, api: tuple[int, int] = (1, 41), **info: Any
) -> Facts:
    return facts(api, {**INFO, **info}, list(networks), host)


def network(name: str, subnet: str, driver: str = "bridge", **labels: str) -> dict[str, Any]:
    return {
        "Name": name,
        "Driver": driver,
        "IPAM": {"Config": [{"Subnet": subnet}]},
        "Labels": labels,
        "Options": {},
    }


def said(inputs: dict[str, Any], known: Facts, mine: CheckedNetwork = MINE) -> list[str]:
    return [f"{failure.path}: {failure.reason}" for failure in failures(inputs, known, mine)]


def doubted(inputs: dict[str, Any], known: Facts) -> list[str]:
    return [each.reason for each in warnings(inputs, known)]


def subnet(text: str) -> dict[str, Any]:
    return {"ipamConfigs": [{"subnet": text}]}


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (
            {"driver": "weave"},
            "driver: the engine has no network driver 'weave' (known: bridge, host, ipvlan, "
            "macvlan, null, overlay): run `docker plugin install weave` on the Docker host",
        ),
        (
            {"driver": "ipvlan", "options": {"parent": "eth0"}},
            "driver: the Docker host's kernel is built without CONFIG_IPVLAN",
        ),
        (
            {"driver": "overlay"},
            "driver: overlay needs a swarm: run `docker swarm init` on the Docker host",
        ),
        ({"ingress": True}, "ingress: only an overlay network can be Swarm's ingress network"),
        (
            {"options": {"com.docker.network.bridge.gateway_mode_ipv4": "routed"}},
            "options.com.docker.network.bridge.gateway_mode_ipv4: 'routed' needs Docker 27, and "
            "the engine is 20.10.24+dfsg1",
        ),
        (
            {"options": {"com.docker.network.bridge.gateway_mode_ipv6": "isolated"}},
            "options.com.docker.network.bridge.gateway_mode_ipv6: 'isolated' needs Docker 28, "
            "and the engine is 20.10.24+dfsg1",
        ),
        (
            {"options": {"com.docker.network.bridge.trusted_host_interfaces": "eth1"}},
            "options.com.docker.network.bridge.trusted_host_interfaces: 'eth1' needs Docker 28.2, "
            "and the engine is 20.10.24+dfsg1",
        ),
        (
            {"ipv6": True},
            "ipv6: engines before Docker 27 assign no IPv6 subnet: declare one",
        ),
        (
            {"driver": "macvlan", "options": {"parent": "eth7"}},
            "options.parent: the Docker host has no interface 'eth7' (known: "
            "br-0123456789ab, docker0, eth0, lo, tun0)",
        ),
        (
            {"driver": "macvlan", "options": {"parent": "eth7.50"}},
            "options.parent: the Docker host has no interface 'eth7' (known: "
            "br-0123456789ab, docker0, eth0, lo, tun0)",
        ),
        (
            {"driver": "macvlan"},
            "options.parent: not set, and the Docker host's kernel is built without the dummy "
            "interface that the engine would use instead",
        ),
        (
            {"name": "theirs"},
            "name: the engine has a network 'theirs' that is not this stack's (not created by "
            "Causeway): choose another name, remove that network, or declare it as "
            "`external: true`",
        ),
        (
            subnet("10.5.0.0/16"),
            "ipamConfigs[0].subnet: 10.5.0.0/16 overlaps 10.5.1.0/24 of network 'theirs' (stack "
            "prod of shop) on the engine",
        ),
        (
            subnet("10.8.0.0/16"),
            "ipamConfigs[0].subnet: 10.8.0.0/16 covers 10.8.0.0/16, which the Docker host reaches "
            "through tun0 (a VPN?): the host could no longer reach it",
        ),
        (
            subnet("10.0.0.0/9"),
            "ipamConfigs[0].subnet: 10.0.0.0/9 covers 10.8.0.0/16, which the Docker host reaches "
            "through tun0 (a VPN?): the host could no longer reach it",
        ),
    ],
)
def test_what_the_engine_cannot_do_is_refused(inputs: dict[str, Any], message: str) -> None:
    labels = {"causeway.project": "shop", "causeway.stack": "prod"}
    assert message in said(inputs, engine(network("theirs", "10.5.1.0/24", **labels)))


@pytest.mark.parametrize(
    "inputs",
    [
        {},
        {"driver": "macvlan", "options": {"parent": "eth0"}},
        {"driver": "macvlan", "options": {"parent": "eth0.50"}},
        {"ipv6": True, "ipamConfigs": [{"subnet": "fd00:5::/64"}]},
        {"name": "another", **subnet("10.6.0.0/24")},
        # A bridge of the engine's own, and the part of the wire that macvlan is for.
        subnet("172.18.0.0/16"),
        {"driver": "macvlan", "options": {"parent": "eth0"}, **subnet("192.0.2.0/24")},
    ],
)
def test_what_it_can_do_is_not(inputs: dict[str, Any]) -> None:
    assert said(inputs, engine(network("theirs", "10.5.1.0/24"))) == []


def test_a_stacks_own_networks_are_no_obstacle() -> None:
    own = network("lan", "10.5.0.0/24", **OURS)
    assert said({"name": "lan", **subnet("10.5.0.0/24")}, engine(own)) == []


def test_an_imported_network_is_known_by_its_name() -> None:
    known = engine(network("lan", "10.5.0.0/24"))
    inputs = {"name": "lan", **subnet("10.5.0.0/24")}
    assert len(said(inputs, known)) == 2
    assert said(inputs, known, CheckedNetwork("lan", is_ours)) == []


def test_an_interface_serves_macvlan_or_ipvlan_and_not_both() -> None:
    wire = {**network("wire", "10.5.0.0/24", "ipvlan"), "Options": {"parent": "eth0"}}
    assert said({"driver": "macvlan", "options": {"parent": "eth0"}}, engine(wire)) == [
        "options.parent: eth0 is the parent of the ipvlan network wire: an interface can serve "
        "macvlan or ipvlan, not both"
    ]


def test_a_swarm_worker_makes_no_overlay() -> None:
    worker = engine(Swarm={"LocalNodeState": "active", "ControlAvailable": False})
    assert said({"driver": "overlay"}, worker) == [
        "driver: overlay needs a swarm manager, and this engine is a worker"
    ]


def test_a_newer_engine_has_what_an_older_one_lacks() -> None:
    newer = engine(api=(1, 48))
    for key in ("gateway_mode_ipv4", "gateway_mode_ipv6"):
        options = {f"com.docker.network.bridge.{key}": "nat-unprotected"}
        assert said({"options": options, "ipv6": True}, newer) == []


def test_a_machine_out_of_sight_is_not_judged() -> None:
    inputs = {"driver": "macvlan", "options": {"parent": "eth7"}, **subnet("10.8.0.0/16")}
    assert said(inputs, engine(host=Host())) == []


def test_a_subnet_within_a_wider_route_is_warned_of() -> None:
    assert doubted(subnet("10.8.3.0/24"), engine()) == [
        "10.8.3.0/24 is part of 10.8.0.0/16, which the Docker host reaches through tun0: the host "
        "can no longer reach that part"
    ]


def test_routes_are_read_without_the_default_one() -> None:
    table = (
        "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"
        "eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
        "eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
    )
    assert routes(table) == (Route(ipaddress.ip_network("192.0.2.0/24"), "eth0"),)


def test_ipv6_routes_are_read_without_local_ones() -> None:
    zero = "0" * 32
    table = "\n".join(
        f"{destination} {prefix} {zero} 00 {zero} 00000100 00000001 00000000 00000001 {interface}"
        for destination, prefix, interface in (
            ("fd420000000000000000000000000000", "40", "tun0"),
            ("fe800000000000000000000000000000", "40", "eth0"),
            ("ff000000000000000000000000000000", "08", "eth0"),
            (zero, "00", "eth0"),
            (f"{'0' * 31}1", "80", "lo"),
        )
    )
    assert routes6(table) == (Route(ipaddress.ip_network("fd42::/64"), "tun0"),)


def test_interfaces_are_read_by_name() -> None:
    table = "Inter-|   Receive\n face |bytes\n    lo: 0 0\n  eth0: 12 3\neth0.50: 1 2\n"
    assert interfaces(table) == {"lo", "eth0", "eth0.50"}


def test_a_plugin_that_the_engine_has_not_loaded_yet_is_no_missing_driver() -> None:
    beside = Host(interfaces=HOST.interfaces, plugins=frozenset({"weave"}))
    assert said({"driver": "weave"}, engine(host=beside)) == []


def test_an_installed_plugin_is_known_without_its_tag() -> None:
    installed = {"Network": ["bridge", "host", "weaveworks/net-plugin:latest"]}
    assert said({"driver": "weaveworks/net-plugin"}, engine(Plugins=installed)) == []


def test_a_driver_of_an_engine_out_of_sight_is_doubted_and_not_refused() -> None:
    far = engine(host=Host())
    assert said({"driver": "weave"}, far) == []
    assert doubted({"driver": "weave"}, far) == [
        "the engine has no network driver 'weave' (known: bridge, host, ipvlan, macvlan, null, "
        "overlay): run `docker plugin install weave` on the Docker host, unless a plugin there is "
        "loaded at first use"
    ]
    assert doubted({"driver": "bridge"}, far) == []


def test_plugins_are_found_where_an_engine_looks_for_them(tmp_path: Path) -> None:
    for name in ("run/docker/plugins/one.sock", "etc/docker/plugins/two.spec",
                 "usr/lib/docker/plugins/three/three.sock", "etc/docker/plugins/four.json",
                 "etc/docker/plugins/README"):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert plugins(tmp_path) == {"one", "two", "three", "four"}


WITHOUT_IPVS = Host(interfaces=HOST.interfaces, missing=frozenset({"CONFIG_IP_VS"}))
ON_OVERLAY = {"networksAdvanceds": [{"id": "0123456789ab"}]}


def unreached(service: dict[str, Any], host: Host = WITHOUT_IPVS) -> list[str]:
    return [f"{each.path}: {each.reason}" for each in missing_ipvs(service, engine(host=host))]


def test_a_service_without_ipvs_gets_no_virtual_address() -> None:
    assert unreached({"taskSpec": ON_OVERLAY}) == [
        "endpointSpec.mode: the Docker host's kernel is built without CONFIG_IP_VS, so the "
        "service's virtual IP would not answer: set `dnsrr`, which resolves the service's name to "
        "the addresses of its containers"
    ]


def test_a_service_without_ipvs_publishes_on_its_own_machines_only() -> None:
    ports = [{"targetPort": 80, "publishMode": "host"}, {"targetPort": 81}]
    assert unreached({"endpointSpec": {"ports": ports}}) == [
        "endpointSpec.ports[1]: the Docker host's kernel is built without CONFIG_IP_VS, so nothing "
        "would listen on this port: publish it with publishMode `host`, on the nodes that run the "
        "service"
    ]


@pytest.mark.parametrize(
    ("service", "host"),
    [
        ({"taskSpec": ON_OVERLAY, "endpointSpec": {"mode": "dnsrr"}}, WITHOUT_IPVS),
        ({"taskSpec": {"networksAdvanceds": [{"name": "host"}]}}, WITHOUT_IPVS),
        ({"taskSpec": {}, "endpointSpec": {"mode": "vip"}}, WITHOUT_IPVS),
        ({"taskSpec": ON_OVERLAY}, HOST),
        ({"taskSpec": ON_OVERLAY}, Host()),
    ],
)
def test_a_service_that_can_be_reached_is_not_refused(service: dict[str, Any], host: Host) -> None:
    assert unreached(service, host) == []


def test_an_ipam_driver_that_is_not_there_is_told() -> None:
    said = [f"{each.path}: {each.reason}" for each in without_ipam(
        {"ipamDriver": "infoblox"}, engine(), ["weave:latest"]
    )]  # fmt: skip
    assert said == [
        "ipamDriver: the engine has no IPAM driver 'infoblox' (known: default, null, "
        "weave:latest): run `docker plugin install infoblox` on the Docker host"
    ]
    assert list(without_ipam({"ipamDriver": "weave"}, engine(), ["weave:latest"])) == []
    assert list(without_ipam({"ipamDriver": "infoblox"}, engine(host=Host()), [])) == []
