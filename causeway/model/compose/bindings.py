"""Ports without an address of the host get the one that their network binds to by default.

Docker reads that option of a network once, when a container starts. Written into the port, a change
of the option is a change of every container that it is about.
"""

from __future__ import annotations

from dataclasses import replace

from causeway.model.values import Network, Service, Stack

OPTION = "com.docker.network.bridge.host_binding_ipv4"


def settled(stack: Stack) -> Stack:
    networks = {network.key: network for network in stack.networks}
    services = tuple(_settled(service, networks) for service in stack.services)
    return stack if services == stack.services else replace(stack, services=services)


def _settled(service: Service, networks: dict[str, Network]) -> Service:
    address = _default(service, networks)
    if address is None or all(port.host_ip for port in service.ports):
        return service
    ports = tuple(
        port if port.host_ip else replace(port, host_ip=address) for port in service.ports
    )
    return replace(service, ports=ports)


def _default(service: Service, networks: dict[str, Network]) -> str | None:
    """What the network that published ports lead through says: the first with a way out."""
    ordered = sorted(
        (-(each.gw_priority or 0), networks[each.network].name, each.network)
        for each in service.attachments
        if each.network in networks
    )
    for _, _, key in ordered:
        network = networks[key]
        if not network.internal and network.driver in (None, "bridge"):
            return dict(network.options).get(OPTION)
    return None
