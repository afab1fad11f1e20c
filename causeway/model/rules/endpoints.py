"""Rules about a service's place in networks: MAC addresses, names, DNS, shared namespaces."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_address, ip_network

from causeway.model.rule_context import RuleContext, line_in
from causeway.model.source import holding
from causeway.model.values import Place, Problem, Service, Stack

MAC = re.compile(r"[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){5}")
LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
LINK_LOCAL = (ip_network("169.254.0.0/16"), ip_network("fe80::/10"))
MODES = ("bridge", "host", "none", "default")


def mac_addresses(stack: Stack, around: RuleContext) -> Iterator[Problem]:
    claims: list[tuple[Place, str, str, str]] = []
    for service in stack.services:
        for attachment in service.attachments:
            written = attachment.mac_address
            if written is None:
                continue
            steps = ("services", service.name)
            place = around.index.place(*steps, "networks", attachment.network, "mac_address")
            if not around.index.has(*steps, "networks", attachment.network, "mac_address"):
                place = around.index.place(*steps, "mac_address")
            if not MAC.fullmatch(written):
                yield Problem(
                    place,
                    f"{written!r} is not a MAC address such as 02:42:ac:11:00:02",
                    code="malformed-mac",
                )
                continue
            if int(written[:2], 16) & 1:
                yield Problem(
                    place,
                    f"{written} is a multicast address; make the first byte even",
                    code="malformed-mac",
                )
            claims.append((place, attachment.network, written, service.name))
    taken: dict[tuple[str, str], tuple[str, Place]] = {}
    for place, network, written, name in sorted(claims):
        key = (network, written.lower().replace("-", ":"))
        if key in taken:
            owner, earlier = taken[key]
            where = f"services.{owner} ({line_in(earlier, place)})"
            yield Problem(
                place, f"{written} is already the MAC address of {where}", code="mac-taken"
            )
        taken.setdefault(key, (name, place))


def names(stack: Stack, around: RuleContext) -> Iterator[Problem]:
    """Names that are not valid in DNS."""
    for service in stack.services:
        steps = ("services", service.name)
        if service.hostname is not None and not _is_name(service.hostname):
            place = around.index.place(*steps, "hostname")
            yield Problem(
                place,
                f"{service.hostname!r} is not a host name (letters, digits, - and .)",
                code="malformed-name",
            )
        for attachment in service.attachments:
            place = around.index.place(*steps, "networks", attachment.network, "aliases")
            for alias in attachment.aliases:
                if not _is_name(alias):
                    yield Problem(
                        place,
                        f"{alias!r} is not a DNS name (letters, digits, - and .)",
                        code="malformed-name",
                    )
            for address in attachment.link_local_ips:
                place = around.index.place(*steps, "networks", attachment.network, "link_local_ips")
                if not _is_link_local(address):
                    yield Problem(
                        place,
                        f"{address!r} is not a link-local address (169.254.0.0/16)",
                        code="not-link-local",
                    )


def _is_name(text: str) -> bool:
    return len(text) <= 253 and all(LABEL.fullmatch(label) for label in text.rstrip(".").split("."))


def _is_link_local(written: str) -> bool:
    try:
        address = ip_address(written)
    except ValueError:
        return False
    return any(address in each for each in LINK_LOCAL)


def resolvers(stack: Stack, around: RuleContext) -> Iterator[Problem]:
    """DNS servers and extra hosts must be addresses."""
    for service in stack.services:
        steps = ("services", service.name)
        for position, server in enumerate(service.dns):
            if not _is_address(server):
                place = around.index.item(
                    (*steps, "dns"), position, len(service.dns), holding(server)
                )
                yield Problem(
                    place,
                    f"{server!r} is not the IP address of a DNS server",
                    code="not-a-dns-server",
                )
        for position, (host, address) in enumerate(service.extra_hosts):
            place = around.index.item(
                (*steps, "extra_hosts"), position, len(service.extra_hosts), holding(host)
            )
            if address != "host-gateway" and not _is_address(address):
                message = (
                    f"{host!r} is given {address!r}, which is neither an IP address nor "
                    "host-gateway"
                )
                yield Problem(place, message, code="not-a-host-address")


def _is_address(text: str) -> bool:
    try:
        ip_address(text.strip("[]"))
    except ValueError:
        return False
    return True


def network_modes(stack: Stack, around: RuleContext) -> Iterator[Problem]:
    """Unknown network modes, and keys that conflict with another container's namespace."""
    for service in stack.services:
        mode = service.network_mode
        if mode is None:
            continue
        place = around.index.place("services", service.name, "network_mode")
        kind, _, other = mode.partition(":")
        if kind not in ("service", "container"):
            if mode not in MODES:
                known = "bridge, host, none, service:NAME, container:NAME"
                yield Problem(
                    place,
                    f"{mode!r} is not a network mode ({known}); use `networks`",
                    code="unknown-network-mode",
                )
        elif not other:
            yield Problem(place, f"{mode!r} does not name a {kind}", code="unknown-namespace")
        elif mode == f"service:{service.name}":
            yield Problem(place, "a service cannot share its own namespace", code="own-namespace")
        else:
            yield from _beside(service, mode, around)


def _beside(service: Service, mode: str, around: RuleContext) -> Iterator[Problem]:
    """Keys that the engine rejects together with another container's namespace."""
    for key, given in (
        ("hostname", service.hostname),
        ("dns", service.dns),
        ("dns_search", service.dns_search),
        ("dns_opt", service.dns_opt),
        ("extra_hosts", service.extra_hosts),
        ("expose", service.expose),
    ):
        if given:
            place = around.index.place("services", service.name, key)
            yield Problem(
                place,
                f"`{key}` cannot be combined with `network_mode: {mode}`; move it there",
                code="key-of-namespace",
            )
    if around.index.has("services", service.name, "mac_address"):
        place = around.index.place("services", service.name, "mac_address")
        yield Problem(
            place,
            f"`mac_address` cannot be combined with `network_mode: {mode}`",
            code="key-of-namespace",
        )
