"""docker:index/service:Service: a Swarm service, updated in place by the swarm's own roll-out.

Only another name, or a change between replicated and global, needs a new service.
"""

from __future__ import annotations

import secrets
import time
from typing import Any, ClassVar

from causeway.engine import logins
from causeway.engine.client import filters
from causeway.engine.faults import EngineError, Fault, NotFound
from causeway.provider.inputs.durations import to_nanoseconds
from causeway.provider.inputs.plain import UNKNOWN, has_unknown
from causeway.provider.inputs.shape import from_api, overlay, to_api
from causeway.provider.network import limits
from causeway.provider.resource.kind import Context, ResourceKind
from causeway.provider.resource.ownership import foreign_labels, own_labels
from causeway.provider.resource.values import Diff, Failure, Values, changed

from .service_shape import BESIDE, SERVICE

_CONVERGE_DELAY, _CONVERGE_TIMEOUT = "7s", "3m"
_NANOSECONDS = 1_000_000_000
UPDATE_TRIES = 5


class ServiceKind(ResourceKind):
    token: ClassVar[str] = "docker:index/service:Service"

    def lives_in_swarm(self, state: Values) -> bool:
        return True

    def check(
        self, ctx: Context, name: str, old: Values | None, new: Values, seed: bytes
    ) -> tuple[Values, list[Failure]]:
        failures = [
            Failure(key, "is not an input of a service")
            for key in new.keys() - SERVICE.keys() - set(BESIDE)
        ]
        task = new.get("taskSpec")
        if isinstance(task, dict) and not (task.get("containerSpec") or {}).get("image"):
            failures.append(Failure("taskSpec.containerSpec.image", "required: an image"))
        mode = new.get("mode")
        if isinstance(mode, dict) and mode.get("global") and mode.get("replicated"):
            failures.append(Failure("mode", "set either global or replicated, not both"))
        endpoint = new.get("endpointSpec")
        if isinstance(endpoint, dict) and endpoint.get("mode") == "dnsrr":
            for index, port in enumerate(endpoint.get("ports") or []):
                if port.get("publishMode") != "host":
                    failures.append(
                        Failure(
                            f"endpointSpec.ports[{index}]",
                            "mode dnsrr allows only ports with publishMode host",
                        )
                    )
        if not has_unknown(new):
            failures += _spelling(new)
            # An existing service is not checked again for what it has always lacked.
            if not failures and _reached(old or {}) != _reached(new):
                failures += limits.missing_ipvs(new, ctx.cache.facts())
        return new, failures

    def diff(
        self, ctx: Context, id: str, old_inputs: Values, old_state: Values, new: Values
    ) -> Diff:
        diff = Diff()
        for key in changed(_canonical(old_inputs), _canonical(new)):
            replaced = key == "name" and new.get("name") is not None
            replaced |= key == "mode" and _is_global(old_inputs) != _is_global(new)
            if key == "name" and new.get("name") is None:
                continue
            diff.changes[key] = "replace" if replaced else "update"
        if diff.replaces and new.get("name") and new["name"] == old_state.get("name"):
            diff.delete_before_replace = True
            diff.reason = f"the old service is deleted first: the name {new['name']!r} is fixed"
        return diff

    def create(self, ctx: Context, name: str, inputs: Values) -> tuple[str, Values]:
        if ctx.preview:
            return "", {**inputs, "name": inputs.get("name", UNKNOWN)}
        wanted = {**inputs, "name": inputs.get("name") or f"{name}-{secrets.token_hex(4)[:7]}"}
        body = _body(ctx, wanted)
        ctx.begin()
        try:
            answer = ctx.api.call("POST", "/services/create", body=body, auth=_auth(inputs))
        except EngineError:
            ctx.journal.end(ctx.urn)  # rejected: nothing was created
            raise
        try:
            _converge(ctx, answer["ID"], inputs)
        except BaseException:
            self.delete(ctx, answer["ID"], inputs, {})
            ctx.journal.end(ctx.urn)
            raise
        return answer["ID"], wanted

    def read(
        self, ctx: Context, id: str, inputs: Values, state: Values
    ) -> tuple[str, Values, Values] | None:
        found = ctx.api.find(f"/services/{id}")
        if found is None:
            return None
        actual = from_api(SERVICE, _without_own(found["Spec"]))
        if inputs:
            seen = {key: value for key, value in inputs.items() if key in SERVICE}
            inputs = {**inputs, **overlay(seen, actual)}
        else:
            inputs = actual
        return found["ID"], {**inputs, "name": found["Spec"]["Name"]}, inputs

    def update(
        self, ctx: Context, id: str, old_inputs: Values, old_state: Values, new: Values
    ) -> Values:
        named = {**new, "name": new.get("name") or old_state["name"]}
        if ctx.preview:
            return named
        _send_update(ctx, id, _body(ctx, named), _auth(new))
        _converge(ctx, id, new)
        return named

    def delete(self, ctx: Context, id: str, inputs: Values, state: Values) -> None:
        try:
            ctx.api.call("DELETE", f"/services/{id}")
        except NotFound:
            return
        # Its containers are removed later; networks and secrets stay in use until the last is gone.
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            mine = {"all": 1, **filters(label=[f"com.docker.swarm.service.id={id}"])}
            if not ctx.api.call("GET", "/containers/json", params=mine):
                return
            time.sleep(0.2)
        ctx.log("warning", f"containers of service {id} are still stopping")


