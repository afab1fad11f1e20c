"""A container's endpoints on networks: as declared, as on the engine, and the steps between them.

Pure functions of `networksAdvanced` entries and the Engine API's EndpointSettings.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from causeway.provider.resource.values import Failure, Values

Entry = dict[str, Any]
EndpointSettings = dict[str, Any]

GATEWAY_PRIORITY_API = (1, 48)
ENDPOINT_MAC_API = (1, 44)
ALL_AT_CREATE_API = (1, 44)


def to_settings(entry: Entry) -> EndpointSettings:
    """The EndpointSettings that connect a container to a network as `entry` declares."""
    settings: EndpointSettings = {}
    addresses = {
        key: entry[name]
        for name, key in (("ipv4Address", "IPv4Address"), ("ipv6Address", "IPv6Address"))
        if entry.get(name)
    }
    if entry.get("linkLocalIps"):
        addresses["LinkLocalIPs"] = list(entry["linkLocalIps"])
    if addresses:
        settings["IPAMConfig"] = addresses
    if entry.get("aliases"):
        settings["Aliases"] = list(entry["aliases"])
    if entry.get("macAddress"):
        settings["MacAddress"] = entry["macAddress"]
    if entry.get("gwPriority"):
        settings["GwPriority"] = entry["gwPriority"]
    if entry.get("driverOpts"):
        settings["DriverOpts"] = dict(_option(text) for text in entry["driverOpts"])
    return settings


def from_settings(
    name: str, settings: EndpointSettings, own: frozenset[str], *, mac: bool
) -> Entry:
    """The entry that describes an endpoint as the engine reports it.

    `own` are the container's own names, which engines before Docker 25 add to its aliases. `mac`
    says whether the MAC address was declared; the engine does not report whether it was declared or
    generated.
    """
    given = settings.get("IPAMConfig") or {}
    entry: Entry = {"name": name}
    aliases = [alias for alias in settings.get("Aliases") or [] if alias not in own]
    if aliases:
        entry["aliases"] = sorted(set(aliases))
    for key, value in (
        ("ipv4Address", given.get("IPv4Address")),
        ("ipv6Address", given.get("IPv6Address")),
        ("linkLocalIps", sorted(given.get("LinkLocalIPs") or [])),
        ("macAddress", settings.get("MacAddress") if mac else None),
        ("gwPriority", settings.get("GwPriority")),
        ("driverOpts", sorted(f"{k}={v}" for k, v in (settings.get("DriverOpts") or {}).items())),
    ):
        if value:
            entry[key] = value
    return entry


def canonical(entry: Entry) -> Entry:
    """The entry in the form that is compared, regardless of list order and address case."""
    kept = {key: value for key, value in entry.items() if value not in (None, "", [], 0)}
    for key in ("aliases", "linkLocalIps", "driverOpts"):
        if isinstance(kept.get(key), list):
            kept[key] = sorted(set(kept[key]))
    if isinstance(kept.get("macAddress"), str):
        kept["macAddress"] = kept["macAddress"].lower().replace("-", ":")
    return kept


def read_back(
    declared: list[Entry], networks: dict[str, EndpointSettings], own: frozenset[str]
) -> list[Entry]:
    """The entries in effect, each under the name or id that the declaration uses.

    Declared entries come first, in their order, and keep their spelling where it means the same.
    `own` are the container's own names (see `from_settings`).
    """
    rest = dict(networks)
    entries = []
    for entry in declared:
        key = next((k for k, s in rest.items() if entry["name"] in (k, s.get("NetworkID"))), None)
        if key is None:
            continue
        unasked = own - set(entry.get("aliases") or ())
        chosen = bool(entry.get("macAddress"))
        actual = from_settings(entry["name"], rest.pop(key), unasked, mac=chosen)
        entries.append(entry if canonical(entry) == canonical(actual) else actual)
    for key, settings in sorted(rest.items()):
        entries.append(from_settings(key, settings, own, mac=False))
    return entries


@dataclass(frozen=True, slots=True)
class Moves:
    """The steps from one set of networks to another; a changed one is disconnected first."""

    connect: tuple[Entry, ...] = ()
    disconnect: tuple[str, ...] = ()
    reconnect: tuple[Entry, ...] = ()


def moves(old: list[Entry], new: list[Entry]) -> Moves:
    """The networks to connect, disconnect and reconnect, regardless of the order of the entries."""
    had = {entry["name"]: canonical(entry) for entry in old}
    wanted = {entry["name"]: canonical(entry) for entry in new}
    return Moves(
        connect=tuple(entry for entry in new if entry["name"] not in had),
        disconnect=tuple(sorted(had.keys() - wanted.keys())),
        reconnect=tuple(
            entry
            for entry in new
            if entry["name"] in had and had[entry["name"]] != wanted[entry["name"]]
        ),
    )


def with_mac(entries: list[Entry]) -> Entry | None:
    """The first entry that declares a MAC address."""
    known = (entry for entry in entries if isinstance(entry, dict))
    return next((entry for entry in known if entry.get("macAddress")), None)


def in_order_of_creation(entries: list[Entry], api: tuple[int, int]) -> list[Entry]:
    """The declared order; where only the first network can have a MAC address, its entry first."""
    chosen = with_mac(entries)
    if chosen is None or api >= ENDPOINT_MAC_API:
        return entries
    return [chosen, *(entry for entry in entries if entry is not chosen)]


def unsupported(entries: list[tuple[int, Entry]], api: tuple[int, int]) -> list[Failure]:
    """The settings of these entries that need a newer engine API."""
    failures = []
    macs = 0
    for index, entry in entries:
        path = f"networksAdvanced[{index}]"
        if entry.get("gwPriority") and api < GATEWAY_PRIORITY_API:
            why = needs("Docker 28", GATEWAY_PRIORITY_API, api)
            failures.append(Failure(f"{path}.gwPriority", why))
        macs += bool(entry.get("macAddress"))
        if entry.get("macAddress") and macs > 1 and api < ENDPOINT_MAC_API:
            why = needs("Docker 25", ENDPOINT_MAC_API, api)
            why = f"a MAC address on a second network {why}"
            failures.append(Failure(f"{path}.macAddress", why))
    return failures


def gateway(entries: list[Entry], networks: dict[str, dict[str, Any]]) -> str | None:
    """The name of the network that gets the default gateway and the published ports.

    `networks` are the known networks by id; the result is None when an entry is not among them.
    """
    found = []
    for entry in entries:
        network = networks.get(entry["name"])
        if network is None:
            return None
        if not network.get("Internal"):
            found.append((-(entry.get("gwPriority") or 0), str(network["Name"])))
    return min(found)[1] if found else None


def network_datas(networks: dict[str, EndpointSettings]) -> list[Values]:
    """The output `networkDatas`, sorted by network name."""
    return [
        {
            "networkName": name,
            "ipAddress": settings.get("IPAddress", ""),
            "ipPrefixLength": settings.get("IPPrefixLen", 0),
            "gateway": settings.get("Gateway", ""),
            "globalIpv6Address": settings.get("GlobalIPv6Address", ""),
            "globalIpv6PrefixLength": settings.get("GlobalIPv6PrefixLen", 0),
            "ipv6Gateway": settings.get("IPv6Gateway", ""),
            "macAddress": settings.get("MacAddress", ""),
        }
        for name, settings in sorted(networks.items())
    ]


def _option(text: str) -> tuple[str, str]:
    key, _, value = text.partition("=")
    return key, value


def needs(release: str, wanted: tuple[int, int], api: tuple[int, int]) -> str:
    """The message that an engine with API version `api` is too old."""
    return f"needs {release} or newer (API {_v(wanted)}; this engine has {_v(api)})"


def _v(api: tuple[int, int]) -> str:
    return f"{api[0]}.{api[1]}"
