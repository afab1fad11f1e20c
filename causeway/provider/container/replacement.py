"""Replaces an old container by a new one: which ones are old, what moves over, and the rollback.

Where both cannot run at the same time, the new one is created but not started; then the old one is
stopped, renamed and kept until the new one runs. If that fails, the old one is started again.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from causeway.contract import RENEW_LABEL, RUN_LABEL, URN_LABEL
from causeway.engine.faults import EngineError, Fault
from causeway.provider.resource.kind import Context
from causeway.provider.resource.ownership import is_marked, owner
from causeway.provider.resource.values import Values
from causeway.state.journal import StoppedContainer

from . import reload as container_reload
from . import start as container_run
from .body import import_inputs, is_running
from .exclusive import clashes, unshareable, written_by_both
from .reload import label
from .removal import remove
from .values import Body

# States of a container whose removal was interrupted: it cannot be started or renamed.
HALF_REMOVED = ("dead", "removing")
_NO_RESTART = {"Name": "no", "MaximumRetryCount": 0}


@dataclass(frozen=True, slots=True)
class Old:
    """A container that this update removes, and the reasons why it has to stop first, if any.

    `is_predecessor` says that the new container replaces it and takes over its anonymous volumes.
    """

    found: Body
    obstacles: tuple[str, ...]
    is_predecessor: bool

    @property
    def name(self) -> str:
        return str(self.found["Name"]).removeprefix("/")


def replaced(ctx: Context, new: Values) -> list[Old]:
    """The containers that this update removes and that the new one replaces or conflicts with.

    These are the one that Pulumi compared the inputs with, others of the resource that the state
    holds (because their deletion is pending, or `--replace` named the resource), and those of
    services that the program no longer has. Raises Fault for a container of this resource that is
    not in the state and conflicts with the new one.
    """
    found = []
    for identity, is_predecessor in _candidates(ctx, new):
        inspected = ctx.api.find(f"/containers/{identity}/json")
        if inspected is not None and inspected["State"]["Status"] in HALF_REMOVED:
            remove(ctx, identity, volumes=False)
            found.append(Old(inspected, (), is_predecessor))
        elif inspected is not None:
            moved = anonymous(inspected, new) if is_predecessor else {}
            obstacles = tuple(clashes(*_described(inspected), new, moved))
            found.append(Old(inspected, obstacles, is_predecessor))
    return found


def _described(found: Body) -> tuple[Values, str]:
    return import_inputs(found, {}), found["Name"].removeprefix("/")


def _candidates(ctx: Context, new: Values) -> Iterator[tuple[str, bool]]:
    """Container ids, each with whether it is the predecessor."""
    if ctx.current is not None:
        yield ctx.current, True
    for container in list(ctx.cache.containers().values()):
        labels, identity = container.get("Labels") or {}, container["Id"]
        urn = labels.get(URN_LABEL, "")
        if identity == ctx.current or labels.get(RUN_LABEL) == ctx.run:
            continue
        if not is_marked(ctx, labels):
            continue
        if urn == ctx.urn:
            # Pulumi did not name this container in this run: only the state knows it.
            recorded = ctx.recorded()
            known = recorded.resources.get(identity) if recorded else None
            if known is None:
                _refuse_unrecorded(ctx, identity, new)
            elif known.pending_delete or known.urn == ctx.urn:
                yield identity, ctx.current is None and not known.pending_delete
        elif ctx.cache.is_dropped(urn):
            yield identity, False


def _refuse_unrecorded(ctx: Context, identity: str, new: Values) -> None:
    """Raises Fault when a container that is not in the state conflicts with the new one."""
    found = ctx.api.find(f"/containers/{identity}/json")
    if found is None:
        return
    inputs, name = _described(found)
    said = f"container {name}, {owner(found['Config'].get('Labels'), found['Created'])}"
    if is_running(found):
        why = unshareable(inputs, name, new) + written_by_both(inputs, new)
    else:
        why = unshareable({}, name, new)  # stopped, it occupies no port and no address
    if why:
        raise Fault(
            f"{said}, is in the way ({'; '.join(why)}) and not in the state: an update on another "
            "machine was killed, or the container was kept on purpose\n  what to do: `causeway "
            "leftovers` lists such containers and, with `--remove`, removes them after asking"
        )
    ctx.log("warning", f"{said}, is not in the state: `causeway leftovers` shows it")


def anonymous(found: Body, new: Values) -> dict[str, str]:
    """Mount point -> name of the anonymous volumes that the new container takes over."""
    if label(new, RENEW_LABEL) == "true":
        return {}
    host = found["HostConfig"]
    named = {line.split(":", 1)[0] for line in host.get("Binds") or []}
    named |= {mount.get("Source") for mount in host.get("Mounts") or []}
    return {
        mount["Destination"]: mount["Name"]
        for mount in found.get("Mounts") or []
        if mount.get("Type") == "volume" and _is_anonymous(mount, named)
    }


def _is_anonymous(mount: dict[str, Any], named: set[Any]) -> bool:
    # A volume taken over from a predecessor is named in this container's settings, by its long id.
    name = str(mount.get("Name") or "")
    return name not in named or (len(name) == 64 and not set(name) - set("0123456789abcdef"))


def take_over(ctx: Context, olds: Sequence[Old], body: Body, new: Values) -> None:
    """Add the old container's anonymous volumes to the body, where the new one has one as well."""
    volumes = next((anonymous(old.found, new) for old in olds if old.is_predecessor), {})
    if not volumes:
        return
    host = body["HostConfig"]
    for mount in host.get("Mounts") or []:
        if mount["Type"] == "volume" and not mount.get("Source"):
            if source := volumes.pop(mount["Target"], None):
                mount["Source"] = source
        else:
            volumes.pop(mount["Target"], None)
    for line in host.get("Binds") or []:
        volumes.pop(line.split(":")[1], None)
    for folder in host.get("Tmpfs") or {}:
        volumes.pop(folder, None)
    image = ctx.api.find(f"/images/{body['Image']}/json") or {}
    declared = {*(body.get("Volumes") or {}), *((image.get("Config") or {}).get("Volumes") or {})}
    for folder in sorted(declared & volumes.keys()):
        (body.get("Volumes") or {}).pop(folder, None)
        host.setdefault("Binds", []).append(f"{volumes[folder]}:{folder}")


