"""What a test engine needs from the machine: a network namespace with a way out, and its removal.

Every engine owns one slot number. The slot fixes its name, its addresses and its lock file, so that
what a killed run left behind is recognised by a free lock and removed, and nothing else is.
"""

from __future__ import annotations

import contextlib
import fcntl
import ipaddress
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

RUN = Path("/run/causeway-test")  # sockets, pid files, logs; short, a socket path has 107 bytes
DATA = Path("/var/lib/causeway-test")
PREFIX = "causeway-test"
TABLE = "causeway_test"
SLOTS = 64
POOL = ipaddress.ip_network("10.199.0.0/16")  # slot n: 10.199.n.0/30
# Debian keeps these under /usr/sbin, which a user's PATH may lack.
PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/local/sbin", "/usr/sbin", "/sbin"])


class EngineError(Exception):
    """A test engine that cannot be had, with what to do about it."""


def run(*command: str, check: bool = True) -> str:
    """The command's standard output; a failure carries what it printed."""
    done = subprocess.run(
        command, capture_output=True, text=True, env=os.environ | {"PATH": PATH}, check=False
    )
    if check and done.returncode != 0:
        raise EngineError(f"`{' '.join(command)}` failed: {(done.stderr or done.stdout).strip()}")
    return done.stdout


