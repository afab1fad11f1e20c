"""causeway:index:NetworkAttachment: connects a container that the stack does not own to a network.

The resource only connects and disconnects the container; it never starts, stops or removes it.
When its owner recreates the container, the resource finds it by name or labels and reconnects it.
"""

from __future__ import annotations

from typing import Any, ClassVar

from causeway.contract import ATTACHMENT_TYPE, URN_LABEL
from causeway.engine.client import filters
from causeway.engine.faults import Fault, explain
from causeway.provider.inputs.plain import UNKNOWN, has_unknown
from causeway.provider.inputs.table import HONOURED, refusals
from causeway.provider.network.network import disconnect
from causeway.provider.resource.kind import Context, ResourceKind
from causeway.provider.resource.values import Diff, Failure, Values

from .body import own_names
from .endpoints import (
    ENDPOINT_MAC_API,
    GATEWAY_PRIORITY_API,
    Entry,
    canonical,
    from_settings,
    to_settings,
)

PLACE = ("aliases", "ipv4Address", "ipv6Address", "macAddress", "gwPriority")
INPUTS = {key: HONOURED for key in ("network", "container", "labels", *PLACE)}
OUTPUTS = ("containerId", "networkId", "containerName", "ipAddress")
# Network modes in which a container can join no network.
CLOSED = ("host", "none", "container")


