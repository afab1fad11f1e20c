"""Runs inside a network namespace: tries the connections that it is given, and reports the results.

Python 3.7 or newer gets it as text, so it imports nothing else. It speaks JSON lines on standard
input and output: it greets, then answers `try`, `names` and `seen`, and ends with its input.
"""

from __future__ import annotations

import array
import contextlib
import errno
import json
import os
import selectors
import signal
import socket
import struct
import sys
import time
from collections.abc import Iterator
from typing import Any

Key = Any  # (protocol, address, port); a tuple type with its parts needs a newer Python
MARK = b"causeway-probe:"
MOST_AT_ONCE = 256
RESOLVER = ("127.0.0.11", 53)  # Docker's DNS server, in every namespace on a user-defined network
# A proxy on the path accepts before it knows whether anything listens behind it.
SETTLE_SECONDS = 0.4
NO_ROUTE = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL}
# ICMP names the reason: no such net, host or port; any other code is a rejection by a rule.
ATTACH_FILTER, STEP = 26, struct.Struct("HBBI")
# The packets that the kernel passes to us: SYN segments, and datagrams with our mark.
ACCEPT, REFUSE, SKIP_HEADER = (0x06, 0, 0, 0xFFFF), (0x06, 0, 0, 0), (0xB1, 0, 0, 0)
FLAGS = ((0x50, 0, 0, 13), (0x54, 0, 0, 0x12), (0x15, 0, 1, 0x02))
MARKED = ((0x40, 0, 0, 8), (0x15, 0, 1, int.from_bytes(MARK[:4], "big")))
FILTERS: dict[int, Any] = {
    socket.IPPROTO_TCP: (SKIP_HEADER, *FLAGS, ACCEPT, REFUSE),
    socket.IPPROTO_UDP: (SKIP_HEADER, *MARKED, ACCEPT, REFUSE),
}
ICMP_UNREACHABLE, ICMP_NO_ROUTE, ICMP_NO_PORT = 3, {0, 1, 6, 7}, 3


class Running:
    """A running attempt; `accepted` is the time when its connection was accepted, or None."""

    def __init__(self, identifier: str, opened: socket.socket) -> None:
        self.identifier = identifier
        self.opened = opened
        self.started = time.monotonic()
        self.accepted: float | None = None