def noted(ctx: Context, old: Old) -> StoppedContainer:
    """What is needed to restore the container; recorded in the journal before it is changed."""
    state = old.found["State"]
    parked = StoppedContainer(
        id=old.found["Id"],
        name=old.name,
        policy=old.found["HostConfig"].get("RestartPolicy") or _NO_RESTART,
        running=bool(state.get("Running") or state.get("Restarting")),
        urn=ctx.urn,
    )
    with suppress(OSError):  # without a journal, a kill from here on leaves it stopped
        ctx.journal.record_stopped(parked)
    return parked


def stop(ctx: Context, old: Old, inputs: Values) -> None:
    """Stop a container for its successor, with its own time to stop."""
    identity, state = old.found["Id"], old.found["State"]
    if not (state.get("Running") or state.get("Restarting")):
        return
    if not old.found["HostConfig"].get("AutoRemove"):
        # Otherwise a restart of the engine would start it beside its successor.
        _policy(ctx, identity, _NO_RESTART)
    ctx.status(f"stopping {old.name}")
    with ctx.cache.one_removal_at_a_time():
        container_run.stop(ctx, identity, container_run.grace(inputs))


def rename_old(ctx: Context, old: Old, name: str) -> None:
    """Rename the old container if the new one needs its name."""
    if old.name == name:
        aside = f"{name}-old-{secrets.token_hex(3)}"
        ctx.api.call("POST", f"/containers/{old.found['Id']}/rename", params={"name": aside})


def restore(ctx: Context, parked: StoppedContainer) -> None:
    """Restore the name and restart policy of a container that was set aside, and start it."""
    found = ctx.api.find(f"/containers/{parked.id}/json")
    if found is None:
        raise Fault(f"container {parked.name} no longer exists and cannot be started again")
    if found["Name"].removeprefix("/") != parked.name:
        ctx.api.call("POST", f"/containers/{parked.id}/rename", params={"name": parked.name})
    if parked.running:
        _policy(ctx, parked.id, parked.policy)
        ctx.api.call("POST", f"/containers/{parked.id}/start")


def _policy(ctx: Context, id: str, policy: dict[str, Any]) -> None:
    ctx.api.call("POST", f"/containers/{id}/update", body={"RestartPolicy": policy})


@dataclass(slots=True)
class Replacement:
    """One replacement: the containers set aside, and the start and length of the downtime."""

    parked: list[StoppedContainer]
    since: float = 0.0
    gap: float = 0.0

    def stop_old(self, ctx: Context, olds: Sequence[Old], name: str) -> None:
        """Stop the containers that cannot run beside the new one, and free its name."""
        for old in olds:
            if not old.obstacles:
                continue
            identity = old.found["Id"]
            inputs = ctx.current_inputs if identity == ctx.current else _described(old.found)[0]
            self.parked.append(noted(ctx, old))
            container_reload.drain(ctx, identity, inputs)
            self.since = self.since or time.monotonic()
            stop(ctx, old, inputs)
            rename_old(ctx, old, name)

    def ended(self) -> None:
        """Record that the new container serves from now on."""
        self.gap = time.monotonic() - self.since

    def report_downtime(self, ctx: Context, healthy: bool) -> None:
        """Report how long the service was down, now that the new container is up."""
        if any(parked.running for parked in self.parked):
            stands = "healthy" if healthy else "running"
            ctx.log(
                "info", f"{self.gap:.1f} s without service, until the new container was {stands}"
            )

    def restore_old(self, ctx: Context) -> str:
        """Start the old containers again; the result describes this for the error message."""
        if not self.parked:
            return ""
        said = []
        for parked in self.parked:
            try:
                restore(ctx, parked)
                if parked.running:
                    gap = time.monotonic() - self.since
                    said.append(
                        f"the old container {parked.name} serves again, after {gap:.1f} s without "
                        "service"
                    )
            except (EngineError, Fault) as error:
                said.append(f"the old container {parked.name} could not be restored: {error}")
        return "".join(f"\n  {line}" for line in said)
