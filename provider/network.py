"""docker:index/network:Network: created, read back, and replaced without losing its containers.

The Engine API cannot change a network, so every difference replaces it. Its containers are this
plugin's business: those of the same stack are disconnected first and come back through their own
update (they refer to the network's id); anybody else's stop the deletion.
"""

from __future__ import annotations

import ipaddress
import secrets
from typing import Any, ClassVar

import docker.errors

from .faults import Fault
from .ownership import foreign_labels, is_left_over, own_labels, same_stack
from .plain import UNKNOWN, has_unknown
from .resource import Context, Diff, Failure, ResourceKind, Values

# Every input of the SDK's NetworkArgs, and what becomes of it.
INPUTS: dict[str, str] = {
    name: "honoured"
    for name in (
        "attachable", "driver", "ingress", "internal", "ipamConfigs", "ipamDriver", "ipamOptions",
        "ipv6", "labels", "name", "options",
    )
}  # fmt: skip

# The engine's own networks: they exist once and cannot be created or removed.
_BUILT_IN = ("bridge", "host", "none")


class NetworkKind(ResourceKind):
    """One network of the engine."""

    token: ClassVar[str] = "docker:index/network:Network"

    def check(
        self, ctx: Context, name: str, old: Values | None, new: Values, seed: bytes
    ) -> tuple[Values, list[Failure]]:
        inputs = dict(new)
        failures = [Failure(key, "is not an input of a network") for key in new.keys() - INPUTS.keys()]
        if inputs.get("name") in _BUILT_IN:
            failures.append(
                Failure("name", f"{inputs['name']!r} is the engine's own network: refer to it by name")
            )
        for index, config in enumerate(inputs.get("ipamConfigs") or []):
            failures += _check_ipam(f"ipamConfigs[{index}]", config)
        return inputs, failures

    def diff(self, ctx: Context, id: str, old_inputs: Values, old_state: Values, new: Values) -> Diff:
        old, wanted = canonical(old_inputs), canonical(new)
        diff = Diff()
        for key in sorted(old.keys() | wanted.keys()):
            if old.get(key) != wanted.get(key):
                diff.changes[key] = "replace"
        if diff.changes:
            keeps_name = bool(new.get("name")) and new.get("name") == old_state.get("name")
            overlap = _overlaps(old_inputs, new)
            diff.delete_before_replace = keeps_name or overlap
            changed = ", ".join(diff.changes)
            how = (
                f"the old network goes first, because {'its name' if keeps_name else 'its subnet'} "
                "is needed; containers of this stack are disconnected and connected again"
                if diff.delete_before_replace
                else "the new network comes first, containers are moved over"
            )
            diff.reason = f"a network cannot be changed in place ({changed}): {how}"
        return diff

    def create(self, ctx: Context, name: str, inputs: Values) -> tuple[str, Values]:
        if ctx.preview:
            return "", {
                **_with_defaults(inputs),
                "name": inputs.get("name", UNKNOWN),
                "scope": UNKNOWN,
            }
        wanted = inputs.get("name") or f"{name}-{secrets.token_hex(4)[:7]}"
        self._clear_name(ctx, wanted)
        body = to_body(wanted, inputs)
        body["Labels"] = {**body.get("Labels", {}), **own_labels(ctx)}
        answer = ctx.api.call("POST", "/networks/create", body=body)
        identity = answer["Id"]
        found = ctx.api.call("GET", f"/networks/{identity}")
        return identity, to_state(inputs, found)

    def read(
        self, ctx: Context, id: str, inputs: Values, state: Values
    ) -> tuple[str, Values, Values] | None:
        found = ctx.api.find(f"/networks/{id}")
        if found is None:
            return None
        inputs = read_inputs(inputs, found) if inputs else import_inputs(found)
        return found["Id"], to_state(inputs, found), inputs

    def update(
        self, ctx: Context, id: str, old_inputs: Values, old_state: Values, new: Values
    ) -> Values:
        # Only the spelling of inputs can differ here: diff() replaces for everything else.
        return {**old_state, **new}

    def delete(self, ctx: Context, id: str, inputs: Values, state: Values) -> None:
        remove(ctx, id)

    def _clear_name(self, ctx: Context, name: str) -> None:
        """Take away what a killed run left under this name; refuse anybody else's network."""
        found = ctx.api.call("GET", "/networks", params={"filters": f'{{"name":["^{name}$"]}}'})
        for network in found:
            if network["Name"] != name:
                continue
            if is_left_over(ctx, network.get("Labels"), network["Id"]):
                ctx.log("info", f"removing network {name}, which an interrupted run left behind")
                remove(ctx, network["Id"])
            elif network["Id"] not in ctx.known_ids:
                raise Fault(
                    f"a network named {name!r} exists already and is not this resource's\n"
                    f"  what to do: remove it (`docker network rm {name}`), declare it as external, "
                    f"or `pulumi import {NetworkKind.token} {ctx.name} {network['Id'][:12]}`"
                )


