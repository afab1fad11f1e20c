"""The outputs of a stack: where to reach it, and the names of its parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_docker as docker

from causeway.model.urls import first_url, urls
from causeway.model.values import Stack as StackValue

from .stack import Stack


def stack_outputs(stack: StackValue, resources: Stack) -> dict[str, pulumi.Output[Any] | Any]:
    """`url`, `urls` {service: [...]}, `networks` {key: name}, `containers` {service: [names]}
    and `addresses` {service: {network key: [one address per replica]}}."""
    keys = {network.name: network.key for network in stack.networks}
    outputs: dict[str, Any] = {
        "urls": {
            service.name: found for service in stack.services if (found := urls(service.ports))
        },
        "networks": {key: network.network_name for key, network in resources.networks.items()},
        "containers": {
            name: [container.name for container in service.containers]
            for name, service in sorted(resources.services.items())
        },
        "addresses": {
            name: pulumi.Output.all(
                *[container.network_datas.apply(_pairs) for container in service.network_containers]
            ).apply(lambda datas: addresses(datas, keys))
            for name, service in sorted(resources.services.items())
        },
    }
    first = first_url(stack)
    return outputs if first is None else {"url": first, **outputs}


def addresses(
    datas: Sequence[Sequence[tuple[str, str]]], keys: Mapping[str, str]
) -> dict[str, list[str]]:
    """IPv4 addresses by network key, one per replica in the order of the replicas.

    `datas` holds (network name, address) pairs for each container, `keys` the keys by network name.
    """
    found: dict[str, list[str]] = {}
    for pairs in datas:
        for network, address in sorted(pairs):
            found.setdefault(keys.get(network, network), []).append(address)
    return found


def _pairs(datas: Sequence[docker.outputs.ContainerNetworkData] | None) -> list[tuple[str, str]]:
    return [
        (data.network_name, data.ip_address)
        for data in datas or ()
        if data.network_name and data.ip_address
    ]
