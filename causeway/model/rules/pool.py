"""Assigns subnets from the pool `causeway:addressPool` to networks that declare none.

The slot depends on a hash of the network's full name and never on its position, so that a
network keeps its subnet when others are added or removed. If the slot is taken, the next free
one is used; networks are assigned in order of name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from ipaddress import IPv4Network, ip_network

from causeway.model.rule_context import RuleContext
from causeway.model.source import SourceIndex
from causeway.model.values import Network, Place, Problem, Stack, Subnet

from .drivers import driver_of

SIZE = 24
# Drivers whose subnets the engine chooses; macvlan and ipvlan use that of the physical network.
DRIVERS = ("bridge", "overlay")
_SHOWN = 12


@dataclass(frozen=True, slots=True)
class AddressPool:
    """`base` is divided into subnets of prefix length `size`."""

    base: IPv4Network
    size: int

    @property
    def slots(self) -> int:
        return 1 << (self.size - self.base.prefixlen)

    def subnet(self, slot: int) -> IPv4Network:
        step = 1 << (32 - self.size)
        return IPv4Network((int(self.base.network_address) + slot * step, self.size))

    def wanted_slot(self, name: str) -> int:
        digest = hashlib.sha256(name.encode()).digest()
        return int.from_bytes(digest[:8], "big") % self.slots


def pool(base: str, size: int = SIZE) -> AddressPool:
    """Raises ValueError with what is wrong."""
    try:
        found = ip_network(base)
    except ValueError as error:
        raise ValueError(
            f"{base!r} is not an address range such as 10.100.0.0/16: {error}"
        ) from None
    if not isinstance(found, IPv4Network):
        raise ValueError(f"{base} is not an IPv4 range")
    if not found.is_private:
        raise ValueError(f"{base} contains public addresses: use a part of 10.0.0.0/8, for example")
    if not found.prefixlen <= size <= 29:
        raise ValueError(
            f"{base} cannot be divided into subnets of /{size}: choose a size from "
            f"/{found.prefixlen} to /29"
        )
    return AddressPool(found, size)


def read_pool(value: object) -> AddressPool | None:
    """The pool that `causeway:addressPool` sets: a range, or `base` and `size`; None if not set.

    Raises ValueError with what is wrong.
    """
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return pool(value)
    if isinstance(value, dict) and "base" in value and value.keys() <= {"base", "size"}:
        size = str(value.get("size", SIZE))
        if not size.isdigit():
            raise ValueError(f"the size {size!r} is not a prefix length such as 24")
        return pool(str(value["base"]), int(size))
    raise ValueError("expected a range such as 10.100.0.0/16, or `base` and `size`")


def needs_subnet(network: Network) -> bool:
    """Whether the engine would choose the subnet: a network of the stack with a driver that has
    addresses, without an IPv4 subnet."""
    declared = any(":" not in (config.subnet or "") for config in network.subnets)
    own_ipam = network.ipam_driver not in (None, "", "default")
    return not (network.external or declared or own_ipam) and driver_of(network) in DRIVERS


def assign_subnets(
    stack: Stack, pool: AddressPool | None, around: RuleContext
) -> tuple[Stack, list[Problem]]:
    """The stack with a subnet for every network that needs one; a problem if none is left."""
    if pool is None:
        return stack, []
    taken = _declared(stack.networks)
    given: dict[str, IPv4Network] = {}
    problems = []
    for network in sorted(stack.networks, key=lambda each: each.name):
        if not needs_subnet(network):
            continue
        first = pool.wanted_slot(network.name)
        for step in range(pool.slots):
            subnet = pool.subnet((first + step) % pool.slots)
            if not any(subnet.overlaps(other) for _, other in taken):
                taken.append((network.key, subnet))
                given[network.key] = subnet
                break
        else:
            place = around.index.place("networks", network.key)
            problems.append(Problem(place, _exhausted(pool, taken), code="pool-exhausted"))
    networks = tuple(
        replace(each, subnets=(Subnet(subnet=str(given[each.key])), *each.subnets))
        if each.key in given
        else each
        for each in stack.networks
    )
    return replace(stack, networks=networks), problems


def written_position(network: Network, position: int, index: SourceIndex) -> int | None:
    """The position in the file of a network's subnet; None for the one from the pool, which comes
    first."""
    steps = ("networks", network.key, "ipam", "config")
    pooled = [index.has(*steps, each) for each, _ in enumerate(network.subnets)].count(False)
    return None if position < pooled else position - pooled


def subnet_place(network: Network, position: int, index: SourceIndex) -> Place:
    """Where a subnet is written; one from the pool has the place of its network."""
    written = written_position(network, position, index)
    if written is None:
        place = index.place("networks", network.key)
        return Place(place.file, place.line, f"{place.path} (causeway:addressPool)")
    return index.place("networks", network.key, "ipam", "config", written, "subnet")


def _declared(networks: Iterable[Network]) -> list[tuple[str, IPv4Network]]:
    """The IPv4 subnets that the stack declares itself, by network."""
    found = []
    for network in networks:
        for config in network.subnets:
            try:
                subnet = ip_network(config.subnet or "", strict=False)
            except ValueError:
                continue  # another rule reports it
            if isinstance(subnet, IPv4Network):
                found.append((network.key, subnet))
    return found


def _exhausted(pool: AddressPool, taken: list[tuple[str, IPv4Network]]) -> str:
    users = [f"{key} {subnet}" for key, subnet in taken if subnet.overlaps(pool.base)]
    more = f" and {len(users) - _SHOWN} more" if len(users) > _SHOWN else ""
    return (
        f"no free subnet is left in causeway:addressPool {pool.base}, which has {pool.slots} of "
        f"/{pool.size}; used by {', '.join(users[:_SHOWN])}{more}: give the pool a larger base or "
        "a longer prefix as its size, or give this network its own subnet"
    )
