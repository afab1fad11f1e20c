"""The values of reachability: nodes, verdicts, paths, reasons, and facts about the engine.

The same values represent results computed from a stack and results measured on an engine.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum

from causeway.model.values import Place


class Verdict(Enum):
    """What happens to a connection. A client can distinguish the first five."""

    ALLOWED = "ALLOWED"  # it arrives, and something is declared to listen
    DROPPED = "DROPPED"  # no response: it times out
    REJECTED = "REJECTED"  # rejected on the way
    UNREACHABLE = "UNREACHABLE"  # no route: it fails immediately
    NO_LISTENER = "NO_LISTENER"  # the path is open, but nothing listens
    UNKNOWN = "UNKNOWN"  # depends on facts that are unknown; the reasons name them


class PathKind(Enum):
    """The path of a connection, or the reason why there is none."""

    SAME_NETWORK = "same network"
    SHARED_NAMESPACE = "shared namespace"
    PUBLISHED_PORT = "published port"
    HOST_TO_BRIDGE = "host to bridge"
    BRIDGE_TO_HOST = "bridge to host"
    ROUTED = "routed"  # straight to a container's address, from outside its network
    WIRE = "wire"  # macvlan and ipvlan: the physical network of a host interface
    OVERLAY = "overlay"
    EGRESS = "egress"
    RESOLVER = "resolver"
    NONE = "none"


class NodeKind(Enum):
    SERVICE = "service"
    HOST = "host"  # the engine's machine, and every container with `network_mode: host`
    WORLD = "world"  # any other machine; as a destination, all addresses outside the host
    LAN = "lan"  # a machine on the host's LAN, with arbitrary routes
    INTERNET = "internet"  # a destination only
    DNS = "dns"  # external names, resolved through Docker's embedded DNS server


@dataclass(frozen=True, slots=True)
class Node:
    """An end of a connection. The replicas of a service are equivalent, so they are one node.

    `beside`: a service of another stack on the same engine, named STACK/SERVICE.
    """

    kind: NodeKind
    name: str
    stack: str = ""  # of a service; empty for the others
    replicas: int = 1
    beside: bool = field(default=False, compare=False)

    def __lt__(self, other: Node) -> bool:
        return self._order < other._order

    @property
    def _order(self) -> tuple[bool, bool, str, str]:
        return (self.kind is not NodeKind.SERVICE, self.beside, self.stack, self.name)

    def __str__(self) -> str:
        return f"{self.stack}/{self.name}" if self.beside else self.name


HOST = Node(NodeKind.HOST, "host")
WORLD = Node(NodeKind.WORLD, "world")
LAN = Node(NodeKind.LAN, "lan")
INTERNET = Node(NodeKind.INTERNET, "internet")
DNS = Node(NodeKind.DNS, "dns")


@dataclass(frozen=True, slots=True, order=True)
class Endpoint:
    """A port of a node. `port` None means every undeclared port."""

    port: int | None = None
    protocol: str = "ip"

    def __str__(self) -> str:
        return "any" if self.port is None else f"{self.port}/{self.protocol}"


ANY = Endpoint()


@dataclass(frozen=True, slots=True)
class Reason:
    text: str
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Hop:
    """One step of a path: its description, and the place in the file that opens it."""

    text: str
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """One path that a source can try: the container's own address, or a host port."""

    verdict: Verdict
    kind: PathKind = PathKind.NONE
    path: tuple[Hop, ...] = ()
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Cell:
    """The result for one source, destination and endpoint: that of the best of its `ways`.

    `path` is empty unless ALLOWED. A probe tries each of the `ways` and compares its verdict.
    """

    source: Node
    destination: Node
    port: int | None
    protocol: str
    verdict: Verdict
    kind: PathKind = PathKind.NONE
    path: tuple[Hop, ...] = ()
    reasons: tuple[Reason, ...] = ()
    ways: tuple[Way, ...] = ()

    @property
    def endpoint(self) -> Endpoint:
        return Endpoint(self.port, self.protocol)


class LeakKind(Enum):
    """Kinds of unexpected exposure."""

    PUBLISHED_JOINS = "published port joins networks"
    LOOPBACK_BIND = "loopback port open to the segment"
    PIVOT = "pivot"
    RAW_PACKETS = "raw packets on a shared network"
    HOST_REACH = "host is reachable from an internal network"
    EGRESS = "unrestricted egress"
    RESOLVER = "names are resolved outside"
    WIRE = "wire is shared"
    HOST_MODE = "container is the host"
    IPV6 = "IPv6 is not covered"


@dataclass(frozen=True, slots=True)
class Leak:
    """`nodes` are the services concerned; `networks` the keys of the networks involved."""

    kind: LeakKind
    text: str
    nodes: tuple[Node, ...] = ()
    networks: tuple[str, ...] = ()
    place: Place | None = None


def engine_version(text: str) -> tuple[int, int] | None:
    """Major and minor version of `20.10.24+dfsg1`, `v29.8` or `28`; None for anything else."""
    match = re.fullmatch(r"v?(\d+)(?:\.(\d+))?(?:[.+-].*)?", text)
    return (int(match[1]), int(match[2] or 0)) if match else None


class Firewall(Enum):
    """What an engine programs its rules with. Docker's default is iptables; nftables since 29."""

    IPTABLES = "iptables"
    NFTABLES = "nftables"
    ASSUMED = "assumed"  # nobody was asked: Docker's default
    UNTOLD = "untold"  # the engine was asked and does not tell


def firewall_of(driver: object) -> Firewall:
    """From `FirewallBackend.Driver` of `/info`: `iptables`, `nftables`, either with `+firewalld`.
    The field is missing before Engine API 1.49."""
    name = str(driver or "").partition("+")[0]
    return Firewall(name) if name in ("iptables", "nftables") else Firewall.UNTOLD


@dataclass(frozen=True, slots=True)
class EngineFacts:
    """What verdicts depend on besides the Compose file. The defaults are Docker's.

    `version` None means unknown: verdicts that differ between versions are UNKNOWN.
    """

    version: tuple[int, int] | None = None
    firewall: Firewall = Firewall.ASSUMED
    userland_proxy: bool = True
    ip_forward: bool = True
    icc: bool = True  # of the default bridge
    forward_policy_drop: bool = True  # what Docker sets, unless forwarding was already enabled
    allow_direct_routing: bool = False  # `dockerd --allow-direct-routing`, since 28
    fixed_dns_egress: bool | None = None  # a patched older engine (25.0.5, 23.0.11)

    def before(self, *version: int) -> bool | None:
        """Whether the engine is older; None if its version is unknown."""
        return None if self.version is None else self.version < version

    @property
    def nftables(self) -> bool | None:
        """Whether the engine's rules are nftables rules; None if it does not tell."""
        if self.firewall is Firewall.NFTABLES:
            return True
        told = self.firewall is not Firewall.UNTOLD or self.before(29) is True
        return False if told else None
