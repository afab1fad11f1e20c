"""docker:index/container:Container: creates, starts, updates in place where Docker can, removes.

The table of inputs is in `container_fields`; this file holds the order of the engine calls.
"""

from __future__ import annotations

import secrets
from typing import Any, ClassVar

from causeway.engine.faults import EngineError, Fault, NotFound, explain
from causeway.provider.inputs.plain import UNKNOWN
from causeway.provider.resource.kind import Context, ResourceKind
from causeway.provider.resource.ownership import own_labels
from causeway.provider.resource.source_lines import placed
from causeway.provider.resource.values import Diff, Failure, Values

from . import (
    check as container_check,
)
from . import (
    conflicts as container_obstacles,
)
from . import (
    diff as container_diff,
)
from . import (
    networks as container_networks,
)
from . import (
    reload as container_reload,
)
from . import (
    replacement,
)
from . import (
    start as container_run,
)
from . import (
    warnings as container_warnings,
)
from .body import (
    OUTPUTS_ONLY,
    import_inputs,
    is_running,
    must_run,
    placed_later,
    read_inputs,
    to_body,
    to_state,
    with_defaults,
)
from .removal import remove
from .values import Body

# States in which a container is up; "restarting" ends without a call.
_UP = ("running", "restarting")


class ContainerKind(ResourceKind):
    """One container of the engine."""

    token: ClassVar[str] = "docker:index/container:Container"
    unknown_outputs: ClassVar[dict[str, str]] = {"networksAdvanced": "networkDatas"}

    def check(
        self, ctx: Context, name: str, old: Values | None, new: Values, seed: bytes
    ) -> tuple[Values, list[Failure]]:
        failures = container_check.check(new, ctx.api.api_version)
        if not failures:
            failures = container_obstacles.failures(ctx, old, new)
            for warning in container_warnings.warnings(ctx, old, new):
                ctx.log("warning", placed(ctx.urn, warning))
        return new, failures

    def diff(
        self, ctx: Context, id: str, old_inputs: Values, old_state: Values, new: Values
    ) -> Diff:
        diff = Diff(changes=container_diff.changes(old_inputs, new))
        if "envs" in diff.changes and _lacks_already(ctx, id, old_inputs, new):
            diff.changes["envs"] = "update"
        if not diff.replaces and container_networks.mac_needs_another(ctx, id, old_inputs, new):
            diff.changes["networksAdvanced"] = "replace"
        listed = ctx.cache.containers().get(id)
        if diff.replaces:
            moved = container_diff.anonymous(listed, old_inputs, new)
            container_diff.tell_order(diff, old_inputs, old_state, new, moved)
        if "networksAdvanced" in diff.changes and not diff.replaces:
            diff.reason = container_networks.moved_ports(ctx, old_inputs, new)
        if listed and listed["State"] in replacement.HALF_REMOVED:
            return diff  # see `missing_reason`
        if not diff.replaces and listed and must_run(new) and listed["State"] not in _UP:
            diff.changes["mustRun"] = "update"
            diff.reason = f"the container is {listed['State']} and will be started again"
        return diff

    def missing_reason(self, ctx: Context, id: str, inputs: Values, state: Values) -> str | None:
        listed = ctx.cache.containers().get(id)
        if listed and listed["State"] in replacement.HALF_REMOVED:
            return "the engine was interrupted while removing the container"
        if listed or ctx.api.find(f"/containers/{id}/json"):
            return None
        return "the container was removed"

    def create(self, ctx: Context, name: str, inputs: Values) -> tuple[str, Values]:
        if ctx.preview:
            unknown = {key: UNKNOWN for key in (*OUTPUTS_ONLY, "name", "hostname")}
            return "", {**unknown, **with_defaults(inputs)}
        api = ctx.api.api_version
        wanted = inputs.get("name") or f"{name}-{secrets.token_hex(4)[:7]}"
        olds = replacement.replaced(ctx, inputs)
        taken = any(old.name == wanted for old in olds)
        first_name = f"{wanted}-new-{secrets.token_hex(3)}" if taken else wanted
        body = to_body(inputs, api)
        body["Labels"] = {**body.get("Labels", {}), **own_labels(ctx)}
        if body.get("MacAddress"):
            container_networks.name_network(ctx, body)
        replacement.take_over(ctx, olds, body, inputs)
        params = {"name": first_name}
        if inputs.get("platform"):
            params["platform"] = inputs["platform"]
        ctx.status("creating the container")
        ctx.begin()
        try:
            answer = ctx.api.call("POST", "/containers/create", body=body, params=params)
        except EngineError:
            ctx.journal.end(ctx.urn)  # rejected: nothing was created
            raise
        identity = answer["Id"]
        exchange = replacement.Replacement([])
        try:
            for entry in placed_later(inputs, api):
                container_networks.connect(ctx, identity, entry)
            container_run.put_files(ctx, identity, inputs.get("uploads") or [])
            exchange.stop_old(ctx, olds, wanted)
            if taken:
                ctx.api.call("POST", f"/containers/{identity}/rename", params={"name": wanted})
            if inputs.get("start", True):
                ctx.status("starting the container")
                container_run.start(ctx, identity, inputs)
                exchange.ended()
                if exchange.parked and must_run(inputs) and not inputs.get("wait"):
                    container_run.watch_start(ctx, identity)
                exchange.report_downtime(ctx, healthy=bool(inputs.get("wait")))
            found = ctx.api.call("GET", f"/containers/{identity}/json")
        except BaseException as error:
            # Remove the unfinished container and start the old ones again.
            self._discard(ctx, identity)
            if said := exchange.restore_old(ctx):
                raise Fault(f"{explain(error, ctx.api.host)}{said}") from error
            raise
        return identity, self._state(ctx, inputs, found)

    def read(
        self, ctx: Context, id: str, inputs: Values, state: Values
    ) -> tuple[str, Values, Values] | None:
        found = container_networks.inspect(ctx, id)
        if found is None:
            return None
        if inputs:
            inputs = read_inputs(inputs, found)
        else:
            image = ctx.api.find(f"/images/{found['Image']}/json") or {}
            inputs = import_inputs(found, image)
        return found["Id"], to_state(inputs, found, logs=state.get("containerLogs")), inputs

    def update(
        self, ctx: Context, id: str, old_inputs: Values, old_state: Values, new: Values
    ) -> Values:
        changes = container_diff.changes(old_inputs, new)
        if ctx.preview:
            unknown = {"networkDatas": UNKNOWN} if "networksAdvanced" in changes else {}
            return {**old_state, **new, **unknown}
        found = container_networks.inspect(ctx, id)
        if found is None:
            raise Fault(
                f"container {id[:12]} was removed\n"
                "  what to do: run `pulumi up` again, which creates a new one"
            )
        if limits := _limits(changes, new, found):
            ctx.api.call("POST", f"/containers/{id}/update", body=limits)
        # An update that failed after the rename is repeated as a whole.
        if "name" in changes and found["Name"].removeprefix("/") != new["name"]:
            ctx.api.call("POST", f"/containers/{id}/rename", params={"name": new["name"]})
        if "networksAdvanced" in changes:
            container_networks.move(ctx, id, old_inputs, new, found)
        if "uploads" in changes:
            container_reload.reload(ctx, id, new, running=is_running(found))
        if must_run(new):
            if found["State"].get("Paused"):
                ctx.api.call("POST", f"/containers/{id}/unpause")
            elif not is_running(found):
                container_run.start(ctx, id, new)
        found = ctx.api.call("GET", f"/containers/{id}/json")
        return to_state(new, found, logs=old_state.get("containerLogs"))

    def delete(self, ctx: Context, id: str, inputs: Values, state: Values) -> None:
        container_reload.drain(ctx, id, inputs)
        with ctx.cache.one_removal_at_a_time():
            try:
                ctx.status("stopping the container")
                container_run.stop(ctx, id, container_run.grace(inputs))
            except NotFound:
                return
            remove(ctx, id, volumes=inputs.get("removeVolumes", True))

    def _state(self, ctx: Context, inputs: Values, found: Body) -> Values:
        logs = None
        if inputs.get("attach") and inputs.get("logs"):
            logs = container_run.logs(ctx, found)
        return to_state(inputs, found, logs=logs)

    def _discard(self, ctx: Context, identity: str) -> None:
        try:
            remove(ctx, identity, volumes=True)
            ctx.journal.end(ctx.urn)
        except Exception as error:
            # The first error is the one to report; the next run finds the container in the journal.
            ctx.log("warning", f"cannot remove the failed container {identity[:12]}: {error}")


