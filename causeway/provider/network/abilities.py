"""What this engine, its version, its machine and what is on it already do not allow of a network,
or of a Swarm service's address.

A rule is a row: it looks at a network's inputs and at the facts, and says what is wrong. All are
asked in check, so that a preview tells before anything is changed.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any

from causeway.contract import PROJECT_LABEL, STACK_LABEL
from causeway.engine.machine import IPVS, VLAN, Network, Route
from causeway.provider.inputs.plain import has_unknown
from causeway.provider.resource.facts import Facts
from causeway.provider.resource.ownership import owner
from causeway.provider.resource.values import Failure, Values

BRIDGE = "com.docker.network.bridge."
# Releases of Docker by the Engine API that they brought; builds from source have other numbers.
API = {"27": (1, 46), "28": (1, 48), "28.2": (1, 50)}
GATEWAY_MODES = {"nat": "27", "routed": "27", "nat-unprotected": "28", "isolated": "28"}
# Driver option -> the first release that knows it.
NEWER_OPTIONS = {
    f"{BRIDGE}gateway_mode_ipv4": "27",
    f"{BRIDGE}gateway_mode_ipv6": "27",
    f"{BRIDGE}trusted_host_interfaces": "28.2",
}
KERNEL = {"macvlan": "CONFIG_MACVLAN", "ipvlan": "CONFIG_IPVLAN", "overlay": "CONFIG_VXLAN"}
# Networks on which a Swarm service gets no address of its own.
NODE_LOCAL = ("bridge", "host", "none")
OWN_IPAM = ("default", "null")
OWN_DRIVERS = ("bridge", "host", "ipvlan", "macvlan", "none", "null", "overlay")


@dataclass(frozen=True, slots=True)
class Mine:
    """The resource that is asked about; `name` is the network it has by now, if any, `is_ours`
    tells whether a listed network belongs to this state."""

    name: str | None
    is_ours: Callable[[dict[str, Any]], bool]

    def has_near(self, network: dict[str, Any]) -> bool:
        """Whether it is this state's, or imported by name; the stack file's own checks tell about
        those."""
        return network["Name"] == self.name or self.is_ours(network)


Rule = Callable[[Values, Facts, Mine], Iterator[Failure]]


def refused(inputs: Values, known: Facts, mine: Mine) -> list[Failure]:
    """All that keeps the engine from making this network, sorted by property path."""
    usable = {key: value for key, value in inputs.items() if not has_unknown(value)}
    found = {(f.path, f.reason): f for rule in RULES for f in rule(usable, known, mine)}
    return [found[key] for key in sorted(found)]


def _driver(inputs: Values, known: Facts, mine: Mine) -> Iterator[Failure]:
    driver = inputs.get("driver") or "bridge"
    if known.host.is_seen and (said := _without(driver, known)):
        yield Failure("driver", said)
    option = KERNEL.get(driver)
    if option in known.host.missing:
        yield Failure("driver", f"the kernel of the engine's machine is built without {option}")


def _without(driver: str, known: Facts) -> str | None:
    """What to tell when neither the engine nor a plugin beside it offers a driver."""
    # A plugin of the old kind is loaded when first used, and listed from then on.
    offered = {*known.drivers, *OWN_DRIVERS, *known.host.plugins}
    if driver in offered or f"{driver}:latest" in offered:
        return None
    listed = ", ".join(sorted(known.drivers))
    return (
        f"the engine has no network driver {driver!r} (it has {listed}); "
        f"`docker plugin install {driver}` on its machine"
    )


def without_ipam(inputs: Values, known: Facts, installed: Collection[str]) -> Iterator[Failure]:
    """An IPAM driver that neither is the engine's own nor one of the `installed` plugins."""
    driver = inputs.get("ipamDriver")
    offered = {*OWN_IPAM, *known.host.plugins, *installed}
    if known.host.is_seen and driver not in offered and f"{driver}:latest" not in offered:
        yield Failure(
            "ipamDriver",
            f"the engine has no IPAM driver {driver!r} (it has {', '.join(sorted(offered))}); "
            f"`docker plugin install {driver}` on its machine",
        )


def _swarm(inputs: Values, known: Facts, mine: Mine) -> Iterator[Failure]:
    if inputs.get("driver") != "overlay":
        if inputs.get("ingress"):
            yield Failure("ingress", "only an overlay network can be Swarm's ingress network")
        return
    if known.swarm != "active":
        yield Failure("driver", "overlay needs a swarm: `docker swarm init` on the engine")
    elif not known.manager:
        yield Failure("driver", "overlay networks are made on a manager; this engine is a worker")


def _options(inputs: Values, known: Facts, mine: Mine) -> Iterator[Failure]:
    for option, value in sorted((inputs.get("options") or {}).items()):
        since = NEWER_OPTIONS.get(option)
        if since and "gateway_mode" in option:
            since = GATEWAY_MODES.get(str(value), since)
        if since and known.api < API[since]:
            yield Failure(
                f"options.{option}",
                f"{value!r} needs Docker {since}, and the engine is {known.release}",
            )


def _ipv6(inputs: Values, known: Facts, mine: Mine) -> Iterator[Failure]:
    if not inputs.get("ipv6") or known.api >= API["27"]:
        return
    subnets = [str(config.get("subnet") or "") for config in inputs.get("ipamConfigs") or []]
    if not any(":" in subnet for subnet in subnets):
        yield Failure("ipv6", "engines before Docker 27 choose no IPv6 subnet: declare one")


