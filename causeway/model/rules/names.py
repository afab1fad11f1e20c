"""Rules about names on networks: which services share a name, and which containers resolve it."""

from __future__ import annotations

from collections.abc import Iterator

from causeway.model.rule_context import RuleContext, line_in
from causeway.model.values import Place, Problem, Stack

from . import links

ICC = "com.docker.network.bridge.enable_icc"


def alias_clashes(stack: Stack, around: RuleContext) -> Iterator[Problem]:
    """A name that two services have on one network: DNS answers with either. If a link defines
    the name, another rule reports an error at the link."""
    linked = links.given(stack)
    claims: dict[tuple[str, str], list[tuple[Place, str]]] = {}
    containers = {service.name: service.container_name for service in stack.services}
    for service in stack.services:
        for attachment in service.attachments:
            steps = ("services", service.name, "networks", attachment.network)
            names = {service.name, service.container_name, *attachment.aliases} - {None}
            for name in names - linked.get((service.name, attachment.network), set()):
                place = around.index.place(*steps, "aliases")
                if name not in attachment.aliases:
                    place = service.place
                claims.setdefault((attachment.network, str(name)), []).append((place, service.name))
    for (network, name), owners in claims.items():
        owners.sort()
        for place, owner in owners[1:]:
            first, other = owners[0]
            # Another rule reports two containers with the same name.
            if owner != other and not name == containers[owner] == containers[other]:
                message = (
                    f"{name!r} on network {network!r} is also a name of services.{other} "
                    f"({line_in(first, place)}): DNS answers with either of them"
                )
                yield Problem(place, message, "warning", code="name-taken")


def answers_of_two_networks(stack: Stack, around: RuleContext) -> Iterator[Problem]:
    """A name that resolves to different services on two networks, and a service on both."""
    named: dict[str, dict[str, set[str]]] = {}
    for service in stack.services:
        for attachment in service.attachments if service.replicas else ():
            known = named.setdefault(attachment.network, {})
            for name in {service.name, service.container_name, *attachment.aliases} - {None}:
                known.setdefault(str(name), set()).add(service.name)
    for service in stack.services:
        on = sorted(each.network for each in service.attachments)
        for position, one in enumerate(on):
            for other in on[position + 1 :]:
                for name in sorted(named.get(one, {}).keys() & named.get(other, {}).keys()):
                    first, second = named[one][name], named[other][name]
                    if first & second or service.name in first | second:
                        continue
                    place = around.index.place("services", service.name, "networks")
                    message = (
                        f"{name!r} is a name of services.{min(first)} on network {one!r} and "
                        f"of services.{min(second)} on {other!r}: this service is on both "
                        "networks, and DNS answers with either of them"
                    )
                    yield Problem(place, message, "warning", code="name-of-two-networks")


def reached_around_icc(stack: Stack, around: RuleContext) -> Iterator[Problem]:
    """A network that isolates its containers, and a published port that bypasses the isolation.

    The host forwards all traffic that arrives at a published port, including traffic from
    containers on the same network, which reach the host at the bridge's address.
    """
    apart = {
        network.key
        for network in stack.networks
        if dict(network.options).get(ICC, "true").lower() in ("false", "0")
    }
    for service in stack.services:
        inside = sorted({each.network for each in service.attachments} & apart)
        wide = [port for port in service.ports if port.host_ip in (None, "0.0.0.0", "::")]
        if inside and wide and service.replicas:
            published = wide[0].published or "(chosen by the engine)"
            message = (
                f"host port {published} is published on all addresses, so the containers on "
                f"{', '.join(inside)} can reach it despite `{ICC}`: bind it to 127.0.0.1"
            )
            yield Problem(
                around.index.place("services", service.name, "ports"),
                message,
                "warning",
                code="open-around-icc",
            )
