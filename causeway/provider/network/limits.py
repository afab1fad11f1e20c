"""Checks a network, or a Swarm service's endpoint, against the engine: its version, its host, and
the networks it already has.

Each rule compares a network's inputs with these facts and reports what is wrong. All rules run in
check, so that a preview reports problems before anything changes.
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
# Docker release -> the Engine API version it introduced. The API version decides, because builds
# from source carry other release numbers.
API = {"27": (1, 46), "28": (1, 48), "28.2": (1, 50)}
GATEWAY_MODES = {"nat": "27", "routed": "27", "nat-unprotected": "28", "isolated": "28"}
# Driver option -> the first release that supports it.
NEWER_OPTIONS = {
    f"{BRIDGE}gateway_mode_ipv4": "27",
    f"{BRIDGE}gateway_mode_ipv6": "27",
    f"{BRIDGE}trusted_host_interfaces": "28.2",
}
KERNEL = {"macvlan": "CONFIG_MACVLAN", "ipvlan": "CONFIG_IPVLAN", "overlay": "CONFIG_VXLAN"}
# Networks on which a Swarm service gets no virtual IP.
NODE_LOCAL = ("bridge", "host", "none")
OWN_IPAM = ("default", "null")
OWN_DRIVERS = ("bridge", "host", "ipvlan", "macvlan", "none", "null", "overlay")


@dataclass(frozen=True, slots=True)
class CheckedNetwork:
    """The resource being checked: `name` is the name of its present network, if any; `is_ours`
    reports whether a listed network belongs to this state."""

    name: str | None
    is_ours: Callable[[dict[str, Any]], bool]

    def is_own(self, network: dict[str, Any]) -> bool:
        """Whether the network is this state's, or the one imported by name. The checks of the stack
        file cover both."""
        return network["Name"] == self.name or self.is_ours(network)


Rule = Callable[[Values, Facts, CheckedNetwork], Iterator[Failure]]


def failures(inputs: Values, known: Facts, mine: CheckedNetwork) -> list[Failure]:
    """Everything that prevents the engine from creating this network, sorted by property path."""
    usable = {key: value for key, value in inputs.items() if not has_unknown(value)}
    found = {(f.path, f.reason): f for rule in RULES for f in rule(usable, known, mine)}
    return [found[key] for key in sorted(found)]


def _driver(inputs: Values, known: Facts, mine: CheckedNetwork) -> Iterator[Failure]:
    driver = inputs.get("driver") or "bridge"
    if known.host.is_seen and (said := _without(driver, known)):
        yield Failure("driver", said)
    option = KERNEL.get(driver)
    if option in known.host.missing:
        yield Failure("driver", f"the Docker host's kernel is built without {option}")


def _without(driver: str, known: Facts) -> str | None:
    """The message when neither the engine nor a plugin provides a driver; None when one does."""
    # A legacy plugin is loaded at first use and listed only from then on.
    offered = {*known.drivers, *OWN_DRIVERS, *known.host.plugins}
    if driver in offered or f"{driver}:latest" in offered:
        return None
    listed = ", ".join(sorted(known.drivers))
    return (
        f"the engine has no network driver {driver!r} (known: {listed}): "
        f"run `docker plugin install {driver}` on the Docker host"
    )


def without_ipam(inputs: Values, known: Facts, installed: Collection[str]) -> Iterator[Failure]:
    """An IPAM driver that is neither built in nor one of the `installed` plugins."""
    driver = inputs.get("ipamDriver")
    offered = {*OWN_IPAM, *known.host.plugins, *installed}
    if known.host.is_seen and driver not in offered and f"{driver}:latest" not in offered:
        yield Failure(
            "ipamDriver",
            f"the engine has no IPAM driver {driver!r} (known: {', '.join(sorted(offered))}): "
            f"run `docker plugin install {driver}` on the Docker host",
        )


def _swarm(inputs: Values, known: Facts, mine: CheckedNetwork) -> Iterator[Failure]:
    if inputs.get("driver") != "overlay":
        if inputs.get("ingress"):
            yield Failure("ingress", "only an overlay network can be Swarm's ingress network")
        return
    if known.swarm != "active":
        yield Failure("driver", "overlay needs a swarm: run `docker swarm init` on the Docker host")
    elif not known.manager:
        yield Failure("driver", "overlay needs a swarm manager, and this engine is a worker")


def _options(inputs: Values, known: Facts, mine: CheckedNetwork) -> Iterator[Failure]:
    for option, value in sorted((inputs.get("options") or {}).items()):
        since = NEWER_OPTIONS.get(option)
        if since and "gateway_mode" in option:
            since = GATEWAY_MODES.get(str(value), since)
        if since and known.api < API[since]:
            yield Failure(
                f"options.{option}",
                f"{value!r} needs Docker {since}, and the engine is {known.release}",
            )


def _ipv6(inputs: Values, known: Facts, mine: CheckedNetwork) -> Iterator[Failure]:
    if not inputs.get("ipv6") or known.api >= API["27"]:
        return
    subnets = [str(config.get("subnet") or "") for config in inputs.get("ipamConfigs") or []]
    if not any(":" in subnet for subnet in subnets):
        yield Failure("ipv6", "engines before Docker 27 assign no IPv6 subnet: declare one")


def _parent(inputs: Values, known: Facts, mine: CheckedNetwork) -> Iterator[Failure]:
    if inputs.get("driver") not in ("macvlan", "ipvlan"):
        return
    parent = (inputs.get("options") or {}).get("parent")
    if not parent:
        if "CONFIG_DUMMY" in known.host.missing:
            yield Failure(
                "options.parent",
                "not set, and the Docker host's kernel is built without the dummy interface that "
                "the engine would use instead",
            )
        return
    # The engine creates `eth0.50` as VLAN 50 of eth0.
    base = parent.partition(".")[0]
    if parent not in known.host.interfaces and base != parent and VLAN in known.host.missing:
        yield Failure(
            "options.parent",
            f"the Docker host has no interface {parent!r}, and the engine cannot create it: the "
            f"host's kernel is built without {VLAN}",
        )
    if known.host.is_seen and not known.host.interfaces & {parent, base}:
        seen = sorted(each for each in known.host.interfaces if not each.startswith("veth"))
        yield Failure(
            "options.parent",
            f"the Docker host has no interface {base!r} (known: {', '.join(seen)})",
        )
    for network in known.networks:
        taken = (network.get("Options") or {}).get("parent")
        other = taken == parent and network["Driver"] != inputs["driver"]
        if other and network["Name"] != mine.name:
            yield Failure(
                "options.parent",
                f"{parent} is the parent of the {network['Driver']} network {network['Name']}: "
                "an interface can serve macvlan or ipvlan, not both",
            )


def _name(inputs: Values, known: Facts, mine: CheckedNetwork) -> Iterator[Failure]:
    for network in known.networks:
        if network["Name"] == inputs.get("name") and not mine.is_own(network):
            yield Failure(
                "name",
                f"the engine has a network {network['Name']!r} that is not this stack's "
                f"({owner(network.get('Labels'), network.get('Created') or '')}): choose another "
                "name, remove that network, or declare it as `external: true`",
            )


def _subnets(inputs: Values, known: Facts, mine: CheckedNetwork) -> Iterator[Failure]:
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
                if not mine.is_own(network):  # checked last: it may read Pulumi's state
                    where = f"network {network['Name']!r}{_stack(network)}"
                    yield Failure(path, f"{wanted} overlaps {taken} of {where} on the engine")
        if (inputs.get("driver") or "bridge") != "bridge":
            continue  # macvlan and ipvlan share the subnet of their parent
        for route in _foreign_routes(known):
            if _within(route.destination, wanted):
                yield Failure(
                    path,
                    f"{wanted} covers {route.destination}, which the Docker host reaches through "
                    f"{route.interface} (a VPN?): the host could no longer reach it",
                )


def warnings(inputs: Values, known: Facts) -> Iterator[Failure]:
    """Warnings: a subnet that is a small part of a routed network of the Docker host, and a driver
    that a host which cannot be inspected may have."""
    driver = inputs.get("driver")
    if isinstance(driver, str) and not known.host.is_seen and (said := _without(driver, known)):
        yield Failure("driver", f"{said}, unless a plugin there is loaded at first use")
    for index, config in enumerate(inputs.get("ipamConfigs") or []):
        wanted = None if has_unknown(config) else _network(config.get("subnet"))
        for route in _foreign_routes(known):
            if wanted and wanted != route.destination and _within(wanted, route.destination):
                yield Failure(
                    f"ipamConfigs[{index}].subnet",
                    f"{wanted} is part of {route.destination}, which the Docker host reaches "
                    f"through {route.interface}: the host can no longer reach that part",
                )


def missing_ipvs(service: Values, known: Facts) -> Iterator[Failure]:
    """The endpoints of a Swarm service that need IPVS in the kernel. Without it, the engine only
    logs a line, and neither the service's virtual IP nor its published ports answer."""
    endpoint = service.get("endpointSpec") or {}
    if IPVS not in known.host.missing or endpoint.get("mode") == "dnsrr":
        return
    why = f"the Docker host's kernel is built without {IPVS}"
    for index, port in enumerate(endpoint.get("ports") or []):
        if port.get("publishMode") != "host":
            yield Failure(
                f"endpointSpec.ports[{index}]",
                f"{why}, so nothing would listen on this port: publish it with publishMode `host`, "
                "on the nodes that run the service",
            )
    task = service.get("taskSpec") or {}
    if any(each.get("name") not in NODE_LOCAL for each in task.get("networksAdvanceds") or []):
        yield Failure(
            "endpointSpec.mode",
            f"{why}, so the service's virtual IP would not answer: set `dnsrr`, which resolves the "
            "service's name to the addresses of its containers",
        )


def _foreign_routes(known: Facts) -> list[Route]:
    """The routes of the Docker host that do not lead to networks of the engine."""
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