@contextlib.contextmanager
def machine_lock() -> Iterator[None]:
    """Held while slots are taken, cleaned or given back: one test run at a time."""
    RUN.mkdir(parents=True, exist_ok=True)
    with open(RUN / "machine.lock", "w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def try_lock(slot: int) -> int | None:
    """A file descriptor that holds the slot until it is closed; None when another run has it."""
    descriptor = os.open(RUN / f"slot-{slot}.lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def names_in_use() -> dict[int, set[str]]:
    """Slot -> names of the engines that left anything on this machine."""
    found: dict[int, set[str]] = {}
    for folder in (RUN, DATA, Path("/run/netns")):
        for entry in folder.glob(f"{PREFIX}-*"):
            if match := re.fullmatch(rf"{PREFIX}-[a-z0-9]+-(\d+)", entry.name):
                found.setdefault(int(match[1]), set()).add(entry.name)
    return found


def take_slot() -> tuple[int, int]:
    """(slot, lock descriptor) of a free slot, after removing what dead runs left behind."""
    taken: tuple[int, int] | None = None
    with machine_lock():
        leftovers = names_in_use()
        for slot in range(SLOTS):
            if taken is not None and slot not in leftovers:
                continue
            descriptor = try_lock(slot)
            if descriptor is None:
                continue
            for name in leftovers.get(slot, ()):
                remove(name, slot)
            if taken is None:
                taken = (slot, descriptor)
            else:
                os.close(descriptor)
    if taken is None:
        raise EngineError(f"all {SLOTS} test engine slots are in use (locks in {RUN})")
    return taken


def addresses(slot: int) -> tuple[str, str]:
    """(main namespace's end, engine's end) of the slot's veth pair."""
    base = int(POOL.network_address) + slot * 256
    return str(ipaddress.ip_address(base + 1)), str(ipaddress.ip_address(base + 2))


def add_namespace(name: str, slot: int) -> None:
    """A namespace whose default route leads through the main one, translated to its address."""
    outside, inside = addresses(slot)
    link, peer = f"cwt{slot}", f"cwt{slot}p"
    # The main namespace's own way out may carry less than 1500 bytes.
    route = re.search(r" dev (\S+)", run("ip", "-4", "route", "show", "default"))
    mtu = Path(f"/sys/class/net/{route[1]}/mtu").read_text().strip() if route else "1500"
    run("ip", "netns", "add", name)
    run("ip", "link", "add", link, "mtu", mtu, "type", "veth", "peer", "name", peer, "mtu", mtu)
    run("ip", "link", "set", peer, "netns", name)
    run("ip", "address", "add", f"{outside}/30", "dev", link)
    run("ip", "link", "set", link, "up")
    within = ("ip", "-n", name)
    run(*within, "link", "set", peer, "name", "eth0")
    run(*within, "link", "set", "lo", "up")
    run(*within, "address", "add", f"{inside}/30", "dev", "eth0")
    run(*within, "link", "set", "eth0", "up")
    run(*within, "route", "add", "default", "via", outside)


def open_way_out() -> None:
    """Forwarding and address translation for all slots; safe to repeat."""
    forwarding = Path("/proc/sys/net/ipv4/ip_forward")
    remembered = RUN / "ip_forward"
    if not remembered.exists():
        remembered.write_text(forwarding.read_text())
    forwarding.write_text("1\n")
    if TABLE not in run("nft", "list", "tables"):
        run("nft", "add", "table", "ip", TABLE)
        hook = "{ type nat hook postrouting priority 100 ; }"
        run("nft", "add", "chain", "ip", TABLE, "postrouting", hook)
        rule = f'ip saddr {POOL} oifname != "cwt*" masquerade'
        run("nft", "add", "rule", "ip", TABLE, "postrouting", *rule.split())
    # A Docker engine in the main namespace drops what it does not know.
    if shutil.which("iptables", path=PATH) and "-P FORWARD DROP" in run("iptables", "-S"):
        for forward in _forward_rules():
            if f"-A {' '.join(forward)}" not in run("iptables", "-S", "FORWARD"):
                run("iptables", "-I", *forward)


def close_way_out() -> None:
    run("nft", "delete", "table", "ip", TABLE, check=False)
    rules = run("iptables", "-S") if shutil.which("iptables", path=PATH) else ""
    for rule in _forward_rules():
        if f"-A {' '.join(rule)}" in rules:
            run("iptables", "-D", *rule)
    remembered = RUN / "ip_forward"
    # An engine started here meanwhile needs forwarding and found it already switched on.
    if remembered.exists() and "DOCKER" not in rules:
        Path("/proc/sys/net/ipv4/ip_forward").write_text(remembered.read_text())
    remembered.unlink(missing_ok=True)


def _forward_rules() -> list[list[str]]:
    return [["FORWARD", "-i", "cwt+", "-j", "ACCEPT"], ["FORWARD", "-o", "cwt+", "-j", "ACCEPT"]]


def remove(name: str, slot: int) -> None:
    """End the engine `name` and delete all it had. The caller holds both locks."""
    _kill_processes(name)
    for target in _mounts(name):
        run("umount", "--lazy", target, check=False)
    if Path(f"/run/netns/{name}").exists():
        run("ip", "netns", "delete", name)
    run("ip", "link", "delete", f"cwt{slot}", check=False)
    for folder in (RUN / name, DATA / name):
        shutil.rmtree(folder, ignore_errors=True)
        if folder.exists():
            raise EngineError(f"{folder} cannot be removed: see `findmnt -R {folder}`")
    # Inner ones first. Others come and go meanwhile, on which a glob would fail.
    for group, _, _ in os.walk("/sys/fs/cgroup", topdown=False):
        if name in Path(group).parts:
            _remove_cgroup(Path(group))
    others = [other for other in names_in_use() if other != slot]
    if not others and not names_in_use().get(slot):
        close_way_out()


def _remove_cgroup(folder: Path) -> None:
    """It may be gone already, and stays busy until its last process has been reaped."""
    for _ in range(50):
        try:
            folder.rmdir()
        except FileNotFoundError:
            return
        except OSError:
            time.sleep(0.1)
        else:
            return


def _kill_processes(name: str) -> None:
    """SIGKILL for daemons and shims (named by their command line) and containers (by cgroup)."""
    deadline = time.monotonic() + 30
    while pids := _processes(name):
        if time.monotonic() > deadline:
            raise EngineError(f"processes of {name} do not end: {sorted(pids)}")
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)


def _processes(name: str) -> set[int]:
    found = set()
    markers = (f"{RUN / name}/".encode(), f"{DATA / name}/".encode())
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            command = (entry / "cmdline").read_bytes()
            groups = (entry / "cgroup").read_text()
            state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if state == "Z":
            continue
        program = os.path.basename(command.split(b"\0")[0])
        ours = program.startswith((b"dockerd", b"containerd", b"docker-", b"runc"))
        if (ours and any(marker in command for marker in markers)) or f"/{name}/" in groups:
            found.add(int(entry.name))
    return found


def _mounts(name: str) -> list[str]:
    """Mount points below the engine's folders, innermost first."""
    found = []
    for line in Path("/proc/self/mounts").read_text().splitlines():
        target = line.split()[1]
        if target.startswith((f"{RUN / name}/", f"{DATA / name}/")):
            found.append(target)
    return sorted(found, key=len, reverse=True)
