"""Rules about a subnet: its size, its reserved addresses, its dynamic range."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from causeway.model.rule_context import RuleContext
from causeway.model.values import Network, Place, Problem, Stack, Subnet

from .addresses import Address, Range, default_gateway
from .drivers import driver_of
from .pool import subnet_place

# Ranges that no container can use, with their purpose.
RESERVED = (
    (ip_network("0.0.0.0/8"), "this network"),
    (ip_network("127.0.0.0/8"), "loopback"),
    (ip_network("224.0.0.0/4"), "multicast"),
    (ip_network("::1/128"), "loopback"),
    (ip_network("ff00::/8"), "multicast"),
)


def _configs(stack: Stack) -> Iterator[tuple[Network, int, Subnet, Range]]:
    for network in stack.networks:
        for position, config in enumerate(network.subnets):
            try:
                found = ip_network(config.subnet or "", strict=True)
            except ValueError:
                continue  # another rule reports it
            if "/" in (config.subnet or ""):
                yield network, position, config, found


def _place(network: Network, position: int, around: RuleContext, *key: str) -> Place:
    return around.index.place("networks", network.key, "ipam", "config", position, *key)


def _address(written: str | None) -> Address | None:
    try:
        return ip_address(written or "")
    except ValueError:
        return None


def unusable(stack: Stack, around: RuleContext) -> Iterator[Problem]:
    """Subnets that are reserved, or too small for a gateway and a container."""
    for network, position, _, subnet in _configs(stack):
        place = _place(network, position, around, "subnet")
        for reserved, purpose in RESERVED:
            if subnet.version == reserved.version and subnet.overlaps(reserved):
                yield Problem(
                    place,
                    f"{subnet} is part of {reserved}, which is reserved for {purpose}",
                    code="reserved-subnet",
                )
        # A bridge needs network, gateway, container and broadcast address; others have no gateway.
        largest = 30 if driver_of(network) == "bridge" else 32
        if isinstance(subnet, IPv4Network) and subnet.prefixlen > largest:
            yield Problem(
                place,
                f"{subnet} is too small for a gateway and a container: use /30 or larger",
                code="subnet-too-small",
            )


def reserved_addresses(stack: Stack, around: RuleContext) -> Iterator[Problem]:
    """A gateway that cannot be assigned, and auxiliary addresses that are already in use."""
    for network, position, config, subnet in _configs(stack):
        gateway = _address(config.gateway)
        edges = (subnet.network_address, subnet.broadcast_address)
        if gateway in edges and subnet.version == 4 and subnet.prefixlen < 31:
            place = _place(network, position, around, "gateway")
            yield Problem(
                place,
                f"{gateway} is the first or last address of {subnet}, which cannot be assigned",
                code="address-never-free",
            )
        taken: dict[Address, str] = {} if gateway is None else {gateway: "the gateway"}
        for name, written in config.aux_addresses:
            address = _address(written)
            if address is None:
                continue
            if address in taken:
                place = _place(network, position, around, "aux_addresses", name)
                yield Problem(place, f"{address} is already {taken[address]}", code="address-taken")
            taken.setdefault(address, f"the auxiliary address {name!r}")


def in_dynamic_range(stack: Stack, around: RuleContext) -> Iterator[Problem]:
    """A static address that the engine may already have assigned to another container."""
    for network, _, config, subnet in _configs(stack):
        if network.external:
            continue
        fixed, dynamic = _addresses(stack, network, subnet.version)
        wanted = subnet if config.ip_range is None else _range(config.ip_range)
        for name, address in fixed:
            if dynamic and wanted is not None and address in wanted:
                key = f"ipv{subnet.version}_address"
                place = around.index.place("services", name, "networks", network.key, key)
                message = (
                    f"the engine may assign {address} to {dynamic[0]!r} if it starts earlier or "
                    f"restarts: {_advice(network, subnet, [each for _, each in fixed])}"
                )
                yield Problem(place, message, "warning", code="address-in-dynamic-range")


def _addresses(
    stack: Stack, network: Network, version: int
) -> tuple[list[tuple[str, Address]], list[str]]:
    """(services with a static address, services whose containers get a dynamic one each)."""
    fixed, dynamic = [], []
    for service in stack.services:
        for attachment in service.attachments:
            if attachment.network == network.key and service.replicas:
                written = attachment.ipv4_address if version == 4 else attachment.ipv6_address
                address = _address(written)
                if address is None:
                    dynamic += [service.name] * service.replicas
                else:
                    fixed.append((service.name, address))
    return fixed, dynamic


def too_few_addresses(stack: Stack, around: RuleContext) -> Iterator[Problem]:
    """More containers than a subnet, or its range for containers, has addresses."""
    jobs = {
        awaited.service
        for service in stack.services
        for awaited in service.depends_on
        if awaited.condition == "service_completed_successfully"
    }
    for network, position, config, subnet in _configs(stack):
        several = sum(":" not in (each.subnet or "") for each in network.subnets) > 1
        if network.external or subnet.version != 4 or subnet.prefixlen > 30 or several:
            continue
        fixed, dynamic = _addresses(stack, network, 4)
        # The address of a job is free again when the services that wait for it start.
        dynamic = [name for name in dynamic if name not in jobs]
        pool = subnet if config.ip_range is None else _range(config.ip_range)
        if pool is None or not dynamic:
            continue
        gateway = _address(config.gateway)
        if gateway is None and driver_of(network) == "bridge":
            gateway = default_gateway(config, subnet)
        auxiliary = [_address(written) for _, written in config.aux_addresses]
        taken = {subnet.network_address, subnet.broadcast_address, gateway, *auxiliary}
        taken |= {address for _, address in fixed}
        free = pool.num_addresses - sum(each is not None and each in pool for each in taken)
        if len(dynamic) > free:
            users = ", ".join(f"{name} {dynamic.count(name)}" for name in sorted({*dynamic}))
            message = (
                f"{pool} has {max(free, 0)} addresses for containers, but {len(dynamic)} are "
                f"needed ({users}): declare a larger one"
            )
            place = subnet_place(network, position, around.index)
            if config.ip_range is not None:
                place = _place(network, position, around, "ip_range")
            yield Problem(place, message, code="too-few-addresses")


def _range(written: str) -> Range | None:
    try:
        return ip_network(written, strict=False)
    except ValueError:
        return None


def _advice(network: Network, subnet: Range, fixed: list[Address]) -> str:
    """Suggests a part of the subnet without static addresses as the dynamic range."""
    where = f"networks.{network.key}.ipam.config"
    for part in _parts(subnet):
        if not any(address in part for address in fixed):
            return f"add `ip_range: {part}` under {where}"
    return f"add an `ip_range` without the static addresses under {where}"


def _parts(subnet: Range) -> Iterator[Range]:
    """The halves of an IPv4 subnet, upper first; for IPv6 the second block of 65536 addresses,
    since Docker 20.10 cannot handle the upper half of a /64."""
    if isinstance(subnet, IPv6Network):
        if subnet.prefixlen < 112:
            yield IPv6Network((int(subnet.network_address) + (1 << 16), 112))
    elif subnet.prefixlen <= 29:
        yield from reversed([*subnet.subnets(prefixlen_diff=1)])
