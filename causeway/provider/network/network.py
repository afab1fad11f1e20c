"""docker:index/network:Network: creates, reads and replaces a network and keeps its containers.

The Engine API cannot change a network, so every difference replaces it. The deletion disconnects
containers of the same stack, which their own update connects to the new network (they refer to its
id); containers of other owners make it fail.
"""

from __future__ import annotations

import secrets
import time
from typing import ClassVar

from causeway.engine.faults import EngineError, Fault, NotFound
from causeway.provider.inputs.plain import UNKNOWN
from causeway.provider.resource.kind import Context, ResourceKind
from causeway.provider.resource.ownership import is_ours, own_labels, owner
from causeway.provider.resource.source_lines import placed
from causeway.provider.resource.values import Diff, Failure, Values

from . import inputs as network_inputs
from . import limits
from .inputs import canonical, import_inputs, overlap, read_inputs, to_body, to_state
from .limits import OWN_IPAM

# How long a busy engine may take to release the endpoints of removed containers.
ENDPOINT_SECONDS = 10
ENDPOINT_POLL_SECONDS = 0.1


class NetworkKind(ResourceKind):
    """One network of the engine."""

    token: ClassVar[str] = "docker:index/network:Network"

    def lives_in_swarm(self, state: Values) -> bool:
        return state.get("scope") == "swarm"

    def check(
        self, ctx: Context, name: str, old: Values | None, new: Values, seed: bytes
    ) -> tuple[Values, list[Failure]]:
        failures = network_inputs.check(new)
        if not failures:
            known = ctx.cache.facts()
            mine = limits.CheckedNetwork(
                (old or {}).get("name"),
                lambda found: is_ours(ctx, found.get("Labels"), found["Id"], certain=True),
            )
            failures = limits.failures(new, known, mine)
            if isinstance(new.get("ipamDriver"), str) and new["ipamDriver"] not in OWN_IPAM:
                plugins = ctx.api.call("GET", "/plugins")
                installed = [each["Name"] for each in plugins if each.get("Enabled")]
                failures += limits.without_ipam(new, known, installed)
            for warning in limits.warnings(new, known):
                ctx.log("warning", placed(ctx.urn, warning))
        return new, failures

    def diff(
        self, ctx: Context, id: str, old_inputs: Values, old_state: Values, new: Values
    ) -> Diff:
        old, wanted = canonical(old_inputs), canonical(new)
        diff = Diff()
        for key in sorted(old.keys() | wanted.keys()):
            if old.get(key) != wanted.get(key) and (key != "name" or wanted.get("name")):
                diff.changes[key] = "replace"
        if diff.changes:
            keeps_name = bool(new.get("name")) and new.get("name") == old_state.get("name")
            diff.delete_before_replace = keeps_name or overlap(old_inputs, new)
            changed = ", ".join(diff.changes)
            how = (
                f"the old one is deleted first, because its {'name' if keeps_name else 'subnet'} "
                "is needed; containers of this stack are disconnected and connected again"
                if diff.delete_before_replace
                else "the new one is created first, and containers move to it"
            )
            diff.reason = f"a network cannot be changed in place ({changed}): {how}"
        return diff

    def missing_reason(self, ctx: Context, id: str, inputs: Values, state: Values) -> str | None:
        if id in ctx.cache.networks() or ctx.api.find(f"/networks/{id}") is not None:
            return None
        return "the network was removed"

    def create(self, ctx: Context, name: str, inputs: Values) -> tuple[str, Values]:
        if ctx.preview:
            unknown = {"name": UNKNOWN, "scope": UNKNOWN}
            return "", {**unknown, **network_inputs.with_defaults(inputs)}
        wanted = inputs.get("name") or f"{name}-{secrets.token_hex(4)[:7]}"
        body = to_body(wanted, inputs)
        body["Labels"] = {**body.get("Labels", {}), **own_labels(ctx)}
        ctx.begin()
        try:
            identity = ctx.api.call("POST", "/networks/create", body=body)["Id"]
        except EngineError as error:
            ctx.journal.end(ctx.urn)  # rejected: nothing was created
            if error.status != 409:
                raise
            raise Fault(
                f"a network named {wanted!r} exists already and is not this resource's"
                f"{_whose(ctx, wanted)}\n"
                f"  what to do: remove it (`docker network rm {wanted}`), declare it as external, "
                f"or `pulumi import {NetworkKind.token} {ctx.name} ID`"
            ) from None
        found = ctx.api.call("GET", f"/networks/{identity}")
        ctx.cache.add_network(found)
        return identity, to_state(inputs, found)

    def read(
        self, ctx: Context, id: str, inputs: Values, state: Values
    ) -> tuple[str, Values, Values] | None:
        found = ctx.api.find(f"/networks/{id}")
        if found is None:
            return None
        inputs = read_inputs(inputs, found) if inputs or state else import_inputs(found)
        return found["Id"], to_state(inputs, found), inputs

    def update(
        self, ctx: Context, id: str, old_inputs: Values, old_state: Values, new: Values
    ) -> Values:
        # Only the spelling of inputs can differ here: every other difference is a replacement.
        return {**old_state, **new}

    def delete(self, ctx: Context, id: str, inputs: Values, state: Values) -> None:
        remove(ctx, id)


def _whose(ctx: Context, name: str) -> str:
    found = ctx.api.find(f"/networks/{name}")
    return f": {owner(found.get('Labels'), found.get('Created') or '')}" if found else ""


def remove(ctx: Context, id: str) -> None:
    """Delete a network, after disconnecting this state's containers. Raises Fault for others."""
    deadline = time.monotonic() + ENDPOINT_SECONDS
    while not _try_to_remove(ctx, id, last=time.monotonic() > deadline):
        time.sleep(ENDPOINT_POLL_SECONDS)
    # A swarm removes its networks a moment after it has reported them as removed.
    while ctx.api.find(f"/networks/{id}") is not None and time.monotonic() < deadline:
        time.sleep(ENDPOINT_POLL_SECONDS)


def _try_to_remove(ctx: Context, id: str, *, last: bool) -> bool:
    """Whether the network is gone; False while a busy engine still has endpoints of containers that
    it has already reported as removed."""
    found = ctx.api.find(f"/networks/{id}")
    if found is None:
        return True
    attached = found.get("Containers") or {}
    strangers = []
    for container_id, endpoint in sorted(attached.items()):
        container = ctx.api.find(f"/containers/{container_id}/json")
        labels = container["Config"].get("Labels") if container else None
        if container and not is_ours(ctx, labels, container_id, certain=True):
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
    except NotFound:
        return True
    except EngineError as error:
        if "has active endpoints" not in str(error):
            raise
        if last and not attached:
            raise Fault(
                f"network {found['Name']} has no containers left, but the engine still counts "
                "some: Docker 20.10 can lose count when many stop at the same time\n"
                "  what to do: restart the engine, which counts them again (`systemctl restart "
                "docker` on the Docker host), and run again"
            ) from None
        if last:
            raise
        return False
    return True


def disconnect(ctx: Context, network: str, container: str) -> None:
    """Disconnect a container; one that is not connected is not an error."""
    try:
        ctx.api.call(
            "POST",
            f"/networks/{network}/disconnect",
            body={"Container": container, "Force": True},
        )
    except NotFound:
        return
    except EngineError as error:
        if "is not connected" not in str(error):
            raise
