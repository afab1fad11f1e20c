"""The rows of docs/networks.md: each option of each driver, and how packets prove it."""

from __future__ import annotations

import contextlib
import socket
import threading

from tests.networks.bench import PARENT, Bench, Proof, Row, Unavailable, expect
from tests.provider.plugin import SERVICE, Deployed
from tests.tiny_image import TINY

PREFIX = "com.docker.network."
BRIDGE = f"{PREFIX}bridge."


def named(bench: Bench, lan: Deployed) -> None:
    one = bench.on(lan, "one")
    bench.on(lan, "two")
    expect("two does not answer to its name", bench.pings(one, "two"))


def internal(bench: Bench, lan: Deployed) -> None:
    one, two = bench.on(lan, "one"), bench.on(lan, "two")
    expect("two does not answer", bench.pings(one, bench.address(two)))
    expect("a machine outside answers", not bench.pings(one, outside(bench)))


def outside(bench: Bench) -> str:
    """The address of the machine beyond the engine's, which is the one that runs the tests."""
    first, _, last = bench.engine.address.rpartition(".")
    return f"{first}.{int(last) - 1}"


def kept_apart(bench: Bench, lan: Deployed) -> None:
    one, two = bench.on(lan, "one"), bench.on(lan, "two")
    expect("two answers", not bench.pings(one, bench.address(two)))
    expect("the machine outside does not", bench.pings(one, outside(bench)))


def seen_as(bench: Bench, lan: Deployed) -> tuple[str, str]:
    """(address that a machine outside sees, address that the container has), by one ping."""
    one = bench.on(lan, "one")
    seen = "nothing"
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as listener:
        listener.settimeout(5)
        line = ("ping", "-c", "1", "-W", "1", outside(bench))
        sender = threading.Thread(target=bench.run, args=(one, *line))
        sender.start()
        with contextlib.suppress(TimeoutError):
            while seen == "nothing":
                packet = listener.recv(200)
                # An IPv4 header of 20 bytes, then ICMP, whose type 8 asks for an echo.
                if socket.inet_ntoa(packet[16:20]) == outside(bench) and packet[20] == 8:
                    seen = socket.inet_ntoa(packet[12:16])
        sender.join()
    return seen, bench.address(one)


def masqueraded(bench: Bench, lan: Deployed) -> None:
    seen, _ = seen_as(bench, lan)
    expect(f"seen outside as {seen}", seen == bench.engine.address)


def not_masqueraded(bench: Bench, lan: Deployed) -> None:
    seen, own = seen_as(bench, lan)
    expect(f"seen outside as {seen}", seen == own)


def link_named(bench: Bench, lan: Deployed) -> None:
    named(bench, lan)
    expect("no such interface", "lan0" in bench.host("ip", "-br", "link"))


def bound_to_loopback(bench: Bench, lan: Deployed) -> None:
    # What the engine binds when a port names no address.
    body = {"Image": "causeway-test/tiny:1", "ExposedPorts": {"80/tcp": {}}}
    body["HostConfig"] = {
        "NetworkMode": lan.state["name"],
        "PortBindings": {"80/tcp": [{"HostPort": "18097"}]},
    }
    made = bench.api.create_container_from_config(body)["Id"]
    try:
        bench.api.start(made)
        listening = bench.host("ss", "-ltnH")
        expect("listens elsewhere", "127.0.0.1:18097" in listening)
        expect("listens on all addresses", "0.0.0.0:18097" not in listening)
    finally:
        bench.api.remove_container(made, force=True)


def small_frames(bench: Bench, lan: Deployed) -> None:
    one, two = bench.on(lan, "one"), bench.on(lan, "two")
    mtu = bench.run(one, "cat", "/sys/class/net/eth0/mtu").strip()
    expect(f"the MTU is {mtu}", mtu == "1300")
    expect("two does not answer", bench.pings(one, bench.address(two)))


def prefixed(bench: Bench, lan: Deployed) -> None:
    seen = bench.run(bench.on(lan), "ls", "/sys/class/net")
    expect(f"the interfaces are {seen.split()}", "lan0" in seen)


def without_bridge_address(bench: Bench, lan: Deployed) -> None:
    one, two = bench.on(lan, "one"), bench.on(lan, "two")
    expect("two does not answer", bench.pings(one, bench.address(two)))
    seen = bench.host("ip", "-4", "-br", "address", "show", f"br-{lan.id[:12]}")
    expect(f"the bridge has {seen.split()[-1:]}", "/" not in seen)


