"""Sets the host address of ports that have none to the default binding of their network.

Docker reads that network option only when a container starts. Copied into the port, a change of
the option becomes a change of every affected container.
"""

from __future__ import annotations

from dataclasses import replace

from causeway.model.values import Network, Service, Stack

OPTION = "com.docker.network.bridge.host_binding_ipv4"


def bind_ports(stack: Stack) -> Stack:
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
    """The default binding of the network used for published ports: the first with a route out."""
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
