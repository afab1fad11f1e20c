"""Labels that record the owner of each object: the Pulumi project and stack that created it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_docker as docker

from causeway.contract import PROJECT_LABEL, REPLICA_LABEL, SERVICE_LABEL, STACK_LABEL
from causeway.model.values import Pairs


@dataclass(frozen=True, slots=True)
class Owner:
    """The Pulumi project and stack that own a resource."""

    project: str
    stack: str

    def labels(self) -> dict[str, str]:
        return {PROJECT_LABEL: self.project, STACK_LABEL: self.stack}


def network_labels(owner: Owner, declared: Pairs) -> list[docker.NetworkLabelArgs]:
    labels = dict(declared) | owner.labels()
    return [docker.NetworkLabelArgs(label=key, value=labels[key]) for key in sorted(labels)]


def volume_labels(owner: Owner, declared: Pairs) -> list[docker.VolumeLabelArgs]:
    labels = dict(declared) | owner.labels()
    return [docker.VolumeLabelArgs(label=key, value=labels[key]) for key in sorted(labels)]


def container_labels(
    owner: Owner,
    service: str,
    replica: int,
    declared: Pairs,
    computed: Mapping[str, pulumi.Input[str]],
) -> list[docker.ContainerLabelArgs]:
    """The labels sorted by key; ours override declared ones, because they record the owner."""
    labels: dict[str, pulumi.Input[str]] = {
        **dict(declared),
        **computed,
        **owner.labels(),
        SERVICE_LABEL: service,
        REPLICA_LABEL: str(replica),
    }
    return [docker.ContainerLabelArgs(label=key, value=labels[key]) for key in sorted(labels)]