def _send_update(ctx: Context, id: str, body: dict[str, Any], auth: str | None) -> None:
    """Send an update for the current version; the swarm itself may create a newer one meanwhile."""
    for left in reversed(range(UPDATE_TRIES)):
        version = ctx.api.call("GET", f"/services/{id}")["Version"]["Index"]
        try:
            ctx.api.call(
                "POST", f"/services/{id}/update", body=body, auth=auth, params={"version": version}
            )
            return
        except EngineError as error:
            if "out of sequence" not in str(error) or not left:
                raise


def _body(ctx: Context, inputs: Values) -> dict[str, Any]:
    body = to_api(SERVICE, inputs)
    body["Labels"] = {**body.get("Labels", {}), **own_labels(ctx)}
    return body


def _without_own(spec: dict[str, Any]) -> dict[str, Any]:
    return {**spec, "Labels": foreign_labels(spec.get("Labels"))}


def _auth(inputs: Values) -> str | None:
    auth = inputs.get("auth")
    if not auth:
        return None
    return logins.header(
        {
            "username": auth.get("username", ""),
            "password": auth.get("password", ""),
            "serveraddress": auth["serverAddress"],
        }
    )


def _reached(inputs: Values) -> tuple[Any, Any]:
    """The inputs that decide how a service is reached: its endpoint and its networks."""
    return inputs.get("endpointSpec"), (inputs.get("taskSpec") or {}).get("networksAdvanceds")


def _is_global(inputs: Values) -> bool:
    return bool((inputs.get("mode") or {}).get("global"))


def _canonical(inputs: Values) -> Values:
    """Inputs in the form in which the engine would store them, regardless of spelling."""
    if has_unknown(inputs):
        return inputs
    canonical = {key: to_api({key: SERVICE[key]}, inputs) for key in inputs.keys() & SERVICE.keys()}
    return {**canonical, **{key: inputs[key] for key in BESIDE if inputs.get(key)}}


def _spelling(inputs: Values) -> list[Failure]:
    """Values that cannot be converted: durations, ratios, resource lists."""
    failures = []
    for key in inputs.keys() & SERVICE.keys():
        try:
            to_api({key: SERVICE[key]}, inputs)
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            failures.append(Failure(key, f"invalid value: {error}"))
    return failures


def _converge(ctx: Context, id: str, inputs: Values) -> None:
    """With convergeConfig, wait until the desired number of tasks is running. Raises Fault with the
    errors of the tasks."""
    config = inputs.get("convergeConfig")
    if not config:
        return
    delay = to_nanoseconds(config.get("delay") or _CONVERGE_DELAY) / _NANOSECONDS
    limit = to_nanoseconds(config.get("timeout") or _CONVERGE_TIMEOUT) / _NANOSECONDS
    deadline = time.monotonic() + limit
    while True:
        # Only the list reports the number of running tasks.
        by_id = {"status": "true", **filters(id=[id])}
        found = ctx.api.call("GET", "/services", params=by_id)[0]
        status = found.get("ServiceStatus") or {}
        running, wanted = status.get("RunningTasks", 0), status.get("DesiredTasks", 0)
        ctx.status(f"{running} of {wanted} tasks are running")
        state = (found.get("UpdateStatus") or {}).get("State")
        if running == wanted and state not in ("updating", "rollback_started"):
            if state in ("paused", "rollback_paused", "rollback_completed"):
                words = found["UpdateStatus"].get("Message", "")
                raise Fault(f"the swarm's roll-out ended in {state}: {words}{_errors(ctx, id)}")
            return
        if time.monotonic() > deadline or ctx.cancelled():
            raise Fault(
                f"the service has not converged in {limit:g} s: {running} of {wanted} tasks are "
                f"running{_errors(ctx, id)}"
            )
        time.sleep(min(delay, max(0.1, deadline - time.monotonic())))


def _errors(ctx: Context, id: str) -> str:
    tasks = ctx.api.call("GET", "/tasks", params=filters(service=[id]))
    said = sorted({task["Status"].get("Err", "") for task in tasks} - {""})
    return "".join(f"\n  {line}" for line in said)
