"""Rules about addresses: subnets are valid and disjoint, static addresses are free and in range."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

from causeway.model.rule_context import RuleContext, line_in
from causeway.model.values import Network, Place, Problem, Stack, Subnet

Address = IPv4Address | IPv6Address
Range = IPv4Network | IPv6Network


def _range(written: str | None) -> Range | None:
    try:
        return ip_network(written or "", strict=False) if written and "/" in written else None
    except ValueError:
        return None


def _address(written: str) -> Address | None:
    try:
        return ip_address(written)
    except ValueError:
        return None


def _place(network: Network, position: int, around: RuleContext, *key: str) -> Place:
    return around.index.place("networks", network.key, "ipam", "config", position, *key)


def _configs(stack: Stack) -> Iterator[tuple[Network, int, Subnet]]:
    for network in stack.networks:
        for position, config in enumerate(network.subnets):
            yield network, position, config


def malformed_subnets(stack: Stack, around: RuleContext) -> Iterator[Problem]:
    for network, position, config in _configs(stack):
        for key, written in (("subnet", config.subnet), ("ip_range", config.ip_range)):
            if written is None:
                continue
            place = _place(network, position, around, key)
            found = _range(written)
            if found is None:
                yield Problem(
                    place,
                    f"{written!r} is not an address range such as 10.0.0.0/24",
                    code="malformed-subnet",
                )
            elif str(found.network_address) != written.partition("/")[0].lower():
                message = f"{written!r} has host bits set: write {found}"
                if _address(written.partition("/")[0]) != found.network_address:
                    yield Problem(place, message, code="host-bits-set")
            elif found.version == 6 and key == "subnet" and not network.enable_ipv6:
                yield Problem(
                    place,
                    f"{written!r} has no effect without `enable_ipv6: true`",
                    code="needs-ipv6",
                )


def overlapping_subnets(stack: Stack, around: RuleContext) -> Iterator[Problem]:
    seen: list[tuple[Place, Network, Range]] = []
    for network, position, config in _configs(stack):
        found = _range(config.subnet)
        if found is not None:
            seen.append((_place(network, position, around, "subnet"), network, found))
    seen.sort(key=lambda entry: entry[0])
    for later, (place, _, subnet) in enumerate(seen):
        for earlier, owner, taken in seen[:later]:
            if subnet.version == taken.version and subnet.overlaps(taken):
                where = f"networks.{owner.key} ({line_in(earlier, place)})"
                yield Problem(
                    place, f"{subnet} overlaps {taken} of {where}", code="subnets-overlap"
                )


def outside_subnet(stack: Stack, around: RuleContext) -> Iterator[Problem]:
    """Gateway, ip_range and auxiliary addresses must be inside the subnet of the same entry."""
    for network, position, config in _configs(stack):
        subnet = _range(config.subnet)
        given = [("gateway", config.gateway), ("ip_range", config.ip_range)]
        if config.subnet is None:
            for key, written in given:
                if written is not None:
                    place = _place(network, position, around, key)
                    yield Problem(
                        place, f"`{key}` needs a `subnet` in the same entry", code="needs-subnet"
                    )
            continue
        if subnet is None:
            continue
        if config.gateway is not None:
            place = _place(network, position, around, "gateway")
            yield from _inside(place, config.gateway, subnet)
        wanted = _range(config.ip_range)
        if wanted is not None and not _within(wanted, subnet):
            place = _place(network, position, around, "ip_range")
            yield Problem(
                place,
                f"{config.ip_range} is outside the subnet {subnet}",
                code="range-outside-subnet",
            )
        for name, written in config.aux_addresses:
            place = _place(network, position, around, "aux_addresses", name)
            yield from _inside(place, written, subnet)


def _within(inner: Range, outer: Range) -> bool:
    return inner.network_address in outer and inner.broadcast_address in outer


def _inside(place: Place, written: str, subnet: Range) -> Iterator[Problem]:
    address = _address(written)
    if address is None:
        yield Problem(place, f"{written!r} is not an IP address", code="not-an-address")
    elif address not in subnet:
        yield Problem(
            place, f"{written} is outside the subnet {subnet}", code="address-outside-subnet"
        )


def static_addresses(stack: Stack, around: RuleContext) -> Iterator[Problem]:
    networks = {network.key: network for network in stack.networks}
    claims: list[tuple[Place, str, Address, str, int]] = []
    for service in stack.services:
        for attachment in service.attachments:
            for key, written in (
                ("ipv4_address", attachment.ipv4_address),
                ("ipv6_address", attachment.ipv6_address),
            ):
                if written is None:
                    continue
                place = around.index.place(
                    "services", service.name, "networks", attachment.network, key
                )
                address = _address(written)
                version = 4 if key == "ipv4_address" else 6
                if address is None or address.version != version:
                    yield Problem(
                        place, f"{written!r} is not an IPv{version} address", code="not-an-address"
                    )
                    continue
                claims.append((place, attachment.network, address, service.name, service.replicas))
    claims.sort(key=lambda claim: claim[0])
    taken: dict[tuple[str, Address], tuple[str, Place]] = {}
    for place, key, address, service_name, replicas in claims:
        if replicas > 1:
            yield Problem(
                place,
                f"{replicas} replicas cannot share the address {address}",
                code="replicas-share-address",
            )
        if (key, address) in taken:
            owner, earlier = taken[key, address]
            where = f"services.{owner} ({line_in(earlier, place)})"
            yield Problem(
                place, f"{address} is already the address of {where}", code="address-taken"
            )
        taken.setdefault((key, address), (service_name, place))
        if key in networks:
            yield from _placed(place, address, networks[key])


def mac_with_replicas(stack: Stack, around: RuleContext) -> Iterator[Problem]:
    for service in stack.services:
        for attachment in service.attachments if service.replicas > 1 else ():
            if attachment.mac_address is not None:
                below: tuple[str, ...] = ("networks", attachment.network, "mac_address")
                if not around.index.has("services", service.name, *below):
                    below = ("mac_address",)
                message = f"{service.replicas} replicas cannot share the MAC address"
                place = around.index.place("services", service.name, *below)
                yield Problem(
                    place, f"{message} {attachment.mac_address}", code="replicas-share-mac"
                )


def default_gateway(config: Subnet, subnet: Range) -> Address:
    """The engine's default gateway when none is declared: the first address that it assigns."""
    first = (_range(config.ip_range) or subnet).network_address
    return first + 1 if first == subnet.network_address else first


