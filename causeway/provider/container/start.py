"""Starts a container: copies its files in, waits until it is up, and reports logs when it is not.

The wait follows the engine's events; it ends early when the container exits or becomes unhealthy.
"""

from __future__ import annotations

import base64
import io
import re
import tarfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime

from causeway.engine.client import filters
from causeway.engine.faults import EngineError, Fault
from causeway.provider.resource.kind import Context
from causeway.provider.resource.values import Values

from .values import Body

LOG_LINES = 20
STOP_SECONDS = 10
# Time for the engine in addition to the seconds that a container gets to stop.
_MARGIN_SECONDS = 30
# How long a new container has to run before the one that it replaces is deleted.
WATCH_SECONDS = 1.0
STANDS_POLL_SECONDS = 0.1
ATTACH_SECONDS = 24 * 3600
# How often a container with a restart policy may exit before the wait for it fails.
EXITS_WHILE_RESTARTING = 3


def put_files(ctx: Context, id: str, uploads: list[Values]) -> None:
    """Copy the declared files into a container, as one archive."""
    if not uploads:
        return
    try:
        ctx.api.put_archive(id, "/", _packed(uploads, "/"))
    except EngineError as error:
        if "rootfs is marked read-only" not in str(error):
            raise
        # A read-only container accepts files only below a mounted volume, addressed by its folder.
        for folder in sorted({_folder(upload) for upload in uploads}):
            group = [upload for upload in uploads if _folder(upload) == folder]
            ctx.api.put_archive(id, folder, _packed(group, folder))


def _folder(upload: Values) -> str:
    return str(upload["file"]).rpartition("/")[0] or "/"


def _packed(uploads: list[Values], folder: str) -> bytes:
    """A tar archive of the files, to be extracted in `folder`."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for upload in uploads:
            data = _content(upload)
            entry = tarfile.TarInfo(upload["file"].removeprefix(folder).lstrip("/"))
            entry.size, entry.mtime = len(data), int(time.time())
            mode = upload.get("permissions")
            entry.mode = int(mode, 8) if mode else 0o744 if upload.get("executable") else 0o644
            archive.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


def _content(upload: Values) -> bytes:
    if upload.get("source") is not None:
        with open(upload["source"], "rb") as handle:
            return handle.read()
    if upload.get("contentBase64") is not None:
        return base64.b64decode(upload["contentBase64"])
    return str(upload["content"]).encode()


def grace(inputs: Values) -> int:
    """The seconds between the stop signal and SIGKILL; a negative number means no limit."""
    given = (inputs.get("destroyGraceSeconds"), inputs.get("stopTimeout"), STOP_SECONDS)
    return int(next(value for value in given if value is not None))


def stop(ctx: Context, id: str, seconds: int) -> None:
    """Stop a container and wait until it has exited. Raises NotFound."""
    waits = seconds if seconds >= 0 else ATTACH_SECONDS
    ctx.api.call(
        "POST", f"/containers/{id}/stop", params={"t": seconds}, timeout=_MARGIN_SECONDS + waits
    )


def start(ctx: Context, id: str, inputs: Values) -> Body:
    """Start the container, wait for what the inputs require, and return its inspection.

    Raises Fault with the last log lines and health check output when it does not come up.
    """
    waits = bool(inputs.get("wait"))
    limit = float(inputs.get("waitTimeout") or 60)
    if inputs.get("attach") and not waits:
        return _until_ended(ctx, id)
    with _listen(ctx, id, limit) if waits else nullcontext() as events:
        ctx.api.call("POST", f"/containers/{id}/start")
        found: Body = ctx.api.call("GET", f"/containers/{id}/json")
        if events is not None:
            found = _until_healthy(ctx, id, found, events, limit)
        elif inputs.get("mustRun", True) and _has_ended(found):
            raise Fault(
                f"the container {_ending(found)} right after its start{evidence(ctx, found)}"
            )
    return found


def watch_start(ctx: Context, id: str) -> None:
    """Watch a container without a health check for STANDS_SECONDS, while the old one can still be
    started again. Raises Fault when it exits or restarts within that time."""
    deadline = time.monotonic() + WATCH_SECONDS
    while time.monotonic() < deadline:
        found = ctx.api.call("GET", f"/containers/{id}/json")
        if _has_ended(found) or found["State"].get("Restarting") or found.get("RestartCount"):
            raise Fault(
                f"the container {_ending(found)} right after its start{evidence(ctx, found)}"
            )
        time.sleep(STANDS_POLL_SECONDS)


def _until_ended(ctx: Context, id: str) -> Body:
    """Start the container and wait until it exits; with `rm`, it no longer exists then."""
    found: Body = ctx.api.call("GET", f"/containers/{id}/json")
    exit_code = ctx.api.wait_for_exit(id, ATTACH_SECONDS)
    ctx.api.call("POST", f"/containers/{id}/start")
    ctx.status("waiting for the container to exit")
    code = exit_code()
    found = ctx.api.find(f"/containers/{id}/json") or found
    found["State"].update({"Status": "exited", "Running": False, "ExitCode": code})
    return found


def _listen(ctx: Context, id: str, seconds: float) -> AbstractContextManager[Iterator[Body]]:
    """The engine's events of one container for `seconds`; the connection has the same limit."""
    until = {"until": int(time.time() + seconds + 1)}
    wanted = filters(container=[id], event=["health_status", "die"])
    return ctx.api.events("GET", "/events", params=until | wanted, timeout=seconds + 5)