def _lacks_already(ctx: Context, id: str, old: Values, new: Values) -> bool:
    """Whether the environments differ only in bare names, and the container has none of these
    variables: then the container is as if it had been created with them."""
    names = container_diff.added_bare_names(old, new)
    found = ctx.api.find(f"/containers/{id}/json") if names else None
    if found is None:
        return False
    has = {str(line).partition("=")[0] for line in found["Config"].get("Env") or []}
    return not has & names


_UPDATE_KEYS = {
    "memory": "Memory",
    "memoryReservation": "MemoryReservation",
    "memorySwap": "MemorySwap",
    "cpus": "NanoCPUs",
    "cpuShares": "CpuShares",
    "cpuSet": "CpusetCpus",
    "cpuPeriod": "CpuPeriod",
    "cpuQuota": "CpuQuota",
}


def _limits(changes: dict[str, Any], new: Values, found: Body) -> Body:
    """The body of POST /containers/{id}/update for the changed limits."""
    wanted = to_body({key: new[key] for key in _UPDATE_KEYS if new.get(key)}, (1, 41))["HostConfig"]
    wanted["NanoCPUs"] = wanted.get("NanoCpus")
    body = {api: wanted[api] for key, api in _UPDATE_KEYS.items() if key in changes}
    if "Memory" in body and "MemorySwap" not in body:
        # The engine needs both. Its own default at creation is as much swap as memory.
        unlimited = found["HostConfig"].get("MemorySwap") == -1
        body["MemorySwap"] = wanted.get("MemorySwap") or (-1 if unlimited else 2 * body["Memory"])
    if "restart" in changes or "maxRetryCount" in changes:
        body["RestartPolicy"] = {
            "Name": new.get("restart") or "no",
            "MaximumRetryCount": new.get("maxRetryCount") or 0,
        }
    return body