def six(bench: Bench, lan: Deployed) -> None:
    one, two = bench.on(lan, "one"), bench.on(lan, "two")
    networks = bench.api.inspect_container(two.id)["NetworkSettings"]["Networks"]
    address = next(iter(networks.values()))["GlobalIPv6Address"]
    expect("no IPv6 address", ":" in address)
    seen = bench.run(one, "ping", "-6", "-c", "2", "-W", "2", address)
    expect("two does not answer", " 0% packet loss" in seen)


def in_range(bench: Bench, lan: Deployed) -> None:
    one = bench.on(lan, "one")
    address = bench.address(one)
    expect(f"the address is {address}", address.startswith("10.97.0.1") and len(address) == 11)
    expect("the gateway does not answer", bench.pings(one, "10.97.0.254"))


def own_names(bench: Bench, lan: Deployed) -> None:
    one = bench.on(lan, "one")
    expect("not attachable", bench.api.inspect_network(lan.id)["Attachable"])
    expect("does not reach itself", bench.pings(one, "one"))


def on_the_wire(bench: Bench, lan: Deployed) -> None:
    one, two = bench.on(lan, "one"), bench.on(lan, "two")
    expect("two does not answer", bench.pings(one, bench.address(two)))
    expect("the host answers", not bench.pings(one, "10.98.0.254"))


def private(bench: Bench, lan: Deployed) -> None:
    one, two = bench.on(lan, "one"), bench.on(lan, "two")
    expect("two answers", not bench.pings(one, bench.address(two)))


def passthru(bench: Bench, lan: Deployed) -> None:
    one = bench.on(lan, "one")
    own = bench.run(one, "cat", "/sys/class/net/eth0/address").strip()
    expect(f"the MAC address is {own}", own in bench.host("ip", "link", "show", PARENT))


def wire(mode: str, more: str = "") -> str:
    options = f"parent: {PARENT}{', ' + mode if mode else ''}"
    pool = "ipam: {config: [{subnet: 10.98.0.0/24, gateway: 10.98.0.254}]}"
    return f"{{driver: macvlan, driver_opts: {{{options}}}, {pool}{more}}}"


def option(name: str, value: str, more: str = "") -> str:
    return f"{{driver_opts: {{{name}: {value}}}{more}}}"


def subnet(number: int) -> str:
    """Addresses of its own: a translation that the kernel remembers must not serve another row."""
    return f", ipam: {{config: [{{subnet: 10.96.{number}.0/24}}]}}"


