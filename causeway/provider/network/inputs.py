"""Converts a network's inputs to an Engine API body and back, compares them and checks them.

Pure functions; the order of the engine calls is in `network`.
"""

from __future__ import annotations

import ipaddress
from typing import Any

from causeway.provider.inputs.plain import has_unknown, objects
from causeway.provider.inputs.table import HONOURED, refusals
from causeway.provider.resource.ownership import foreign_labels
from causeway.provider.resource.values import Failure, Values

# Every input of the SDK's NetworkArgs and of its nested classes -> how the plugin treats it.
INPUTS: dict[str, str] = {
    path: HONOURED
    for path in (
        "attachable", "driver", "ingress", "internal", "ipamConfigs.auxAddress",
        "ipamConfigs.gateway", "ipamConfigs.ipRange", "ipamConfigs.subnet", "ipamDriver",
        "ipamOptions", "ipv6", "labels.label", "labels.value", "name", "options",
    )
}  # fmt: skip

# The engine's own networks: they exist once and cannot be created or removed.
_BUILT_IN = ("bridge", "host", "none")


def to_body(name: str, inputs: Values) -> dict[str, Any]:
    """The body of POST /networks/create."""
    body: dict[str, Any] = {"Name": name, "CheckDuplicate": True}
    for key, api_key in (
        ("driver", "Driver"), ("attachable", "Attachable"), ("ingress", "Ingress"),
        ("internal", "Internal"), ("ipv6", "EnableIPv6"), ("options", "Options"),
    ):  # fmt: skip
        if inputs.get(key) is not None:
            body[api_key] = inputs[key]
    if inputs.get("labels"):
        body["Labels"] = {item["label"]: item["value"] for item in inputs["labels"]}
    ipam: dict[str, Any] = {}
    if inputs.get("ipamDriver"):
        ipam["Driver"] = inputs["ipamDriver"]
    if inputs.get("ipamOptions"):
        ipam["Options"] = inputs["ipamOptions"]
    if inputs.get("ipamConfigs"):
        ipam["Config"] = [_ipam_to_api(config) for config in inputs["ipamConfigs"]]
    if ipam:
        body["IPAM"] = {"Driver": "default", **ipam}
    return body


_IPAM_KEYS = (
    ("subnet", "Subnet"), ("ipRange", "IPRange"), ("gateway", "Gateway"),
    ("auxAddress", "AuxiliaryAddresses"),
)  # fmt: skip


def _ipam_to_api(config: Values) -> dict[str, Any]:
    return {api: config[key] for key, api in _IPAM_KEYS if config.get(key)}


def _ipam_from_api(config: dict[str, Any]) -> Values:
    return {key: config[api] for key, api in _IPAM_KEYS if config.get(api)}


def to_state(inputs: Values, found: dict[str, Any]) -> Values:
    """The outputs that the SDK declares for a network."""
    return {
        **with_defaults(inputs),
        "name": found["Name"],
        "driver": found["Driver"],
        "internal": bool(found.get("Internal")),
        "attachable": bool(found.get("Attachable")),
        "scope": found["Scope"],
        "options": found.get("Options") or {},
        "ipamConfigs": inputs.get("ipamConfigs")
        or [_ipam_from_api(c) for c in found["IPAM"].get("Config") or []],
    }


def with_defaults(inputs: Values) -> Values:
    return {"ipamDriver": "default", **inputs}


def actual_inputs(found: dict[str, Any]) -> Values:
    """Every input as the engine reports it."""
    return {
        "name": found["Name"],
        "driver": found["Driver"],
        "internal": bool(found.get("Internal")),
        "attachable": bool(found.get("Attachable")),
        "ingress": bool(found.get("Ingress")),
        "ipv6": bool(found.get("EnableIPv6")),
        "options": found.get("Options") or {},
        "ipamDriver": found["IPAM"].get("Driver") or "default",
        "ipamOptions": found["IPAM"].get("Options") or {},
        "ipamConfigs": [_ipam_from_api(c) for c in found["IPAM"].get("Config") or []],
        "labels": [
            {"label": key, "value": value}
            for key, value in sorted(foreign_labels(found.get("Labels")).items())
        ],
    }


