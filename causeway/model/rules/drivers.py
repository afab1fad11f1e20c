"""Rules about network drivers: the options that each supports, and what each cannot do.

The options come from Docker's documentation; a driver that is not in the table is a plugin, and
only the plugin can check its options. The provider checks for limits of an engine version.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from ipaddress import ip_address

from causeway.model.rule_context import RuleContext, line_in
from causeway.model.values import Network, Place, Problem, Stack

BRIDGE = "com.docker.network.bridge."
Test = Callable[[str], str | None]


def _one_of(*words: str) -> Test:
    def test(value: str) -> str | None:
        return None if value in words else f"is not one of {', '.join(words)}"

    return test


def _boolean(value: str) -> str | None:
    known = ("1", "t", "T", "true", "TRUE", "True", "0", "f", "F", "false", "FALSE", "False")
    return None if value in known else "is neither true nor false"


def _mtu(value: str) -> str | None:
    fits = value.isdigit() and 68 <= int(value) <= 65535
    return None if fits else "is not an MTU: a number from 68 to 65535"


def interface(value: str) -> str | None:
    """Check for interface names that the kernel rejects."""
    fits = re.fullmatch(r"[^\s/:]{1,15}", value) and value not in (".", "..")
    return None if fits else "is not an interface name: 1 to 15 characters, no space, / or :"


def _parent(value: str) -> str | None:
    base, dot, tag = value.partition(".")
    if dot and not (tag.isdigit() and 1 <= int(tag) <= 4094):
        return "is not an interface with a VLAN ID from 1 to 4094, such as eth0.50"
    return interface(base)


def _ipv4(value: str) -> str | None:
    return None if _version(value) == 4 else "is not an IPv4 address"


def _ipv6(value: str) -> str | None:
    return None if _version(value) == 6 else "is not an IPv6 address"


def _version(value: str) -> int:
    try:
        return ip_address(value).version
    except ValueError:
        return 0


def _anything(value: str) -> str | None:
    return None


def _any(value: str) -> str | None:
    return None if value else "is empty"


_EVERY: dict[str, Test] = {
    "com.docker.network.driver.mtu": _mtu,
    "com.docker.network.container_iface_prefix": interface,
    "com.docker.network.enable_ipv4": _boolean,
    "com.docker.network.enable_ipv6": _boolean,
}
_GATEWAY_MODE = _one_of("nat", "nat-unprotected", "routed", "isolated")
OPTIONS: dict[str, dict[str, Test]] = {
    "bridge": {
        **_EVERY,
        f"{BRIDGE}name": interface,
        f"{BRIDGE}enable_icc": _boolean,
        f"{BRIDGE}enable_ip_masquerade": _boolean,
        f"{BRIDGE}host_binding_ipv4": _ipv4,
        f"{BRIDGE}inhibit_ipv4": _boolean,
        f"{BRIDGE}gateway_mode_ipv4": _GATEWAY_MODE,
        f"{BRIDGE}gateway_mode_ipv6": _GATEWAY_MODE,
        f"{BRIDGE}trusted_host_interfaces": _any,
        "com.docker.network.host_ipv4": _ipv4,
        "com.docker.network.host_ipv6": _ipv6,
    },
    "macvlan": {
        **_EVERY,
        "parent": _parent,
        "macvlan_mode": _one_of("bridge", "private", "vepa", "passthru"),
    },
    "ipvlan": {
        **_EVERY,
        "parent": _parent,
        "ipvlan_mode": _one_of("l2", "l3", "l3s"),
        "ipvlan_flag": _one_of("bridge", "private", "vepa"),
    },
    "overlay": {
        **_EVERY,
        "encrypted": _anything,
        "secure": _anything,
        "com.docker.network.driver.overlay.vxlanid_list": _any,
    },
}
# Names of the engine's predefined networks.
BUILT_IN = ("bridge", "host", "none")


def driver_of(network: Network) -> str:
    """The driver, resolving the engine's default."""
    return network.driver if network.driver not in (None, "", "default") else "bridge"


def _declared(stack: Stack) -> Iterator[Network]:
    return (network for network in stack.networks if not network.external)


def _option(network: Network, name: str, around: RuleContext) -> Place:
    return around.index.place("networks", network.key, "driver_opts", name)


def options(stack: Stack, around: RuleContext) -> Iterator[Problem]:
    """Options and values that the driver does not support."""
    for network in _declared(stack):
        known: Mapping[str, Test] | None = OPTIONS.get(driver_of(network))
        for name, value in network.options if known is not None else ():
            assert known is not None
            place = _option(network, name, around)
            if name in known:
                wrong = known[name](value)
                if wrong is not None:
                    yield Problem(place, f"{value!r} {wrong}", code="driver-option")
                continue
            near = get_close_matches(name, known, n=1, cutoff=0.8)
            message = f"the driver {driver_of(network)} has no option {name!r}"
            if near:
                yield Problem(
                    place, f"{message} (did you mean {near[0]}?)", code="unknown-driver-option"
                )
            else:
                yield Problem(
                    place, f"{message} and ignores it", "warning", code="unknown-driver-option"
                )