def _placed(place: Place, address: Address, network: Network) -> Iterator[Problem]:
    """Check a static address against the subnets of its network, unless the network is external."""
    if network.external:
        return
    declared = [(config, _range(config.subnet)) for config in network.subnets]
    ranges = [(config, found) for config, found in declared if found is not None]
    if not any(found.version == address.version for _, found in ranges):
        if len(ranges) == len(declared):
            where = f"networks.{network.key}.ipam.config"
            yield Problem(
                place, f"{address} needs a subnet: declare one under {where}", code="needs-subnet"
            )
        return
    for config, found in ranges:
        if address not in found:
            continue
        if found.num_addresses > 2 and address in (found.network_address, found.broadcast_address):
            yield Problem(
                place,
                f"{address} is the first or last address of {found}, which cannot be assigned",
                code="address-never-free",
            )
        if config.gateway is not None and _address(config.gateway) == address:
            yield Problem(
                place,
                f"{address} is the gateway of networks.{network.key}",
                code="address-of-gateway",
            )
        elif config.gateway is None and address == default_gateway(config, found):
            message = f"{address} is what Docker uses as the gateway of networks.{network.key}"
            yield Problem(
                place,
                f"{message}: choose another `gateway` or address",
                code="address-of-default-gateway",
            )
        for name, reserved in config.aux_addresses:
            if _address(reserved) == address:
                yield Problem(
                    place,
                    f"{address} is reserved by aux_addresses ({name})",
                    code="address-reserved",
                )
        return
    listed = ", ".join(str(found) for _, found in ranges)
    yield Problem(
        place,
        f"{address} is outside the subnet of networks.{network.key} ({listed})",
        code="address-outside-subnet",
    )
