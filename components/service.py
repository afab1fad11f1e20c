"""A service: one container per replica, named after the service and the number of the replica."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pulumi
import pulumi_docker as docker

from causeway.contract import DRAIN_LABEL, ORDER_LABEL, RENEW_LABEL, RESTART_WITH_LABEL
from causeway.model.health import is_checked, is_inherited
from causeway.model.pods import inside
from causeway.model.values import Service as ServiceValue

from .balancer import network_container
from .concealment import Component
from .container import References, StartMode, container_args
from .label_inputs import label_inputs
from .labels import Owner, container_labels


@dataclass(frozen=True, slots=True)
class ServiceArgs:
    """`restart_with` maps services to container ids: when one changes, this service changes too.

    `awaited_healthy` and `awaited_completed` say that another service waits for this condition.
    `configuration` is the configuration file of a balancer.
    """

    service: ServiceValue
    owner: Owner
    references: References
    dependencies: Sequence[pulumi.Input[pulumi.Resource]] = ()
    restart_with: Mapping[str, pulumi.Input[str]] | None = None
    awaited_healthy: bool = False
    awaited_completed: bool = False
    configuration: docker.ContainerUploadArgs | None = None


class Service(Component):
    """`holders` are the containers on the networks; a balancer's differ from its `containers`."""

    containers: list[docker.Container]
    network_containers: list[docker.Container]

    def __init__(
        self, name: str, args: ServiceArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("causeway:components:Service", name, {}, opts)
        service = args.service
        self.name = service.name
        checked = is_checked(service.healthcheck)
        by_image = args.awaited_healthy and is_inherited(service.healthcheck)
        course = StartMode(
            wait=(checked or by_image) and not args.awaited_completed,
            run_to_end=args.awaited_completed,
        )
        computed = {
            f"{RESTART_WITH_LABEL}.{other}": ids for other, ids in (args.restart_with or {}).items()
        }
        computed.update(label_inputs(service))
        if service.update.drain:
            computed[DRAIN_LABEL] = str(service.update.drain)
        # Two programs of a balancer share its ports on purpose, until the old one stops.
        order = service.update.order or ("start-first" if service.balance is not None else None)
        if order is not None:
            computed[ORDER_LABEL] = order
        # A new program gets a new configuration; that of the old program must not change.
        if service.update.renew_anon_volumes or service.balance is not None:
            computed[RENEW_LABEL] = "true"
        self.containers, self.network_containers = [], []
        for replica in range(1, service.replicas + 1):
            own, references = service, args.references
            if service.balance is not None:
                child = pulumi.ResourceOptions(parent=self)
                held = network_container(name, service, replica, args.owner, references, child)
                own = inside(service)
                references = replace(
                    references, containers={**references.containers, service.name: held.id}
                )
                self.network_containers.append(held)
            labels = container_labels(args.owner, service.name, replica, service.labels, computed)
            self.containers.append(
                docker.Container(
                    f"{name}-{replica}",
                    container_args(
                        own,
                        references,
                        labels,
                        course,
                        [args.configuration] if args.configuration else (),
                    ),
                    self._options(service, args.dependencies),
                )
            )
        self.network_containers = self.network_containers or self.containers
        self.register_outputs({"containers": [container.name for container in self.containers]})

    def _options(
        self, service: ServiceValue, dependencies: Sequence[pulumi.Input[pulumi.Resource]]
    ) -> pulumi.ResourceOptions:
        """The options of the next replica. The provider decides whether the old or the new one goes
        first; with a parallelism of N, each replica waits for the one N places before it."""
        before = list(dependencies)
        parallelism = service.update.parallelism
        if parallelism and len(self.containers) >= parallelism:
            before.append(self.containers[-parallelism])
        return pulumi.ResourceOptions(
            parent=self,
            depends_on=before or None,
        )

    @property
    def ids(self) -> pulumi.Output[str]:
        """The ids of all containers in one string, which changes when any container changes."""
        ids = pulumi.Output.all(*[container.id for container in self.containers])
        return ids.apply(",".join)

    def completed(self) -> list[pulumi.Output[pulumi.Resource]]:
        """The containers as dependencies that are met once each has exited with code 0."""
        return [_succeeded(self.name, container) for container in self.containers]


def _succeeded(service: str, container: docker.Container) -> pulumi.Output[pulumi.Resource]:
    def check(ended: Any) -> pulumi.Resource:
        # In a preview the exit code is unknown, which is neither None nor a number.
        if isinstance(ended, dict) and isinstance(ended["exit_code"], int):
            require_success(service, container._name, ended["exit_code"], ended["name"])
        return container

    ended = pulumi.Output.all(exit_code=container.exit_code, name=container.name)
    return ended.apply(check, run_with_unknowns=True)


def require_success(service: str, resource: str, exit_code: int, container: str) -> None:
    """Raises RunError when a job that others wait for has failed."""
    if exit_code != 0:
        raise pulumi.RunError(
            f"service {service} exited with code {exit_code}, but other services wait for it to "
            f"succeed: see `docker logs {container}`; after fixing the cause, run it again with "
            f"`pulumi up --target-replace '**{resource}' --target-dependents`"
        )
