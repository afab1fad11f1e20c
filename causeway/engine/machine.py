"""The Docker host of a local engine: its interfaces, routes, listening ports and kernel options.

The Engine API reports none of these. For a local socket, the kernel reports which process listens;
if that is the engine, /proc shows its network namespace. For any other engine, nothing is known.
"""

from __future__ import annotations

import contextlib
import gzip
import ipaddress
import os
import re
import socket
import struct
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Processes that may listen on an engine's socket. A user's own systemd does not count: it starts
# engines in another network namespace.
ENGINE, SYSTEMD = "dockerd", (1, "systemd")
VLAN = "CONFIG_VLAN_8021Q"
IPVS = "CONFIG_IP_VS"
# Where an engine looks for legacy plugins, which are not images.
PLUGIN_FOLDERS = ("run/docker/plugins", "etc/docker/plugins", "usr/lib/docker/plugins")
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Route:
    """A destination that the host reaches through an interface."""

    destination: Network
    interface: str


@dataclass(frozen=True, slots=True)
class Host:
    """What is known about the Docker host; empty when it cannot be inspected.

    `missing` are options that its kernel was built without. `plugins` are the names of legacy
    plugins, which the engine loads at first use and reports only then. `listens` are the protocols,
    addresses and ports that processes listen on, docker-proxy included. `root` is the path of the
    engine's file system.
    """

    interfaces: frozenset[str] = frozenset()
    routes: tuple[Route, ...] = ()
    missing: frozenset[str] = frozenset()
    plugins: frozenset[str] = frozenset()
    listens: frozenset[tuple[str, str, int]] = frozenset()
    root: str = ""

    @property
    def is_seen(self) -> bool:
        return bool(self.interfaces)

    def lacks(self, path: str) -> bool:
        """Whether the host certainly has no such file or folder."""
        return bool(self.root) and not os.path.lexists(f"{self.root}{path}")


def look(engine: str, info: dict[str, Any]) -> Host:
    """The Docker host behind an engine's address such as `unix:///var/run/docker.sock`.

    `info` is the engine's description of itself. The process that listens may only forward the
    connection, as ssh and socat do: then the engine is elsewhere, and the result is empty.
    """
    if not engine.startswith("unix://"):
        return Host()
    process = _listener(engine.removeprefix("unix://"))
    if not process or not _is_engine(process, info):
        return Host()
    folder = Path(f"/proc/{process}/net")
    try:
        links = (folder / "dev").read_text()
        table = (folder / "route").read_text()
        table6 = (folder / "ipv6_route").read_text() if (folder / "ipv6_route").exists() else ""
    except OSError:
        return Host()
    root = f"/proc/{process}/root"
    return Host(
        interfaces=interfaces(links),
        routes=(*routes(table), *routes6(table6)),
        missing=_missing(),
        plugins=plugins(Path(root)),
        listens=_listening(folder),
        root=root,
    )


def _is_engine(process: int, info: dict[str, Any]) -> bool:
    """Whether a listening process is the engine, or systemd, which started this machine's engine.

    systemd listens on the sockets of an engine that it starts on demand, and of any other service:
    it counts only where the engine describes this very machine.
    """
    try:
        name = Path(f"/proc/{process}/comm").read_text().strip()
        memory = re.search(
            r"^MemTotal:\s+(\d+) kB", Path("/proc/meminfo").read_text(), re.MULTILINE
        )
    except OSError:
        return False
    if (process, name) != SYSTEMD:
        return name == ENGINE
    here = (os.uname().nodename, os.uname().release, int(memory[1]) * 1024 if memory else None)
    return here == (info.get("Name"), info.get("KernelVersion"), info.get("MemTotal"))


def _listener(path: str) -> int:
    """The id of the process that listens on a socket; 0 when this process cannot see it."""
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.settimeout(2)
            connection.connect(path)
            given = connection.getsockopt(
                socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")
            )
        except OSError:
            return 0
    return int(struct.unpack("3i", given)[0])


def interfaces(table: str) -> frozenset[str]:
    """The interface names in /proc/net/dev."""
    return frozenset(re.findall(r"^\s*([^\s:|]+):", table, re.MULTILINE))


def _listening(folder: Path) -> frozenset[tuple[str, str, int]]:
    found: set[tuple[str, str, int]] = set()
    for name in ("tcp", "tcp6", "udp", "udp6"):
        with contextlib.suppress(OSError):
            found |= listeners(name[:3], (folder / name).read_text())
    return frozenset(found)


def listeners(protocol: str, table: str) -> set[tuple[str, str, int]]:
    """Protocol, address and port of the listening sockets in /proc/net/tcp or udp.

    Addresses in these files are 32-bit words in the machine's byte order.
    """
    waiting = "0A" if protocol == "tcp" else "07"
    found = set()
    for line in table.splitlines()[1:]:
        columns = line.split()
        if len(columns) < 4 or columns[3] != waiting:
            continue
        address, _, port = columns[1].partition(":")
        words = [bytes.fromhex(address[start : start + 8]) for start in range(0, len(address), 8)]
        packed = b"".join(word[::-1] if sys.byteorder == "little" else word for word in words)
        found.add((protocol, str(ipaddress.ip_address(packed)), int(port, 16)))
    return found


def routes(table: str) -> tuple[Route, ...]:
    """The entries of /proc/net/route except default routes; its addresses are little-endian."""
    found = []
    for line in table.splitlines()[1:]:
        columns = line.split()
        if len(columns) < 8:
            continue
        address, mask = (
            ipaddress.IPv4Address(int.from_bytes(bytes.fromhex(columns[position]), "little"))
            for position in (1, 7)
        )
        network = ipaddress.ip_network(f"{address}/{mask}", strict=False)
        if network.prefixlen:
            found.append(Route(network, columns[0]))
    return tuple(found)


def routes6(table: str) -> tuple[Route, ...]:
    """The entries of /proc/net/ipv6_route except default, link-local, host and multicast ones."""
    found = []
    for line in table.splitlines():
        columns = line.split()
        if len(columns) < 10 or columns[9] == "lo":
            continue
        prefix = int(columns[1], 16)
        network = ipaddress.IPv6Network((int(columns[0], 16), prefix), strict=False)
        if 0 < prefix < 128 and not (network.is_link_local or network.is_multicast):
            found.append(Route(network, columns[9]))
    return tuple(found)


def plugins(root: Path) -> frozenset[str]:
    """The legacy plugins below a root folder: sockets, and files that contain an address."""
    found = set()
    for folder in PLUGIN_FOLDERS:
        with contextlib.suppress(OSError):
            for pattern in ("*.sock", "*/*.sock", "*.spec", "*.json"):
                found |= {each.stem for each in (root / folder).glob(pattern)}
    return frozenset(found)


def _missing() -> frozenset[str]:
    """The kernel options that networks and swarms need and that this kernel is built without."""
    text = _kernel_configuration()
    wanted = ("CONFIG_MACVLAN", "CONFIG_IPVLAN", "CONFIG_VXLAN", "CONFIG_DUMMY", VLAN, IPVS)
    if not text:
        return frozenset()
    return frozenset(name for name in wanted if not re.search(rf"^{name}=[ym]", text, re.MULTILINE))


def _kernel_configuration() -> str:
    try:
        return gzip.decompress(Path("/proc/config.gz").read_bytes()).decode()
    except OSError:
        pass
    try:
        return Path(f"/boot/config-{os.uname().release}").read_text()
    except OSError:
        return ""