def _until_healthy(
    ctx: Context, id: str, found: Body, events: Iterator[Body], limit: float
) -> Body:
    if not found["State"].get("Health") and not _has_ended(found):
        raise Fault(
            "`wait` needs a healthcheck, and neither the container nor its image declares one\n"
            "  what to do: declare one, or remove `wait`"
        )
    exits = 0
    policy = found["HostConfig"]["RestartPolicy"]["Name"]
    allowed = 0 if policy in ("", "no") else EXITS_WHILE_RESTARTING
    ctx.status(f"waiting until the container is healthy (at most {limit:g} s)")
    deadline = time.monotonic() + limit
    while True:
        health = (found["State"].get("Health") or {}).get("Status")
        if health == "healthy":
            return found
        if _has_ended(found) or exits > allowed:
            raise Fault(
                f"the container {_ending(found)} before it was healthy{evidence(ctx, found)}"
            )
        if health == "unhealthy" and _last_check(found).get("ExitCode"):
            raise Fault(f"the container became unhealthy{evidence(ctx, found)}")
        event = next(events, None)
        if event is None or time.monotonic() > deadline:
            found = ctx.api.call("GET", f"/containers/{id}/json")
            if (found["State"].get("Health") or {}).get("Status") == "healthy":
                return found
            raise Fault(
                f"the container was not healthy after {limit:g} s (health status: {health})"
                f"{evidence(ctx, found)}"
            )
        exits += event.get("Action", event.get("status")) == "die" and not _is_past(event, found)
        found = ctx.api.call("GET", f"/containers/{id}/json")


def _is_past(event: Body, found: Body) -> bool:
    """Whether an event precedes the container's start: with a time limit, the engine also sends the
    past events that it remembers. Both times are from the engine's clock."""
    started = re.match(r"(\d+-\d+-\d+T\d+:\d+:\d+)(\.\d{1,6})?", found["State"]["StartedAt"])
    if started is None:
        return False
    moment = datetime.fromisoformat(f"{started[1]}{started[2] or ''}+00:00")
    return bool(event.get("timeNano", 0) < moment.timestamp() * 1e9)


def _has_ended(found: Body) -> bool:
    return found["State"].get("Status") in ("exited", "dead")


def _last_check(found: Body) -> Body:
    """The last health check; a container that is exiting is unhealthy without a failed check."""
    checks: list[Body] = (found["State"].get("Health") or {}).get("Log") or []
    return checks[-1] if checks else {}


def _ending(found: Body) -> str:
    state = found["State"]
    killed = " (out of memory)" if state.get("OOMKilled") else ""
    said = f": {state['Error']}" if state.get("Error") else ""
    return f"exited with code {state.get('ExitCode')}{killed}{said}"


def evidence(ctx: Context, found: Body) -> str:
    """The container's last log lines and last health check, for an error message."""
    parts = []
    if last := _last_check(found):
        output = str(last.get("Output", "")).strip() or "(no output)"
        parts.append(f"  last health check (exit code {last.get('ExitCode')}): {output}")
    lines = logs(ctx, found, LOG_LINES).strip()
    parts.append("  last log lines:" if lines else "  no log lines")
    parts += [f"    {line}" for line in lines.splitlines()]
    return "\n" + "\n".join(parts)


def logs(ctx: Context, found: Body, tail: int | None = None) -> str:
    """The log of an inspected container: its last `tail` lines, or all of it."""
    try:
        data = ctx.api.logs(found, tail="all" if tail is None else tail)
    except Exception as error:
        # The log only completes another error, which an unreadable log driver must not hide.
        return f"(the log cannot be read: {error})"
    return data.decode(errors="replace")
