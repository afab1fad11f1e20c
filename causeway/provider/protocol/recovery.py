"""Cleans up what killed runs of this state left, once, before the first change of a run.

An object is removed only on three conditions: it carries the state's identity, the journal says
that a run on this machine began it, and it is not in the state. A container that was stopped for a
successor which was never recorded is started again. Volumes stay: their data may be the only copy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any

from causeway.contract import RUN_LABEL, STATE_LABEL, URN_LABEL
from causeway.engine.client import filters
from causeway.engine.faults import EngineError, Fault
from causeway.provider.container import replacement
from causeway.provider.container.removal import remove
from causeway.provider.network import network
from causeway.provider.resource.kind import Context
from causeway.provider.resource.recorded import Recorded
from causeway.state.journal import KilledRuns

_BEGUN = "left by a killed update and not in the state"
# The kinds of Swarm objects and the paths of their lists.
_SWARM = (("service", "/services"), ("secret", "/secrets"), ("config", "/configs"))


def clean_up(ctx: Context, left: KilledRuns) -> None:
    """Remove the objects, and start the containers, that journals and state prove to be left over.

    Without the state nothing is proven, and nothing is touched.
    """
    recorded = ctx.recorded()
    if recorded is None:
        ctx.log(
            "warning",
            "an update was killed, and Pulumi's state cannot be read to find what it left on the "
            "engine: nothing is removed\n  what to do: `causeway leftovers` lists it, and with "
            "`--remove` removes it after asking",
        )
        return
    failed = []
    for what, step in _steps(ctx, left, recorded):
        try:
            ctx.log("info", what)
            step()
        except (EngineError, Fault) as error:
            failed.append(f"{what}: {error}")
    if failed:
        ctx.log("warning", "the cleanup failed: " + "\n  ".join(failed))
        return
    for file in left.files:
        with suppress(OSError):
            file.unlink()


def resources_with_leftovers(ctx: Context, left: KilledRuns) -> frozenset[str]:
    """The URNs of the objects that `settle` would remove. A run without other changes needs them to
    get there."""
    recorded = ctx.recorded()
    if recorded is None:
        return frozenset()
    is_left = _rule(ctx, left, recorded)
    listed = (ctx.cache.containers(), ctx.cache.networks())
    return frozenset(each["Labels"][URN_LABEL] for all in listed for each in _left_of(all, is_left))


Rule = Callable[[dict[str, str] | None, str], bool]


def _rule(ctx: Context, left: KilledRuns, recorded: Recorded) -> Rule:
    def is_left(labels: dict[str, str] | None, identity: str) -> bool:
        marks = labels or {}
        return (
            marks.get(STATE_LABEL) == ctx.origin.identity
            and (marks.get(RUN_LABEL, ""), marks.get(URN_LABEL, "")) in left.begun
            and identity not in recorded.resources
        )

    return is_left


def _steps(
    ctx: Context, left: KilledRuns, recorded: Recorded
) -> Iterator[tuple[str, Callable[[], object]]]:
    """The steps in order, each as a message and a call."""
    is_left = _rule(ctx, left, recorded)
    for each in _left_of(ctx.cache.containers(), is_left):
        yield f"removing container {_name(each)}, {_BEGUN}", partial(_container, ctx, each["Id"])
    for parked in left.parked:
        known = recorded.resources.get(parked.id)
        if (
            known is not None
            and not known.pending_delete
            and ctx.api.find(f"/containers/{parked.id}/json")
        ):
            yield (
                f"starting container {parked.name}, which a killed update had stopped",
                partial(replacement.restore, ctx, parked),
            )
    if (ctx.api.info.get("Swarm") or {}).get("ControlAvailable"):
        for word, path in _SWARM:
            marked = filters(label=[f"{STATE_LABEL}={ctx.origin.identity}"])
            for each in ctx.api.call("GET", path, params=marked) or []:
                if is_left(each["Spec"].get("Labels"), each["ID"]):
                    yield (
                        f"removing {word} {each['Spec']['Name']}, {_BEGUN}",
                        partial(ctx.api.call, "DELETE", f"{path}/{each['ID']}"),
                    )
    for each in _left_of(ctx.cache.networks(), is_left):
        yield f"removing network {each['Name']}, {_BEGUN}", partial(_network, ctx, each["Id"])


def _left_of(listed: dict[str, dict[str, Any]], is_left: Rule) -> list[dict[str, Any]]:
    return [each for each in listed.values() if is_left(each.get("Labels"), each["Id"])]


def _container(ctx: Context, identity: str) -> None:
    remove(ctx, identity, volumes=True)
    ctx.cache.containers().pop(identity)


def _network(ctx: Context, identity: str) -> None:
    network.remove(ctx, identity)
    ctx.cache.networks().pop(identity)


def _name(container: dict[str, Any]) -> str:
    return str((container.get("Names") or [container["Id"][:12]])[0]).lstrip("/")
