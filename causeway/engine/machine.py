"""The machine of a local engine: its interfaces, its routes, what its kernel was built with.

The Engine API tells none of these. For a local socket the kernel tells which process listens, and
/proc shows that process's network namespace, if it is the engine; for any other the answer is that
nobody knows.
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

# Who may listen on an engine's socket; a user's own systemd starts engines in another network.
ENGINE, SYSTEMD = "dockerd", (1, "systemd")
VLAN = "CONFIG_VLAN_8021Q"
IPVS = "CONFIG_IP_VS"
# Where an engine looks for plugins that are no images.
PLUGIN_FOLDERS = ("run/docker/plugins", "etc/docker/plugins", "usr/lib/docker/plugins")
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Route:
    """A destination that the machine reaches through an interface."""

    destination: Network
    interface: str


@dataclass(frozen=True, slots=True)
class Host:
    """What is known about the engine's machine; empty when it is out of sight.

    `missing` are kernel options that the kernel was built without, `plugins` the names of plugins
    that the engine will find when it first needs them, and tells of only then. `listens` are the
    protocols, addresses and ports that its processes listen on, docker-proxy among them; `root` is
    the engine's own view of the file system.
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
        """Whether the machine certainly has no such file or folder."""
        return bool(self.root) and not os.path.lexists(f"{self.root}{path}")


def look(engine: str, info: dict[str, Any]) -> Host:
    """The machine behind an engine's address such as `unix:///var/run/docker.sock`.

    `info` is what the engine says of itself. Who listens may only pass on what comes, as ssh and
    socat do: then the engine is elsewhere, and nothing is claimed.
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
    """Whether a process that listens is the engine, or started the engine of this machine.

    systemd holds the socket of an engine that it starts when somebody calls, and that of anything
    else: it is believed where the engine tells of this very machine.
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
    """The process that listens on a socket; 0 when it is in no sight of this one."""
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
    """The names in /proc/net/dev."""
    return frozenset(re.findall(r"^\s*([^\s:|]+):", table, re.MULTILINE))


def _listening(folder: Path) -> frozenset[tuple[str, str, int]]:
    found: set[tuple[str, str, int]] = set()
    for name in ("tcp", "tcp6", "udp", "udp6"):
        with contextlib.suppress(OSError):
            found |= listeners(name[:3], (folder / name).read_text())
    return frozenset(found)


def listeners(protocol: str, table: str) -> set[tuple[str, str, int]]:
    """Protocol, address and port of the sockets in /proc/net/tcp or udp that wait for others.

    Addresses there are 32-bit words with their bytes in the machine's order.
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
    """The entries of /proc/net/route but for default routes; addresses there are little-endian."""
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
    """The entries of /proc/net/ipv6_route, but for default, link-local, host and multicast ones."""
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
    """The plugins of the old kind below a root folder: sockets, and files that name an address."""
    found = set()
    for folder in PLUGIN_FOLDERS:
        with contextlib.suppress(OSError):
            for pattern in ("*.sock", "*/*.sock", "*.spec", "*.json"):
                found |= {each.stem for each in (root / folder).glob(pattern)}
    return frozenset(found)


def _missing() -> frozenset[str]:
    """The kernel options that networks and swarms need and that this kernel says it lacks."""
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