def remove(ctx: Context, id: str) -> None:
    """Delete a network; containers of the same stack are disconnected, others are an error."""
    found = ctx.api.find(f"/networks/{id}")
    if found is None:
        return
    attached = found.get("Containers") or {}
    strangers = []
    for container_id, endpoint in sorted(attached.items()):
        container = ctx.api.find(f"/containers/{container_id}/json")
        if container and not same_stack(ctx.urn, container["Config"].get("Labels")):
            strangers.append(endpoint.get("Name") or container_id[:12])
    if strangers:
        raise Fault(
            f"network {found['Name']} is used by containers of others: {', '.join(strangers)}\n"
            "  what to do: disconnect them (`docker network disconnect`) and run again"
        )
    for container_id in sorted(attached):
        disconnect(ctx, id, container_id)
    try:
        ctx.api.call("DELETE", f"/networks/{id}")
    except docker.errors.NotFound:
        return


def disconnect(ctx: Context, network: str, container: str) -> None:
    """End a connection; one that is not there is no error."""
    try:
        ctx.api.call(
            "POST",
            f"/networks/{network}/disconnect",
            body={"Container": container, "Force": True},
        )
    except docker.errors.NotFound:
        return
    except docker.errors.APIError as error:
        if "is not connected" not in str(error.explanation):
            raise


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
        **_with_defaults(inputs),
        "name": found["Name"],
        "driver": found["Driver"],
        "internal": bool(found.get("Internal")),
        "attachable": bool(found.get("Attachable")),
        "scope": found["Scope"],
        "options": found.get("Options") or {},
        "ipamConfigs": inputs.get("ipamConfigs")
        or [_ipam_from_api(c) for c in found["IPAM"].get("Config") or []],
    }


def _with_defaults(inputs: Values) -> Values:
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
    """The declared inputs, each replaced by the engine's word where that means something else.

    What was left to the engine (an undeclared subnet, gateway, driver option) stays undeclared.
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
    """The inputs of a network that Pulumi did not make: what differs from the defaults."""
    return {
        key: value
        for key, value in actual_inputs(found).items()
        if value not in (False, {}, [], None) and (key, value) != ("ipamDriver", "default")
    }


def canonical(inputs: Values) -> Values:
    """Inputs compared by meaning: defaults out, lists sorted, subnets in one spelling."""
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
            ipaddress.ip_network(value, strict=False) if "/" in value else ipaddress.ip_address(value)
        )
    except ValueError:
        return value


def _check_ipam(path: str, config: Values) -> list[Failure]:
    failures = []
    for key in ("subnet", "ipRange"):
        value = config.get(key)
        if isinstance(value, str) and _bad_subnet(value):
            failures.append(Failure(f"{path}.{key}", f"{value!r} is not a subnet in CIDR form"))
    gateway = config.get("gateway")
    if isinstance(gateway, str) and _spell(gateway) == gateway and _bad_address(gateway):
        failures.append(Failure(f"{path}.gateway", f"{gateway!r} is not an IP address"))
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


def _overlaps(old: Values, new: Values) -> bool:
    """Whether a subnet of `new` needs addresses that `old` holds; True when not yet known."""

    def subnets(inputs: Values) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
        return [
            ipaddress.ip_network(config["subnet"], strict=False)
            for config in inputs.get("ipamConfigs") or []
            if config.get("subnet")
        ]

    if has_unknown(old.get("ipamConfigs")) or has_unknown(new.get("ipamConfigs")):
        return True
    return any(
        a.version == b.version and a.overlaps(b)  # type: ignore[arg-type] # same version by the test
        for a in subnets(old)
        for b in subnets(new)
    )
