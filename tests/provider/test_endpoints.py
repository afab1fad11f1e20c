"""A container's places on networks as values: to the engine, back, and from one set to another."""

from __future__ import annotations

from typing import Any

import pytest

from causeway.provider.container.endpoints import (
    Moves,
    canonical,
    from_settings,
    in_order_of_creation,
    moves,
    network_datas,
    read_back,
    to_settings,
    unsupported,
)

OWN = frozenset({"0123456789ab", "host"})
FULL = {
    "name": "front",
    "aliases": ["web", "www"],
    "ipv4Address": "10.0.0.9",
    "ipv6Address": "fd00::9",
    "linkLocalIps": ["169.254.1.2"],
    "macAddress": "02:42:0a:00:00:09",
    "gwPriority": 5,
    "driverOpts": ["com.docker.network.endpoint.ifname=eth7"],
}
FULL_SETTINGS = {
    "IPAMConfig": {
        "IPv4Address": "10.0.0.9",
        "IPv6Address": "fd00::9",
        "LinkLocalIPs": ["169.254.1.2"],
    },
    "Aliases": ["web", "www"],
    "MacAddress": "02:42:0a:00:00:09",
    "GwPriority": 5,
    "DriverOpts": {"com.docker.network.endpoint.ifname": "eth7"},
}


def test_every_key_of_an_entry_reaches_the_engine() -> None:
    assert to_settings(FULL) == FULL_SETTINGS


def test_an_entry_comes_back_as_it_was_declared() -> None:
    assert from_settings("front", FULL_SETTINGS, OWN, mac=True) == FULL


def test_a_bare_entry_asks_for_nothing() -> None:
    assert to_settings({"name": "front"}) == {}


def test_what_the_engine_adds_by_itself_is_not_read_back() -> None:
    given = {
        "Aliases": ["0123456789ab", "host", "web"],
        "MacAddress": "02:42:00:00:00:01",
        "IPAMConfig": None,
    }
    assert from_settings("front", given, OWN, mac=False) == {"name": "front", "aliases": ["web"]}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"aliases": ["a", "b"]}, {"aliases": ["b", "a", "b"]}),
        ({"macAddress": "02-42-0A-00-00-09"}, {"macAddress": "02:42:0a:00:00:09"}),
        ({"gwPriority": 0, "aliases": [], "ipv4Address": ""}, {}),
    ],
)
def test_entries_are_compared_by_meaning(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert canonical({"name": "n", **one}) == canonical({"name": "n", **other})


def test_reading_back_keeps_the_name_or_id_and_the_spelling_of_the_declaration() -> None:
    declared: list[dict[str, Any]] = [
        {"name": "id-of-front", "aliases": ["www", "web"]},
        {"name": "back"},
    ]
    live: dict[str, dict[str, Any]] = {
        "back": {"NetworkID": "id-of-back"},
        "front": {"NetworkID": "id-of-front", "Aliases": ["web", "www"]},
    }
    assert read_back(declared, live, OWN) == declared


def test_a_declared_alias_counts_even_if_it_is_the_hostname() -> None:
    declared: list[dict[str, Any]] = [{"name": "front", "aliases": ["host"]}]
    assert read_back(declared, {"front": {"Aliases": ["host", "0123456789ab"]}}, OWN) == declared
    assert read_back(declared, {"front": {"Aliases": []}}, OWN) == [{"name": "front"}]


def test_reading_back_shows_what_was_disconnected_connected_and_changed() -> None:
    declared: list[dict[str, Any]] = [{"name": "front"}, {"name": "back", "aliases": ["db"]}]
    live: dict[str, dict[str, Any]] = {
        "back": {"NetworkID": "id-of-back", "Aliases": ["database"]},
        "extra": {"NetworkID": "id-of-extra"},
    }
    assert read_back(declared, live, OWN) == [
        {"name": "back", "aliases": ["database"]},
        {"name": "extra"},
    ]


def test_moves_touch_only_what_differs() -> None:
    old: list[dict[str, Any]] = [
        {"name": "kept"},
        {"name": "gone"},
        {"name": "changed", "aliases": ["a"]},
    ]
    new: list[dict[str, Any]] = [
        {"name": "added"},
        {"name": "changed", "aliases": ["b"]},
        {"name": "kept"},
    ]
    assert moves(old, new) == Moves(
        connect=({"name": "added"},),
        disconnect=("gone",),
        reconnect=({"name": "changed", "aliases": ["b"]},),
    )


def test_the_order_of_networks_makes_no_move() -> None:
    assert moves([{"name": "a"}, {"name": "b"}], [{"name": "b"}, {"name": "a"}]) == Moves()


def test_engines_with_one_mac_address_get_the_network_that_has_it_first() -> None:
    entries = [{"name": "a"}, {"name": "b", "macAddress": "02:42:0a:00:00:09"}]
    assert in_order_of_creation(entries, (1, 41)) == [entries[1], entries[0]]
    assert in_order_of_creation(entries, (1, 44)) == entries


def test_what_an_old_engine_would_drop_is_refused() -> None:
    entries: list[tuple[int, dict[str, Any]]] = [
        (0, {"name": "a", "macAddress": "02:42:0a:00:00:01", "gwPriority": 1}),
        (1, {"name": "b", "macAddress": "02:42:0a:00:00:02"}),
    ]
    assert [f"{each.path}: {each.reason}" for each in unsupported(entries, (1, 41))] == [
        "networksAdvanced[0].gwPriority: needs Docker 28 or newer (API 1.48; this engine has 1.41)",
        "networksAdvanced[1].macAddress: a MAC address on a second network "
        "needs Docker 25 or newer (API 1.44; this engine has 1.41)",
    ]
    assert unsupported(entries, (1, 48)) == []


def test_the_output_network_datas_is_sorted_by_name() -> None:
    live: dict[str, dict[str, Any]] = {
        "b": {"IPAddress": "10.0.1.2", "IPPrefixLen": 24},
        "a": {"Gateway": "10.0.0.1"},
    }
    assert network_datas(live) == [
        {
            "networkName": "a",
            "ipAddress": "",
            "ipPrefixLength": 0,
            "gateway": "10.0.0.1",
            "globalIpv6Address": "",
            "globalIpv6PrefixLength": 0,
            "ipv6Gateway": "",
            "macAddress": "",
        },
        {
            "networkName": "b",
            "ipAddress": "10.0.1.2",
            "ipPrefixLength": 24,
            "gateway": "",
            "globalIpv6Address": "",
            "globalIpv6PrefixLength": 0,
            "ipv6Gateway": "",
            "macAddress": "",
        },
    ]