class NetworkAttachmentKind(ResourceKind):
    """One connection of one container."""

    token: ClassVar[str] = ATTACHMENT_TYPE
    # The id is the container's: deleting the old attachment later would disconnect the new one.
    reuses_id: ClassVar[bool] = True

    def check(
        self, ctx: Context, name: str, old: Values | None, new: Values, seed: bytes
    ) -> tuple[Values, list[Failure]]:
        failures = refusals({k: v for k, v in new.items() if k != "labels"}, INPUTS)
        if not new.get("network"):
            failures.append(Failure("network", "required: a network's name or id"))
        if bool(new.get("container")) == bool(new.get("labels")):
            failures.append(Failure("container", "set either `container` or `labels`"))
        if failures:
            return new, failures
        failures += _too_new(new, ctx.api.api_version)
        if not has_unknown(new.get("container")) and not has_unknown(new.get("labels")):
            try:
                found = self._find(ctx, new)
            except Fault as fault:
                return new, [*failures, Failure("container", str(fault))]
            failures += self._unfit(ctx, found, new, old)
        return new, failures

    def diff(
        self, ctx: Context, id: str, old_inputs: Values, old_state: Values, new: Values
    ) -> Diff:
        diff = Diff(delete_before_replace=True)
        for key in ("network", "container", "labels"):
            # A network that is replaced must be empty before it can be deleted.
            if old_inputs.get(key) != new.get(key):
                diff.changes[key] = "replace"
        had, wants = _normal(old_inputs), _normal(new)
        for key in PLACE:
            if had.get(key) != wants.get(key):
                diff.changes[key] = "update"
        if diff.replaces:
            diff.reason = (
                f"{diff.replaces[0]} changed: the container is disconnected, then connected again"
            )
        return diff

    def missing_reason(self, ctx: Context, id: str, inputs: Values, state: Values) -> str | None:
        container = ctx.api.find(f"/containers/{state['containerId']}/json")
        if container is None:
            return "its owner recreated or removed the container"
        if _endpoint(container, state["networkId"]) is None:
            return "the container is no longer on the network"
        return None

    def create(self, ctx: Context, name: str, inputs: Values) -> tuple[str, Values]:
        if ctx.preview:
            return "", {**inputs, **{key: UNKNOWN for key in OUTPUTS}}
        container = self._find(ctx, inputs)
        network = self._connect(ctx, container["Id"], inputs)
        return container["Id"], self._state(ctx, inputs, container["Id"], network)

    def read(
        self, ctx: Context, id: str, inputs: Values, state: Values
    ) -> tuple[str, Values, Values] | None:
        # The id of an import names both: `pulumi import ... NETWORK/CONTAINER`.
        named, _, identity = id.rpartition("/")
        network = state.get("networkId") or named
        container = ctx.api.find(f"/containers/{identity}/json")
        settings = _endpoint(container, network) if container else None
        if container is None or settings is None:
            return None
        if not inputs:
            inputs = {"network": network, "container": container["Name"].lstrip("/")}
        mac = bool(inputs.get("macAddress"))
        actual = from_settings(inputs["network"], settings, own_names(container), mac=mac)
        kept: Values = {
            key: inputs[key] for key in ("network", "container", "labels") if key in inputs
        }
        if canonical(_entry(inputs)) == canonical(actual):
            actual = _entry(inputs)
        found: Values = {**kept, **{key: actual[key] for key in PLACE if actual.get(key)}}
        return container["Id"], self._state(ctx, found, identity, network), found

    def update(
        self, ctx: Context, id: str, old_inputs: Values, old_state: Values, new: Values
    ) -> Values:
        if ctx.preview:
            return {**old_state, **new}
        disconnect(ctx, old_state["networkId"], id)
        try:
            network = self._connect(ctx, id, new)
        except BaseException as error:
            # A failed change must not cost another owner's container its network.
            try:
                self._connect(ctx, id, {**old_inputs, "network": old_state["networkId"]})
            except Exception as again:
                said = f"{explain(error, ctx.api.host)}\n  and reconnecting it failed: {again}"
                raise Fault(said) from error
            raise
        return self._state(ctx, new, id, network)

    def delete(self, ctx: Context, id: str, inputs: Values, state: Values) -> None:
        disconnect(ctx, state["networkId"], id)

    def _find(self, ctx: Context, inputs: Values) -> dict[str, Any]:
        """The container that the inputs select. Raises Fault unless there is exactly one."""
        if inputs.get("container"):
            found = ctx.api.find(f"/containers/{inputs['container']}/json")
            if found is None:
                raise Fault(f"container {inputs['container']!r} does not exist on this engine")
            return dict(found)
        wanted = sorted(f"{key}={value}" for key, value in inputs["labels"].items())
        params = {"all": 1, **filters(label=wanted)}
        listed = ctx.api.call("GET", "/containers/json", params=params)
        if len(listed) != 1:
            names = ", ".join(sorted(each["Names"][0].lstrip("/") for each in listed)) or "none"
            raise Fault(
                f"the labels {', '.join(wanted)} match {len(listed)} containers, not one: {names}"
            )
        return dict(ctx.api.call("GET", f"/containers/{listed[0]['Id']}/json"))

    def _unfit(
        self, ctx: Context, container: dict[str, Any], new: Values, old: Values | None
    ) -> list[Failure]:
        name = container["Name"].lstrip("/")
        mode = container["HostConfig"]["NetworkMode"].partition(":")[0]
        # The package `causeway` has its own provider, and so another identity: compare stack and
        # project instead. That is enough for a hint, since nothing is removed because of it.
        theirs = (container["Config"].get("Labels") or {}).get(URN_LABEL, "")
        if ctx.urn.split("::")[:2] == theirs.split("::")[:2]:
            why = f"{name} belongs to this stack: connect it to the network in the stack file"
            return [Failure("container", why)]
        if mode in CLOSED:
            return [Failure("container", f"{name} has network mode {mode} and can join no network")]
        if old is None and isinstance(new["network"], str):
            network = ctx.api.find(f"/networks/{new['network']}")
            if network is not None and _endpoint(container, network["Id"]) is not None:
                why = f"{name} is already connected to network {network['Name']} by other means"
                return [Failure("container", why)]
        return []

    def _connect(self, ctx: Context, container: str, inputs: Values) -> str:
        network = ctx.api.call("GET", f"/networks/{inputs['network']}")["Id"]
        body = {"Container": container, "EndpointConfig": to_settings(_entry(inputs))}
        ctx.api.call("POST", f"/networks/{network}/connect", body=body)
        return str(network)

    def _state(self, ctx: Context, inputs: Values, container: str, network: str) -> Values:
        found = ctx.api.call("GET", f"/containers/{container}/json")
        settings = _endpoint(found, network) or {}
        return {
            **inputs,
            "containerId": found["Id"],
            "networkId": network,
            "containerName": found["Name"].lstrip("/"),
            "ipAddress": settings.get("IPAddress", ""),
        }


def _entry(inputs: Values) -> Entry:
    """The inputs as an entry of `networksAdvanced`."""
    given = {key: inputs[key] for key in PLACE if inputs.get(key)}
    return {"name": inputs["network"], **given}


def _normal(inputs: Values) -> Values:
    """The inputs in the form that is compared, regardless of order and spelling."""
    return dict(inputs) if has_unknown(inputs) else canonical(_entry(inputs))


def _too_new(inputs: Values, api: tuple[int, int]) -> list[Failure]:
    """Inputs that need a newer engine. Before Docker 25, only a creation can set a MAC address."""
    needed = (("gwPriority", GATEWAY_PRIORITY_API, "28"), ("macAddress", ENDPOINT_MAC_API, "25"))
    return [
        Failure(key, f"needs Docker {release} or newer")
        for key, version, release in needed
        if inputs.get(key) and api < version
    ]


def _endpoint(container: dict[str, Any], network: str) -> dict[str, Any] | None:
    places = container["NetworkSettings"].get("Networks") or {}
    return next((each for each in places.values() if each.get("NetworkID") == network), None)