def read_inputs(declared: Values, found: dict[str, Any]) -> Values:
    """The declared inputs, each replaced by the engine's value where that means something else.

    What the engine chose (an undeclared subnet, gateway or driver option) stays undeclared.
    """
    actual = actual_inputs(found)
    inputs: Values = {}
    wanted = canonical(declared)
    seen = canonical(actual)
    for key, value in declared.items():
        if key == "ipamConfigs":
            seen_configs = {c.get("subnet"): c for c in seen.get(key, [])}
            same = all(
                config.items() <= seen_configs.get(config.get("subnet"), {}).items()
                for config in wanted.get(key, [])
            )
        elif key == "options":
            same = wanted.get(key, {}).items() <= seen.get(key, {}).items()
        else:
            same = wanted.get(key) == seen.get(key)
        inputs[key] = value if same else actual.get(key)
    for key in ("internal", "attachable", "labels"):
        if key not in declared and seen.get(key):
            inputs[key] = actual[key]
    return inputs


def import_inputs(found: dict[str, Any]) -> Values:
    """The inputs of an imported network: the values that differ from the defaults."""
    return {
        key: value
        for key, value in actual_inputs(found).items()
        if value not in (False, {}, [], None) and (key, value) != ("ipamDriver", "default")
    }


def canonical(inputs: Values) -> Values:
    """Inputs in the form that is compared: without defaults, lists sorted, subnets normalised."""
    kept = {k: v for k, v in inputs.items() if v not in (None, False, {}, [], "")}
    for key, default in (("driver", "bridge"), ("ipamDriver", "default")):
        if kept.get(key) == default:
            del kept[key]
    if isinstance(kept.get("labels"), list) and not has_unknown(kept["labels"]):
        kept["labels"] = sorted(kept["labels"], key=lambda item: str(item["label"]))
    if isinstance(kept.get("ipamConfigs"), list) and not has_unknown(kept["ipamConfigs"]):
        kept["ipamConfigs"] = sorted(
            ({k: _spell(v) for k, v in c.items() if v} for c in kept["ipamConfigs"]),
            key=lambda config: str(config.get("subnet")),
        )
    return kept


def _spell(value: Any) -> Any:
    """An address or subnet in its canonical spelling; anything else as it is."""
    if not isinstance(value, str):
        return value
    try:
        return str(
            ipaddress.ip_network(value, strict=False)
            if "/" in value
            else ipaddress.ip_address(value)
        )
    except ValueError:
        return value


def check(inputs: Values) -> list[Failure]:
    """The problems of the inputs that can be found without the engine."""
    failures = refusals(inputs, INPUTS)
    if inputs.get("name") in _BUILT_IN:
        failures.append(
            Failure(
                "name",
                f"{inputs['name']!r} is a predefined network of the engine: refer to it by name",
            )
        )
    for index, config in objects(inputs, "ipamConfigs"):
        failures += _check_ipam(f"ipamConfigs[{index}]", config)
    return sorted(failures, key=lambda failure: failure.path)


def _check_ipam(path: str, config: Values) -> list[Failure]:
    if has_unknown(config):
        return []
    failures = []
    for key in ("subnet", "ipRange"):
        value = config.get(key)
        if value and _bad_subnet(value):
            failures.append(Failure(f"{path}.{key}", f"{value!r} is not a subnet in CIDR form"))
    subnet = config.get("subnet") or ""
    within = None if _bad_subnet(subnet) else ipaddress.ip_network(subnet, strict=False)
    places = [("gateway", config.get("gateway"))]
    places += [(f"auxAddress.{key}", v) for key, v in (config.get("auxAddress") or {}).items()]
    for key, value in places:
        if not value:
            continue
        if _bad_address(value):
            failures.append(Failure(f"{path}.{key}", f"{value!r} is not an IP address"))
        elif within is not None and ipaddress.ip_address(value) not in within:
            failures.append(Failure(f"{path}.{key}", f"{value} is outside {subnet}"))
    return failures


def _bad_subnet(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return True
    return "/" not in text


def _bad_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return True
    return False


def overlap(old: Values, new: Values) -> bool:
    """Whether a subnet of `new` needs addresses that `old` holds; True when not yet known."""

    def subnets(inputs: Values) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
        return [
            ipaddress.ip_network(config["subnet"], strict=False)
            for config in inputs.get("ipamConfigs") or []
            if config.get("subnet")
        ]

    if has_unknown(old.get("ipamConfigs")) or has_unknown(new.get("ipamConfigs")):
        return True
    return any(a.version == b.version and a.overlaps(b) for a in subnets(old) for b in subnets(new))
