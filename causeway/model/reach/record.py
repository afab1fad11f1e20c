"""What decides the reachability of a stack, as one line of JSON stored with a deployment.

It holds networks, modes and ports, and nothing that could be secret. Keys with default values
are omitted; an unknown version or an invalid text reads as None, so there is nothing to compare.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from causeway.model.document import mapping, sequence, text
from causeway.model.values import Attachment, Network, Place, Port, Service, Stack, Subnet

VERSION = 1
NOWHERE = Place("", 0, "")


def record(stack: Stack) -> str:
    """The record of a stack; equal records mean equal reachability."""
    content = {
        "version": VERSION,
        "name": stack.name,
        "services": {service.name: _service(service) for service in stack.services},
        "networks": {network.key: _network(network) for network in stack.networks},
    }
    return json.dumps(content, sort_keys=True, separators=(",", ":"))


def _kept(values: Mapping[str, object]) -> dict[str, object]:
    """The values without defaults; a count of 0 is not a default."""
    return {key: value for key, value in values.items() if value or type(value) is int}


def _service(service: Service) -> dict[str, object]:
    return _kept(
        {
            "replicas": None if service.replicas == 1 else service.replicas,
            "container_name": service.container_name,
            "network_mode": service.network_mode,
            "networks": [
                [each.network, each.gw_priority] if each.gw_priority else [each.network]
                for each in service.attachments
            ],
            "ports": [
                [port.target, port.published, port.host_ip, port.protocol] for port in service.ports
            ],
            "expose": list(service.expose),
        }
    )


def _network(network: Network) -> dict[str, object]:
    return _kept(
        {
            "name": network.name,
            "driver": network.driver,
            "options": dict(network.options),
            "external": network.external,
            "internal": network.internal,
            "ipv6": network.enable_ipv6 is True,
            "subnets": [each.subnet for each in network.subnets if each.subnet],
        }
    )


def restore(written: str) -> Stack | None:
    """The stack of a record, reduced to what decides reachability; None for an invalid record."""
    try:
        content = mapping(json.loads(written))
        if content.get("version") != VERSION:
            return None
        return Stack(
            name=str(content.get("name", "")),
            files=(),
            services=tuple(
                _restored_service(name, mapping(value))
                for name, value in sorted(mapping(content.get("services")).items())
            ),
            networks=tuple(
                _restored_network(key, mapping(value))
                for key, value in sorted(mapping(content.get("networks")).items())
            ),
        )
    except (ValueError, TypeError, IndexError):
        return None


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _restored_service(name: str, keys: Mapping[str, object]) -> Service:
    replicas = _number(keys.get("replicas"))
    return Service(
        name=name,
        place=NOWHERE,
        replicas=1 if replicas is None else replicas,
        container_name=text(keys.get("container_name")),
        network_mode=text(keys.get("network_mode")),
        attachments=tuple(
            Attachment(
                str(sequence(each)[0]),
                gw_priority=_number(sequence(each)[1]) if len(sequence(each)) > 1 else None,
            )
            for each in sequence(keys.get("networks"))
        ),
        ports=tuple(_restored_port(sequence(each)) for each in sequence(keys.get("ports"))),
        expose=tuple(str(each) for each in sequence(keys.get("expose"))),
    )


def _restored_port(values: Sequence[object]) -> Port:
    target, published, host_ip, protocol = values
    return Port(_number(target) or 0, _number(published), text(host_ip), str(protocol))


def _restored_network(key: str, keys: Mapping[str, object]) -> Network:
    return Network(
        key=key,
        name=text(keys.get("name")) or key,
        place=NOWHERE,
        driver=text(keys.get("driver")),
        options=tuple(sorted((k, str(v)) for k, v in mapping(keys.get("options")).items())),
        external=keys.get("external") is True,
        internal=keys.get("internal") is True,
        enable_ipv6=keys.get("ipv6") is True or None,
        subnets=tuple(Subnet(str(each)) for each in sequence(keys.get("subnets"))),
    )