def _parent(inputs: Values, known: Facts, mine: Mine) -> Iterator[Failure]:
    if inputs.get("driver") not in ("macvlan", "ipvlan"):
        return
    parent = (inputs.get("options") or {}).get("parent")
    if not parent:
        if "CONFIG_DUMMY" in known.host.missing:
            yield Failure(
                "options.parent",
                "not set, and the kernel of the engine's machine is built without the dummy "
                "interface that would stand in for it",
            )
        return
    # `eth0.50` is made by the engine as VLAN 50 of eth0.
    base = parent.partition(".")[0]
    if parent not in known.host.interfaces and base != parent and VLAN in known.host.missing:
        yield Failure(
            "options.parent",
            f"the engine's machine has no interface {parent!r}, and its kernel is built without "
            f"{VLAN}, so that the engine cannot make it",
        )
    if known.host.is_seen and not known.host.interfaces & {parent, base}:
        seen = sorted(each for each in known.host.interfaces if not each.startswith("veth"))
        yield Failure(
            "options.parent",
            f"the engine's machine has no interface {base!r} (it has {', '.join(seen)})",
        )
    for network in known.networks:
        taken = (network.get("Options") or {}).get("parent")
        other = taken == parent and network["Driver"] != inputs["driver"]
        if other and network["Name"] != mine.name:
            yield Failure(
                "options.parent",
                f"{parent} is the parent of the {network['Driver']} network {network['Name']}: "
                "an interface serves macvlan or ipvlan, not both",
            )


def _name(inputs: Values, known: Facts, mine: Mine) -> Iterator[Failure]:
    for network in known.networks:
        if network["Name"] == inputs.get("name") and not mine.has_near(network):
            yield Failure(
                "name",
                f"the engine has a network {network['Name']!r} that is not this stack's "
                f"({owner(network.get('Labels'), network.get('Created') or '')}): choose another "
                "name, remove that network, or declare it as `external: true`",
            )


def _subnets(inputs: Values, known: Facts, mine: Mine) -> Iterator[Failure]:
    for index, config in enumerate(inputs.get("ipamConfigs") or []):
        wanted = _network(config.get("subnet"))
        if wanted is None:
            continue
        path = f"ipamConfigs[{index}].subnet"
        for network in known.networks:
            for pool in (network.get("IPAM") or {}).get("Config") or []:
                taken = _network(pool.get("Subnet"))
                if not taken or taken.version != wanted.version or not taken.overlaps(wanted):
                    continue
                if not mine.has_near(network):  # asked last: it may read Pulumi's state
                    where = f"network {network['Name']!r}{_stack(network)}"
                    yield Failure(path, f"{wanted} overlaps {taken} of {where} on the engine")
        if (inputs.get("driver") or "bridge") != "bridge":
            continue  # macvlan and ipvlan live in the subnet of their parent
        for route in _foreign_routes(known):
            if _within(route.destination, wanted):
                yield Failure(
                    path,
                    f"{wanted} takes in {route.destination}, which the engine's machine reaches "
                    f"through {route.interface} (a VPN?): it would be cut off",
                )


def doubtful(inputs: Values, known: Facts) -> Iterator[Failure]:
    """Warnings: a subnet that is a small part of what a route of the machine leads to, and a
    driver that only the machine of an engine out of sight may have."""
    driver = inputs.get("driver")
    if isinstance(driver, str) and not known.host.is_seen and (said := _without(driver, known)):
        yield Failure("driver", f"{said}, unless a plugin there is loaded when first used")
    for index, config in enumerate(inputs.get("ipamConfigs") or []):
        wanted = None if has_unknown(config) else _network(config.get("subnet"))
        for route in _foreign_routes(known):
            if wanted and wanted != route.destination and _within(wanted, route.destination):
                yield Failure(
                    f"ipamConfigs[{index}].subnet",
                    f"{wanted} lies in {route.destination}, which the engine's machine reaches "
                    f"through {route.interface}: from there, that part can no longer be reached",
                )


def unbalanced(service: Values, known: Facts) -> Iterator[Failure]:
    """What of a Swarm service only IPVS in the kernel can do: the engine logs a line and goes on,
    and nobody answers at the service's address or its published ports."""
    endpoint = service.get("endpointSpec") or {}
    if IPVS not in known.host.missing or endpoint.get("mode") == "dnsrr":
        return
    why = f"the kernel of the engine's machine is built without {IPVS}"
    for index, port in enumerate(endpoint.get("ports") or []):
        if port.get("publishMode") != "host":
            yield Failure(
                f"endpointSpec.ports[{index}]",
                f"{why}, so that nothing would listen on this port: publish it with publishMode "
                "`host`, on the machines that run the service",
            )
    task = service.get("taskSpec") or {}
    if any(each.get("name") not in NODE_LOCAL for each in task.get("networksAdvanceds") or []):
        yield Failure(
            "endpointSpec.mode",
            f"{why}, so that nobody would answer at the address of the service: set `dnsrr`, with "
            "which its name leads to the containers themselves",
        )


def _foreign_routes(known: Facts) -> list[Route]:
    """The routes of the engine's machine that do not lead to networks of the engine."""
    named = {(each.get("Options") or {}).get(f"{BRIDGE}name") for each in known.networks}
    return [
        route
        for route in known.host.routes
        if route.interface not in named and not route.interface.startswith(("br-", "docker"))
    ]


RULES: tuple[Rule, ...] = (_driver, _swarm, _options, _ipv6, _parent, _name, _subnets)


def _stack(network: dict[str, Any]) -> str:
    labels = network.get("Labels") or {}
    project, stack = labels.get(PROJECT_LABEL), labels.get(STACK_LABEL)
    return f" (stack {stack} of {project})" if stack else ""


def _within(inner: Network, outer: Network) -> bool:
    return (
        inner.version == outer.version
        and inner.network_address in outer
        and inner.broadcast_address in outer
    )


def _network(text: Any) -> Network | None:
    try:
        return ipaddress.ip_network(text, strict=False) if text else None
    except ValueError:
        return None