def built_in(stack: Stack, around: RuleContext) -> Iterator[Problem]:
    """Services can join the engine's predefined networks; stacks cannot create them."""
    for network in _declared(stack):
        if network.driver in ("host", "none", "null"):
            mode = "none" if network.driver == "null" else network.driver
            place = around.index.place("networks", network.key, "driver")
            message = (
                f"the engine has one {mode} network and cannot create another: "
                f"set `network_mode: {mode}` on the services"
            )
            yield Problem(place, message, code="built-in-network")
        elif network.name in BUILT_IN:
            place = around.index.place("networks", network.key, "name")
            yield Problem(
                place,
                f"{network.name!r} is a predefined network of the engine; choose another name",
                code="built-in-network",
            )


def same_name(stack: Stack, around: RuleContext) -> Iterator[Problem]:
    """Two networks with the same name on the engine, or two bridges with one interface name."""
    for what, name_of in (("name", lambda each: each.name), ("bridge", _bridge)):
        seen: dict[str, Network] = {}
        ordered = sorted(_declared(stack), key=lambda network: network.place)
        for network in ordered:
            name = name_of(network)
            if name is None:
                continue
            if name in seen:
                steps = ("name",) if what == "name" else ("driver_opts", f"{BRIDGE}name")
                place = around.index.place("networks", network.key, *steps)
                where = f"networks.{seen[name].key} ({line_in(seen[name].place, place)})"
                thing = "network" if what == "name" else "bridge interface"
                yield Problem(
                    place, f"{name!r} is already the {thing} of {where}", code="network-name-taken"
                )
            seen.setdefault(name, network)


def _bridge(network: Network) -> str | None:
    return dict(network.options).get(f"{BRIDGE}name")


def combinations(stack: Stack, around: RuleContext) -> Iterator[Problem]:
    """Combinations of valid keys that a driver rejects."""
    for network in _declared(stack):
        driver, given = driver_of(network), dict(network.options)
        for version in ("ipv4", "ipv6"):
            name = f"{BRIDGE}gateway_mode_{version}"
            if given.get(name) == "isolated" and not network.internal:
                yield Problem(
                    _option(network, name, around),
                    "'isolated' needs `internal: true`",
                    code="driver-combination",
                )
        place = around.index.place("networks", network.key, "attachable")
        if driver == "overlay" and not network.attachable:
            message = "containers can join an overlay network only with `attachable: true`"
            yield Problem(place, message, code="driver-combination")
        versions = [":" in (config.subnet or "") for config in network.subnets if config.subnet]
        if driver == "bridge" and any(versions.count(each) > 1 for each in (True, False)):
            place = around.index.place("networks", network.key, "ipam", "config", 1, "subnet")
            yield Problem(
                place,
                "a bridge network has at most one IPv4 and one IPv6 subnet",
                code="driver-combination",
            )
        if driver in ("macvlan", "ipvlan") and network.internal and given.get("parent"):
            place = around.index.place("networks", network.key, "internal")
            message = (
                f"`internal` removes only the default route: machines on the physical network of "
                f"{given['parent']} still reach these containers"
            )
            yield Problem(place, message, "warning", code="internal-on-parent")


def members(stack: Stack, around: RuleContext) -> Iterator[Problem]:
    """Container settings that the driver of a network does not support."""
    networks = {network.key: network for network in stack.networks}
    passed: dict[str, str] = {}
    for service in stack.services:
        drivers = []
        for attachment in service.attachments:
            network = networks.get(attachment.network)
            if network is None or network.external:
                drivers.append("")
                continue
            driver, given = driver_of(network), dict(network.options)
            drivers.append(driver)
            steps = ("services", service.name, "networks", network.key)
            if driver == "ipvlan" and attachment.mac_address:
                message = "an ipvlan container has its parent's MAC address; remove `mac_address`"
                yield Problem(
                    around.index.place(*steps, "mac_address"), message, code="driver-member"
                )
            if given.get("macvlan_mode") == "passthru":
                if service.replicas > 1:
                    message = (
                        "passthru gives the parent interface to one container, not to "
                        f"{service.replicas}"
                    )
                    yield Problem(around.index.place(*steps), message, code="driver-member")
                elif network.key in passed:
                    message = (
                        "passthru gives the parent interface to one container, which is "
                        f"services.{passed[network.key]}"
                    )
                    yield Problem(around.index.place(*steps), message, code="driver-member")
                passed.setdefault(network.key, service.name)
        if service.ports and drivers and {*drivers} <= {"macvlan", "ipvlan"}:
            message = (
                f"published ports have no effect on {' and '.join(sorted({*drivers}))}: the "
                "container is reached at its own address"
            )
            yield Problem(
                around.index.place("services", service.name, "ports"),
                message,
                "warning",
                code="ports-without-effect",
            )
