"""A stack: all resources of a model, linked by references so that Pulumi knows their order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_docker as docker

from causeway.model.order import COMPLETED, HEALTHY, in_dependency_order, is_awaited
from causeway.model.values import Service as ServiceValue
from causeway.model.values import Stack as StackValue

from .attachment import engine_provider
from .balancer import upload
from .concealment import Component, Concealment
from .container import References
from .files import Sources, contents, hidden
from .image import BuiltImage, BuiltImageArgs, PulledImage, PulledImageArgs
from .labels import Owner
from .network import Network, NetworkArgs
from .reach import reach_output
from .service import Service, ServiceArgs
from .verification import Verification
from .volume import Volume, VolumeArgs


@dataclass(frozen=True, slots=True)
class StackArgs:
    stack: StackValue
    owner: Owner
    secrets: tuple[str, ...] = ()
    verify: bool = False  # probe every cell at the end of an update
    probe_image: str = ""


class Stack(Component):
    """Networks, volumes and services by their key in the stack file."""

    networks: dict[str, Network]
    volumes: dict[str, Volume]
    services: dict[str, Service]

    def __init__(
        self, name: str, args: StackArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        stack, owner = args.stack, args.owner
        secrets = Concealment.of((*args.secrets, *contents(stack.file_sources)))
        super().__init__("causeway:components:Stack", name, {}, opts, secrets)
        child = pulumi.ResourceOptions(parent=self)
        needs_own = args.verify or any(each.external_containers for each in stack.networks)
        own = engine_provider(secrets.options()) if needs_own else None
        self.networks = {
            network.key: Network(f"{name}-{network.key}", NetworkArgs(network, owner, own), child)
            for network in stack.networks
        }
        self.volumes = {
            volume.key: Volume(f"{name}-{volume.key}", VolumeArgs(volume, owner), child)
            for volume in stack.volumes
        }
        images = _images(name, stack.services, child)
        sources: Sources = {(source.kind, source.key): source for source in stack.file_sources}
        concealed = hidden(stack, secrets)
        self.services = {}
        for service in in_dependency_order(stack.services):
            references = References(
                image=images[service.name],
                networks={key: network.network_id for key, network in self.networks.items()},
                volumes={key: volume.volume_name for key, volume in self.volumes.items()},
                containers={
                    key: other.containers[0].id
                    for key, other in self.services.items()
                    if other.containers
                },
                sources=sources,
                hidden=concealed,
            )
            self.services[service.name] = Service(
                f"{name}-{service.name}",
                ServiceArgs(
                    service,
                    owner,
                    references,
                    dependencies=self._dependencies(service),
                    restart_with={
                        dependency.service: self.services[dependency.service].ids
                        for dependency in service.depends_on
                        if dependency.restart and dependency.service in self.services
                    },
                    awaited_healthy=is_awaited(stack, service, HEALTHY),
                    awaited_completed=is_awaited(stack, service, COMPLETED),
                    configuration=self._configuration(stack, service),
                ),
                child,
            )
        containers = [
            container.id for service in self.services.values() for container in service.containers
        ]
        reach = reach_output(stack, containers)
        if args.verify:
            last = pulumi.ResourceOptions(parent=self, provider=own)
            Verification(
                f"{name}-verification", owner.stack, reach, containers, args.probe_image, last
            )
        self.register_outputs({"reach": reach})

    def _configuration(
        self, stack: StackValue, service: ServiceValue
    ) -> docker.ContainerUploadArgs | None:
        if service.balance is None:
            return None
        targets = [target.service for target in service.balance.targets]
        behind = {name: self.services[name].network_containers for name in targets}
        return upload(service, behind, {network.key: network.name for network in stack.networks})

    def _dependencies(self, service: ServiceValue) -> list[pulumi.Input[pulumi.Resource]]:
        found: list[pulumi.Input[pulumi.Resource]] = []
        for dependency in service.depends_on:
            other = self.services.get(dependency.service)
            if other is None:  # `required: false`, and its profile is not active
                continue
            if dependency.condition == COMPLETED:
                found += other.completed()
            else:
                found += other.containers
        return found


def _images(
    name: str,
    services: tuple[ServiceValue, ...],
    child: pulumi.ResourceOptions,
) -> Mapping[str, pulumi.Output[str]]:
    """The image id of each service; services that pull the same image share one resource."""
    images: dict[str, pulumi.Output[str]] = {}
    pulled: dict[tuple[str, str | None], PulledImage] = {}
    for service in services:
        if service.build is not None:
            image_name = service.image or f"{name}-{service.name}:latest"
            built = BuiltImage(
                f"{name}-{service.name}",
                BuiltImageArgs(image_name, service.build, service.platform),
                child,
            )
            images[service.name] = built.image_id
            continue
        assert service.image is not None, f"{service.name} has neither image nor build"
        key = (service.image, service.platform)
        if key not in pulled:
            suffix = f"-{service.platform}" if service.platform else ""
            pulled[key] = PulledImage(
                f"{name}-{service.image}{suffix}", PulledImageArgs(*key), child
            )
        images[service.name] = pulled[key].image_id
    return images
