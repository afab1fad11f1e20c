"""A network: created under its own name, or looked up and never changed when it is external."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pulumi
import pulumi_docker as docker

from causeway.model.errors import StackError
from causeway.model.values import Network as NetworkValue
from causeway.model.values import Problem, Subnet

from .attachment import NetworkAttachment, attachment_name
from .concealment import Component
from .labels import Owner, network_labels


@dataclass(frozen=True, slots=True)
class NetworkArgs:
    """`attachment_provider` is the provider for attachments, or None for the default provider."""

    network: NetworkValue
    owner: Owner
    attachment_provider: pulumi.ProviderResource | None = None


class Network(Component):
    """Containers attach to `network_id`, which changes when the network is replaced."""

    network_id: pulumi.Output[str]
    network_name: pulumi.Output[str]

    def __init__(
        self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("causeway:components:Network", name, {}, opts)
        network = args.network
        if network.external:
            self.network_id = pulumi.Output.from_input(_external(network, self))
            self.network_name = pulumi.Output.from_input(network.name)
        else:
            created = docker.Network(
                name,
                docker.NetworkArgs(
                    name=network.name,
                    driver=network.driver,
                    options=dict(network.options) or None,
                    internal=network.internal or None,
                    attachable=network.attachable or None,
                    ipv6=network.enable_ipv6,
                    ipam_driver=network.ipam_driver,
                    ipam_options=dict(network.ipam_options) or None,
                    ipam_configs=[_ipam_config(subnet) for subnet in network.subnets] or None,
                    labels=network_labels(args.owner, network.labels),
                ),
                pulumi.ResourceOptions(parent=self),
            )
            self.network_id = created.id
            self.network_name = created.name
        self.external_containers = [
            NetworkAttachment(
                f"{name}-{attachment_name(attached)}",
                attached,
                self.network_id,
                pulumi.ResourceOptions(parent=self, provider=args.attachment_provider),
            )
            for attached in network.external_containers
        ]
        self.register_outputs({"networkId": self.network_id, "networkName": self.network_name})


def _external(network: NetworkValue, parent: pulumi.Resource) -> str:
    """The id of a network from outside the stack. Raises StackError when it does not exist."""
    # Looked up now, not as an output: a failing output shows a traceback and no place.
    try:
        found = docker.get_network(name=network.name, opts=pulumi.InvokeOptions(parent=parent))
    except Exception as error:
        said = str(error).rpartition("returned an error: ")[2]
        problem = Problem(
            network.place,
            f"{said}; an external network must exist before the deployment",
            code="missing-external-network",
        )
        raise StackError([problem], str(Path.cwd())) from None
    return found.id


def _ipam_config(subnet: Subnet) -> docker.NetworkIpamConfigArgs:
    return docker.NetworkIpamConfigArgs(
        subnet=subnet.subnet,
        ip_range=subnet.ip_range,
        gateway=subnet.gateway,
        aux_address=dict(subnet.aux_addresses) or None,
    )