SIX = "enable_ipv6: true, ipam: {config: [{subnet: 'fd00:97::/64'}]}"
POOL = "subnet: 10.97.0.0/24, ip_range: 10.97.0.128/26, gateway: 10.97.0.254"
NAMES = "ping by name"
ROWS = (
    Row("bridge", "none", "{}", f"{NAMES} between containers", named),
    Row("bridge", "`internal`", "{internal: true}", "no ping to a machine outside", internal),
    Row("bridge", "`attachable`", "{attachable: true}", NAMES, own_names),
    Row("bridge", "`enable_ipv6` with a subnet", f"{{{SIX}}}", "ping over IPv6", six),
    Row("bridge", "`enable_ipv6` alone", "{enable_ipv6: true}", "ping over IPv6", six),
    Row("bridge", "`enable_ipv4: false`", "{enable_ipv4: false}", "", named),
    Row(
        "bridge",
        "`ipam`: subnet, ip_range, gateway",
        f"{{ipam: {{config: [{{{POOL}}}]}}}}",
        "address in the range, ping of the gateway",
        in_range,
    ),
    Row("bridge", "`name`", option(f"{BRIDGE}name", "lan0"), "interface on the host", link_named),
    Row(
        "bridge",
        '`enable_icc: "false"`',
        option(f"{BRIDGE}enable_icc", '"false"'),
        "no ping between containers, but outwards",
        kept_apart,
    ),
    Row(
        "bridge",
        '`enable_ip_masquerade: "true"`',
        option(f"{BRIDGE}enable_ip_masquerade", '"true"', subnet(1)),
        "a ping arrives from the host's address",
        masqueraded,
    ),
    Row(
        "bridge",
        '`enable_ip_masquerade: "false"`',
        option(f"{BRIDGE}enable_ip_masquerade", '"false"', subnet(2)),
        "a ping arrives from the container's address",
        not_masqueraded,
    ),
    Row(
        "bridge",
        "`host_binding_ipv4`",
        option(f"{BRIDGE}host_binding_ipv4", "127.0.0.1"),
        "the host listens on loopback only",
        bound_to_loopback,
    ),
    Row(
        "bridge",
        "`driver.mtu`",
        option(f"{PREFIX}driver.mtu", '"1300"'),
        "MTU inside, and ping",
        small_frames,
    ),
    Row(
        "bridge",
        "`container_iface_prefix`",
        option(f"{PREFIX}container_iface_prefix", "lan"),
        "interface inside",
        prefixed,
    ),
    Row(
        "bridge",
        '`inhibit_ipv4: "true"`',
        option(f"{BRIDGE}inhibit_ipv4", '"true"'),
        "ping between containers, no address on the bridge",
        without_bridge_address,
    ),
    Row(
        "bridge",
        "`gateway_mode_ipv4: nat`",
        option(f"{BRIDGE}gateway_mode_ipv4", "nat", subnet(3)),
        "a ping arrives from the host's address",
        masqueraded,
    ),
    Row(
        "bridge",
        "`gateway_mode_ipv4: routed`",
        option(f"{BRIDGE}gateway_mode_ipv4", "routed", subnet(4)),
        "a ping arrives from the container's address",
        not_masqueraded,
    ),
    Row(
        "bridge",
        "`gateway_mode_ipv4: nat-unprotected`",
        option(f"{BRIDGE}gateway_mode_ipv4", "nat-unprotected", subnet(5)),
        "a ping arrives from the host's address",
        masqueraded,
    ),
    Row(
        "bridge",
        "`gateway_mode_ipv4: isolated`",
        option(f"{BRIDGE}gateway_mode_ipv4", "isolated", ", internal: true"),
        "ping between containers, no address on the bridge",
        without_bridge_address,
    ),
    Row(
        "bridge",
        "`trusted_host_interfaces`",
        option(f"{BRIDGE}trusted_host_interfaces", "eth0"),
        NAMES,
        named,
    ),
    Row("macvlan", "`parent`", wire(""), "ping between containers, not to the host", on_the_wire),
    Row("macvlan", "`macvlan_mode: bridge`", wire("macvlan_mode: bridge"), "the same", on_the_wire),
    Row(
        "macvlan",
        "`macvlan_mode: private`",
        wire("macvlan_mode: private"),
        "no ping between containers",
        private,
    ),
    Row(
        "macvlan",
        "`macvlan_mode: passthru`",
        wire("macvlan_mode: passthru"),
        "the MAC address is the parent's",
        passthru,
    ),
    Row(
        "macvlan",
        "`parent` with a VLAN",
        f"{{driver: macvlan, driver_opts: {{parent: {PARENT}.50}}}}",
        NAMES,
        named,
    ),
    Row("macvlan", "no parent", "{driver: macvlan}", NAMES, named),
    Row(
        "macvlan",
        "a parent that is missing",
        "{driver: macvlan, driver_opts: {parent: eth9}}",
        "",
        named,
    ),
    *(
        Row(
            "ipvlan",
            f"`ipvlan_mode: {mode}`",
            f"{{driver: ipvlan, driver_opts: {{parent: {PARENT}, ipvlan_mode: {mode}}}}}",
            NAMES,
            named,
        )
        for mode in ("l2", "l3", "l3s")
    ),
    Row("overlay", "not `attachable`", "{driver: overlay}", "", named),
    Row("overlay", "no swarm", "{driver: overlay, attachable: true}", "", named),
    Row("a plugin", "not installed", "{driver: weave}", NAMES, named),
    Row(
        "a plugin",
        "for addresses, not installed",
        "{ipam: {driver: infoblox}}",
        NAMES,
        named,
    ),
    Row("host", "as a network", "{driver: host}", "", named),
    Row("none", "as a network", "{driver: none}", "", named),
)


def swarm_service(mode: str) -> Proof:
    def proof(bench: Bench, lan: Deployed) -> None:
        inputs = {
            "name": "app",
            "taskSpec": {
                "containerSpec": {"image": TINY, "commands": ["sleep", "1000"]},
                "networksAdvanceds": [{"id": lan.id}],
            },
            "endpointSpec": {"mode": mode},
            "convergeConfig": {"delay": "200ms", "timeout": "60s"},
        }
        if refusals := bench.plugin.failures(SERVICE, inputs):
            raise Unavailable(refusals[0].partition(": ")[2])
        bench.made.append(bench.plugin.create(SERVICE, "app", inputs))
        expect("app does not answer to its name", bench.pings(bench.on(lan, "client"), "app"))

    return proof


SWARM_ROWS = (
    Row(
        "overlay",
        "in a swarm",
        "{driver: overlay, attachable: true}",
        f"{NAMES} between containers",
        named,
    ),
    Row(
        "overlay",
        "in a swarm, `internal`",
        "{driver: overlay, attachable: true, internal: true}",
        "no ping to a machine outside",
        internal,
    ),
    *(
        Row(
            "overlay",
            f"a Swarm service on it, `{mode}`",
            "{driver: overlay, attachable: true}",
            NAMES,
            swarm_service(mode),
        )
        for mode in ("dnsrr", "vip")
    ),
)
