"""Subnets from the pool: stable, apart, and explained when there are none left."""

from __future__ import annotations

from ipaddress import IPv4Network
from pathlib import Path

import pytest

from causeway.model.errors import StackError
from causeway.model.load import load
from causeway.model.rules.pool import AddressPool, pool, read_pool

POOL = AddressPool(IPv4Network("10.100.0.0/16"), 24)


def subnets(
    folder: Path, text: str, pool: AddressPool = POOL, name: str = "shop"
) -> dict[str, str]:
    """The first subnet of each network of a stack that holds `text` under networks."""
    keys = [line.split(":")[0].strip() for line in text.splitlines()]
    joined = ", ".join(keys)
    file = folder / "compose.yaml"
    file.write_text(f"services: {{web: {{image: web:1, networks: [{joined}]}}}}\nnetworks:\n{text}")
    stack = load([file], name=name, address_pool=pool).stack
    return {
        network.key: str(network.subnets[0].subnet) if network.subnets else ""
        for network in stack.networks
    }


def test_networks_without_a_subnet_get_one_by_their_name(tmp_path: Path) -> None:
    assert subnets(tmp_path, "  back:\n  front:\n") == {
        "back": "10.100.255.0/24",
        "front": "10.100.122.0/24",
    }


def test_a_subnet_stays_when_other_networks_come_and_the_order_changes(tmp_path: Path) -> None:
    alone = subnets(tmp_path, "  front:\n")
    among = subnets(tmp_path, "  zone:\n  front:\n  attic:\n")
    assert alone["front"] == among["front"]


def test_environments_get_subnets_of_their_own(tmp_path: Path) -> None:
    dev, prod = (subnets(tmp_path, "  front:\n", name=name) for name in ("a-dev", "a-prod"))
    assert dev != prod


def test_a_slot_that_is_taken_leads_to_the_next_free_one(tmp_path: Path) -> None:
    text = "  back:\n  front:\n  fixed: {ipam: {config: [{subnet: 10.100.122.0/24}]}}\n"
    assert subnets(tmp_path, text) == {
        "back": "10.100.255.0/24",
        "front": "10.100.123.0/24",
        "fixed": "10.100.122.0/24",
    }


def test_what_has_a_subnet_or_takes_none_is_left_alone(tmp_path: Path) -> None:
    text = (
        "  own: {ipam: {config: [{subnet: 192.168.7.0/24}]}}\n"
        "  theirs: {external: true}\n"
        "  wire: {driver: macvlan, driver_opts: {parent: eth0}}\n"
    )
    assert subnets(tmp_path, text) == {"own": "192.168.7.0/24", "theirs": "", "wire": ""}


def test_an_exhausted_pool_says_what_uses_it(tmp_path: Path) -> None:
    small = AddressPool(IPv4Network("10.100.0.0/23"), 24)
    text = "  a:\n  b:\n  c:\n"
    with pytest.raises(StackError) as caught:
        subnets(tmp_path, text, small)
    assert [problem.message for problem in caught.value.problems] == [
        "no free subnet is left in causeway:addressPool 10.100.0.0/23, which has 2 of /24; used by "
        "a 10.100.1.0/24, b 10.100.0.0/24: give the pool a larger base or a longer prefix as its "
        "size, or give this network its own subnet"
    ]
    assert caught.value.problems[0].place.line == 5


@pytest.mark.parametrize(
    ("value", "pool"),
    [
        (None, None),
        ("10.100.0.0/16", POOL),
        ({"base": "10.100.0.0/16"}, POOL),
        ({"base": "10.1.0.0/20", "size": 26}, AddressPool(IPv4Network("10.1.0.0/20"), 26)),
    ],
)
def test_a_pool_is_configured_as_a_range_or_with_its_size(
    value: object, pool: AddressPool | None
) -> None:
    assert read_pool(value) == pool


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (["10.0.0.0/8"], "expected a range such as 10.100.0.0/16"),
        ({"base": "10.0.0.0/8", "length": 24}, "expected a range such as 10.100.0.0/16"),
        ({"base": "10.0.0.0/8", "size": "/24"}, "the size '/24' is not a prefix length"),
    ],
)
def test_a_configuration_that_is_no_pool_is_refused(value: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_pool(value)


@pytest.mark.parametrize(
    ("base", "size", "message"),
    [
        ("10.100.0.0", 24, "cannot be divided"),
        ("nowhere", 24, "'nowhere' is not an address range"),
        ("10.100.0.1/16", 24, "has host bits set"),
        ("8.0.0.0/8", 24, "contains public addresses"),
        ("fd00::/48", 64, "is not an IPv4 range"),
        ("10.100.0.0/16", 8, "cannot be divided into subnets of /8"),
        ("10.100.0.0/16", 30, "cannot be divided into subnets of /30"),
    ],
)
def test_a_pool_that_is_none_is_refused(base: str, size: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        pool(base, size)
