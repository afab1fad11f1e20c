"""The checks that Compose lacks or reports one at a time. A rule is a row: name -> function.

A rule takes the stack and its surroundings and yields problems; it has no other effect.
All rules run, so that one report contains every problem.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from causeway.model.rule_context import RuleContext
from causeway.model.values import Problem, Stack

from . import (
    addresses,
    drivers,
    endpoints,
    links,
    mounts,
    names,
    ports,
    references,
    required_files,
    subnets,
)

Rule = Callable[[Stack, RuleContext], Iterable[Problem]]

RULES: dict[str, Rule] = {
    "image or build": references.without_image,
    "image references": references.malformed_images,
    "known networks": references.unknown_networks,
    "known volumes": references.unknown_volumes,
    "known secrets and configs": references.unknown_files,
    "known dependencies": references.unknown_dependencies,
    "known namespaces": references.unknown_namespaces,
    "no dependency cycle": references.cycles,
    "dependency can become healthy": references.never_healthy,
    "nothing beside external": references.external_with_more,
    "network_mode or networks": references.mode_and_networks,
    "links on a network": links.without_network,
    "links are seen by all": links.seen_by_all,
    "links by the own name": links.needless,
    "aliases apart": names.alias_clashes,
    "one answer for a name": names.answers_of_two_networks,
    "kept apart by icc": names.reached_around_icc,
    "container names": references.container_names,
    "host ports": ports.taken_twice,
    "host ports of replicas": ports.fixed_with_replicas,
    "ports need a network": ports.without_network,
    "ports behind internal networks": ports.behind_internal,
    "ports into internal networks": ports.opens_internal,
    "network drivers' options": drivers.options,
    "the engine's own networks": drivers.built_in,
    "network names": drivers.same_name,
    "drivers and their keys": drivers.combinations,
    "drivers and their members": drivers.members,
    "MAC addresses": endpoints.mac_addresses,
    "names for DNS": endpoints.names,
    "DNS servers and hosts": endpoints.resolvers,
    "network modes": endpoints.network_modes,
    "subnets": addresses.malformed_subnets,
    "subnets do not overlap": addresses.overlapping_subnets,
    "addresses inside their subnet": addresses.outside_subnet,
    "static addresses": addresses.static_addresses,
    "usable subnets": subnets.unusable,
    "reserved addresses": subnets.reserved_addresses,
    "static addresses outside the dynamic range": subnets.in_dynamic_range,
    "addresses for all containers": subnets.too_few_addresses,
    "MAC addresses of replicas": addresses.mac_with_replicas,
    "mount targets are absolute": mounts.relative_targets,
    "mount targets are free": mounts.taken_targets,
    "secrets and configs exist": required_files.missing_files,
    "secrets and configs have content": required_files.missing_content,
    "build files exist": required_files.missing_build_files,
    "bind sources exist": required_files.missing_bind_sources,
}


def check(stack: Stack, surroundings: RuleContext) -> list[Problem]:
    """Every problem that any rule finds, each once, sorted by place."""
    return sorted({each for rule in RULES.values() for each in rule(stack, surroundings)})