class Prober:
    def __init__(self) -> None:
        self.selector = selectors.DefaultSelector()
        self.icmp = self.raw(socket.IPPROTO_ICMP)
        self.udp = self.raw(socket.IPPROTO_UDP)
        self.tcp = self.raw(socket.IPPROTO_TCP)
        self.seen: dict[str, int] = {}  # token -> port at which it arrived
        self.opened: set[str] = set()  # `source port:destination port` of incoming connections
        self.running: dict[Key, Running] = {}
        self.results: dict[str, list[Any]] = {}

    def raw(self, protocol: int) -> socket.socket | None:
        """A socket that gets a copy of every packet delivered here; None without permission."""
        try:
            found = socket.socket(socket.AF_INET, socket.SOCK_RAW, protocol)
        except PermissionError:
            return None
        found.setblocking(False)
        program = array.array("B", b"".join(STEP.pack(*each) for each in FILTERS.get(protocol, ())))
        if program:
            address, size = program.buffer_info()
            packed = struct.pack("HL", size // STEP.size, address)
            found.setsockopt(socket.SOL_SOCKET, ATTACH_FILTER, packed)
        self.selector.register(found, selectors.EVENT_READ, protocol)
        return found

    def greet(self) -> dict[str, Any]:
        return {
            "raw": self.udp is not None,
            "addresses": local_addresses(),
            "tcp": listening("tcp", "0A"),
            "udp": listening("udp", "07"),
        }

    def attempt(self, wanted: list[Any], timeout: float) -> dict[str, list[Any]]:
        """Every attempt `[identifier, protocol, address, port]` -> [outcome, own port]."""
        self.results = {}
        waiting = list(reversed(wanted))
        while waiting or self.running:
            while waiting and len(self.running) < MOST_AT_ONCE:
                self.start(*waiting.pop())
            self.watch(0.02)
            now = time.monotonic()
            for key, entry in list(self.running.items()):
                if entry.accepted is not None and now - entry.accepted > SETTLE_SECONDS:
                    self.finish(key, "open")
                elif entry.accepted is None and now - entry.started > timeout:
                    self.finish(key, "sent" if key[0] == "udp" else "timeout")
        return self.results

    def start(self, identifier: str, protocol: str, address: str, port: int) -> None:
        kind = socket.SOCK_DGRAM if protocol == "udp" else socket.SOCK_STREAM
        opened = socket.socket(socket.AF_INET, kind)
        opened.setblocking(False)
        key = (protocol, address, port)
        self.running[key] = Running(identifier, opened)
        failed = opened.connect_ex((address, port))
        if failed not in (0, errno.EINPROGRESS):
            self.finish(key, outcome_of(failed))
            return
        if protocol == "udp":
            try:
                opened.send(MARK + identifier.encode())
            except OSError as error:
                self.finish(key, outcome_of(error.errno))
                return
        event = selectors.EVENT_READ if protocol == "udp" else selectors.EVENT_WRITE
        self.selector.register(opened, event, key)

    def watch(self, seconds: float) -> None:
        for key, _ in self.selector.select(seconds):
            if key.data == socket.IPPROTO_ICMP:
                self.read_icmp()
            elif key.data in FILTERS:
                self.read_arrivals()
            elif key.data in self.running:
                self.advance(key.data)

    def advance(self, key: Key) -> None:
        """Handle an event of a socket: connected, answered, closed or failed."""
        entry = self.running[key]
        failed = entry.opened.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if failed:
            if failed == errno.ECONNREFUSED:
                self.read_icmp()  # only ICMP shows a rejection by a rule
            if key in self.running:
                closed = entry.accepted is not None and failed == errno.ECONNRESET
                self.finish(key, "closed" if closed else outcome_of(failed))
        elif key[0] == "tcp" and entry.accepted is None:
            entry.accepted = time.monotonic()
            self.selector.modify(entry.opened, selectors.EVENT_READ, key)
        else:
            answer = b""
            with contextlib.suppress(OSError):
                answer = entry.opened.recv(1)
            if key[0] == "udp":
                self.finish(key, "sent")
            else:
                self.finish(key, "open" if answer else "closed")

    def finish(self, key: Key, outcome: str) -> None:
        entry = self.running.pop(key)
        with contextlib.suppress(KeyError):
            self.selector.unregister(entry.opened)
        own_port = entry.opened.getsockname()[1]
        entry.opened.close()
        self.results[entry.identifier] = [outcome, own_port]

    def read_icmp(self) -> None:
        for packet in packets(self.icmp):
            inner = body(packet)
            if len(inner) < 32 or inner[0] != ICMP_UNREACHABLE:
                continue
            original = inner[8:]
            ports = body(original)
            protocol = {6: "tcp", 17: "udp"}.get(original[9])
            address = socket.inet_ntoa(original[16:20])
            if protocol is None or len(ports) < 4:
                continue
            key = (protocol, address, struct.unpack("!H", ports[2:4])[0])
            if key not in self.running or self.running[key].accepted is not None:
                continue
            from_target = socket.inet_ntoa(packet[12:16]) == address
            if inner[1] in ICMP_NO_ROUTE:
                self.finish(key, "unreachable")
            elif inner[1] == ICMP_NO_PORT and from_target and protocol == "udp":
                self.finish(key, "refused")
            else:
                self.finish(key, "rejected")

    def read_arrivals(self) -> None:
        for packet in packets(self.tcp):
            own, asked = struct.unpack("!HH", body(packet)[:4])
            self.opened.add(f"{own}:{asked}")
        for packet in packets(self.udp):
            datagram = body(packet)
            if datagram[8:].startswith(MARK):
                token = datagram[8 + len(MARK) :].decode("ascii", "replace")
                self.seen[token] = struct.unpack("!H", datagram[2:4])[0]

    def resolve(self, names: list[str], timeout: float) -> dict[str, list[str]]:
        """IPv4 addresses by name, as Docker's DNS server answers; none for an unknown name."""
        asked = dict(enumerate(names))
        found: dict[str, list[str]] = {name: [] for name in names}
        resolver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        deadline = time.monotonic() + timeout
        try:
            resolver.connect(RESOLVER)
            for number, name in asked.items():
                resolver.send(question(number, name))
            while asked and time.monotonic() < deadline:
                resolver.settimeout(max(0.01, deadline - time.monotonic()))
                answer = resolver.recv(4096)
                if len(answer) >= 12:
                    answered = asked.pop(struct.unpack("!H", answer[:2])[0], None)
                    if answered is not None:
                        found[answered] = addresses_in(answer)
        except (OSError, ValueError, IndexError, struct.error):
            pass  # no such name, a broken answer or a timeout: the name stays unresolved
        resolver.close()
        return found


def question(number: int, name: str) -> bytes:
    """A DNS query for the address of a name."""
    labels = b"".join(bytes([len(each)]) + each.encode() for each in name.rstrip(".").split("."))
    return struct.pack("!6H", number, 0x0100, 1, 0, 0, 0) + labels + b"\0\0\x01\0\x01"


def addresses_in(answer: bytes) -> list[str]:
    """The A records of a DNS answer."""
    position = 12
    while answer[position]:  # the question's name
        position += answer[position] + 1
    position += 5
    found = []
    for _ in range(struct.unpack("!H", answer[6:8])[0]):
        while answer[position] and answer[position] < 0xC0:
            position += answer[position] + 1
        position += 2 if answer[position] else 1
        kind, _, _, length = struct.unpack("!HHIH", answer[position : position + 10])
        position += 10
        if kind == 1:
            found.append(socket.inet_ntoa(answer[position : position + 4]))
        position += length
    return sorted(found)


def packets(raw: socket.socket | None) -> Iterator[bytes]:
    while raw is not None:
        try:
            yield raw.recv(2048)
        except OSError:
            return


def body(packet: bytes) -> bytes:
    """The packet without its IPv4 header."""
    return packet[(packet[0] & 15) * 4 :] if packet else b""


def outcome_of(number: int | None) -> str:
    if number == errno.ECONNREFUSED:
        return "refused"
    if number in NO_ROUTE:
        return "unreachable"
    if number in (errno.EPERM, errno.EACCES):
        return "rejected"
    return "timeout" if number == errno.ETIMEDOUT else "error: " + os.strerror(number or 0)


def listening(protocol: str, state: str) -> list[int]:
    """The ports on which processes here listen."""
    found: set[int] = set()
    for suffix in ("", "6"):
        try:
            with open("/proc/self/net/" + protocol + suffix) as table:
                lines = table.read().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            columns = line.split()
            remote = columns[2].rpartition(":")[2]
            if columns[3] == state and remote == "0000":
                found.add(int(columns[1].rpartition(":")[2], 16))
    return sorted(found)


def local_addresses() -> list[str]:
    """The IPv4 addresses of this namespace, that of the default route first."""
    found: list[str] = []
    probe = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with contextlib.suppress(OSError):
        probe.connect(("192.0.2.1", 9))  # a documentation address: nothing is sent
        found.append(probe.getsockname()[0])
    probe.close()
    address = ""
    try:
        with open("/proc/self/net/fib_trie") as table:
            for line in table:
                words = line.split()
                if words[0] in ("|--", "+--"):
                    address = words[1]
                elif words[:3] == ["/32", "host", "LOCAL"] and address not in found:
                    found.append(address)
    except OSError:
        pass
    return [each for each in found if not each.startswith("127.")]


def main() -> None:
    prober = Prober()
    end = int(sys.argv[1]) if len(sys.argv) > 1 else 600
    # Always ends, even if its parent dies. Process 1 of a container ignores signals by default.
    for number in (signal.SIGALRM, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: os._exit(0))
    signal.alarm(end)
    say(prober.greet())
    prober.selector.register(sys.stdin, selectors.EVENT_READ, "stdin")
    pending = b""
    while True:
        ready = {key.data for key, _ in prober.selector.select()}
        if ready & FILTERS.keys():
            prober.read_arrivals()
        if socket.IPPROTO_ICMP in ready:
            prober.read_icmp()
        if "stdin" not in ready:
            continue
        chunk = os.read(0, 65536)
        if not chunk:
            return
        pending += chunk
        while b"\n" in pending:
            line, _, pending = pending.partition(b"\n")
            prober.selector.unregister(sys.stdin)
            say(answer(prober, json.loads(line.decode())))
            prober.selector.register(sys.stdin, selectors.EVENT_READ, "stdin")


def answer(prober: Prober, asked: dict[str, Any]) -> dict[str, Any]:
    if "try" in asked:
        return {"results": prober.attempt(asked["try"], asked["timeout"])}
    if "names" in asked:
        return {"resolved": prober.resolve(asked["names"], asked["timeout"])}
    prober.read_arrivals()
    return {"seen": prober.seen, "opened": sorted(prober.opened), **prober.greet()}


def say(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
