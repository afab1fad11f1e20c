"""The prober between two bare namespaces with a firewall: every verdict told from the others."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from causeway.live.attempts import ProbePlan, Target, Topology
from causeway.live.measure import Evaluator
from causeway.live.probe import Attempt, ProbeProcess, start_command
from causeway.model.reach import Cell, Node, NodeKind, Verdict
from tests.engine_host import run

# No engine, but namespaces and a firewall, which take root and what `make tools` installs.
pytestmark = pytest.mark.engine

SERVE = Path(__file__).with_name("serve.py")
RULES = """
table ip filter {
    chain input {
        type filter hook input priority 0;
        tcp dport 7001 reject with icmp type port-unreachable
        tcp dport 7002 reject with tcp reset
        tcp dport 7003 drop
        tcp dport 7500-7999 drop
        tcp dport 7004 reject with icmp type admin-prohibited
        udp dport 7005 drop
        udp dport 7006 reject with icmp type host-unreachable
    }
}
"""
SOURCE = Node(NodeKind.SERVICE, "source", "s")
TARGET = Node(NodeKind.SERVICE, "target", "s")


@pytest.fixture(scope="module")
def ends() -> Iterator[tuple[ProbeProcess, ProbeProcess]]:
    """Probes at both ends of a wire: 192.0.2.9 tries, 192.0.2.10 serves behind the rules."""
    children = [subprocess.Popen(["unshare", "--net", "sleep", "infinity"]) for _ in range(2)]
    try:
        inside = [["nsenter", f"--net=/proc/{each.pid}/ns/net"] for each in children]
        own = Path("/proc/self/ns/net").stat().st_ino
        for each in children:
            while Path(f"/proc/{each.pid}/ns/net").stat().st_ino == own:
                time.sleep(0.01)
        link = ["ip", "link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns"]
        run(*inside[0], *link, str(children[1].pid))
        for within, address in zip(inside, ("192.0.2.9/30", "192.0.2.10/30"), strict=True):
            run(*within, "ip", "address", "add", address, "dev", "eth0")
            run(*within, "ip", "link", "set", "eth0", "up")
            run(*within, "ip", "link", "set", "lo", "up")
        subprocess.run([*inside[1], "nft", "-f", "-"], input=RULES, text=True, check=True)
        served = [str(port) for port in (7000, 7001, 7002, 7003, 7004, 7010)]
        children.append(subprocess.Popen([*inside[1], sys.executable, str(SERVE), *served]))
        probes = [start_command([*within, sys.executable], "end") for within in inside]
        while 7010 not in probes[1].look().udp:
            time.sleep(0.05)
        yield probes[0], probes[1]
        for probe in probes:
            probe.close()
    finally:
        for child in children:
            child.kill()
            child.wait()


@pytest.mark.parametrize(
    ("protocol", "address", "port", "outcome", "verdict"),
    [
        ("tcp", "192.0.2.10", 7000, "open", Verdict.ALLOWED),
        ("tcp", "192.0.2.10", 7009, "refused", Verdict.NO_LISTENER),
        ("tcp", "192.0.2.10", 7001, "rejected", Verdict.REJECTED),
        # A reset by rule looks like one of the end's, but nothing arrived there.
        ("tcp", "192.0.2.10", 7002, "refused", Verdict.REJECTED),
        ("tcp", "192.0.2.10", 7003, "timeout", Verdict.DROPPED),
        ("tcp", "192.0.2.10", 7004, "rejected", Verdict.REJECTED),
        ("tcp", "192.0.2.11", 7000, "unreachable", Verdict.UNREACHABLE),
        ("tcp", "198.51.100.1", 7000, "unreachable", Verdict.UNREACHABLE),
        ("udp", "192.0.2.10", 7010, "sent", Verdict.ALLOWED),
        ("udp", "192.0.2.10", 7009, "refused", Verdict.NO_LISTENER),
        ("udp", "192.0.2.10", 7005, "sent", Verdict.DROPPED),
        ("udp", "192.0.2.10", 7006, "unreachable", Verdict.UNREACHABLE),
        ("udp", "198.51.100.1", 7010, "unreachable", Verdict.UNREACHABLE),
    ],
)
def test_a_verdict_is_told_from_the_others(
    ends: tuple[ProbeProcess, ProbeProcess],
    protocol: str,
    address: str,
    port: int,
    outcome: str,
    verdict: Verdict,
) -> None:
    source, target = ends
    attempt = Attempt(protocol, address, port)
    token = f"{protocol}.{address}.{port}"
    found = source.attempt({token: attempt}, timeout=3.5, limit=30)
    assert found[token][0] == outcome
    target.look()
    terrain = Topology((), {"wire": ("192.0.2.8/30",)}, ("192.0.2.9",), {})
    judge = Evaluator(terrain, {"source": {attempt: token}}, found, {"target": target})
    cell = Cell(SOURCE, TARGET, port, protocol, verdict)
    seen = judge.seen(cell, [ProbePlan("source", (Target((attempt,), namespaces=("target",)),))])
    assert seen.verdict is verdict


def test_a_thousand_attempts_are_made_in_bounded_batches(
    ends: tuple[ProbeProcess, ProbeProcess],
) -> None:
    wanted = {f"many.{port}": Attempt("tcp", "192.0.2.10", port) for port in range(7100, 8100)}
    found = ends[0].attempt(wanted, timeout=1.0, limit=60)
    assert Counter(outcome for outcome, _ in found.values()) == {"refused": 500, "timeout": 500}
