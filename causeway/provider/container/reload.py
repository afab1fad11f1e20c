"""The container labels that control this plugin: reloading changed files, draining, replacing.

`causeway.reload` (`signal:HUP` or `exec:COMMAND`) makes the running program load changed `uploads`;
`causeway.reload-check` is a command that must accept them first; `causeway.drain` is the number of
seconds between the decision to stop the container and the stop signal; `causeway.order` is
`stop-first`, or `start-first` even where both containers write to the same data;
`causeway.renew-anon-volumes: true` gives a new container empty anonymous volumes. For other
plugins, these are ordinary labels.
"""

from __future__ import annotations

import io
import re
import shlex
import tarfile
import time
from collections.abc import Iterable
from typing import Any

from causeway.contract import (
    CREATE_SOURCES_LABEL,
    DRAIN_LABEL,
    EXPOSE_LABEL,
    ORDER_LABEL,
    RELOAD_CHECK_LABEL,
    RELOAD_LABEL,
    RENEW_LABEL,
)
from causeway.engine.faults import Fault, NotFound
from causeway.provider.inputs.plain import objects
from causeway.provider.resource.kind import Context
from causeway.provider.resource.values import Failure, Values

from .start import put_files

# They affect what the plugin does later, not the running container: new values are only recorded.
CONTROL = frozenset(
    {
        *(RELOAD_LABEL, RELOAD_CHECK_LABEL, DRAIN_LABEL, ORDER_LABEL, RENEW_LABEL),
        *(CREATE_SOURCES_LABEL, EXPOSE_LABEL),
    }
)
_FORM = re.compile(r"signal:(SIG)?[A-Z0-9+-]+|exec:\s*\S.*")
_POLL_SECONDS = 0.2


def failures(inputs: Values) -> Iterable[Failure]:
    """The problems of these labels."""
    for index, item in objects(inputs, "labels"):
        key, value = item.get("label"), item.get("value")
        if not isinstance(value, str):
            continue
        path = f"labels[{index}].value"
        if key == RELOAD_LABEL and not _FORM.fullmatch(value):
            yield Failure(path, f"{value!r} is neither `signal:NAME` nor `exec:COMMAND`")
        if key == DRAIN_LABEL and not re.fullmatch(r"\d{1,5}(\.\d+)?", value):
            yield Failure(path, f"{value!r} is not a number of seconds")
        if key == ORDER_LABEL and value not in ("start-first", "stop-first"):
            yield Failure(path, f"{value!r} is neither `start-first` nor `stop-first`")
        if key == RENEW_LABEL and value not in ("true", "false"):
            yield Failure(path, f"{value!r} is neither `true` nor `false`")
        if key in (RELOAD_LABEL, RELOAD_CHECK_LABEL) and not _words(value):
            yield Failure(path, f"{value!r} has an unclosed quotation mark")


def _words(command: str) -> list[str] | None:
    try:
        return shlex.split(command)
    except ValueError:
        return None


def label(inputs: Values, key: str) -> str | None:
    """The value of a label; None when it is missing or not yet known."""
    values = [item.get("value") for _, item in objects(inputs, "labels") if item["label"] == key]
    return values[0] if values and isinstance(values[0], str) else None


def without_control(labels: Any) -> Any:
    """The labels without those that control the plugin."""
    if not isinstance(labels, list):
        return labels
    kept = [i for i in labels if not (isinstance(i, dict) and i.get("label") in CONTROL)]
    return kept or None


def changes_in_place(old: Values, new: Values) -> bool:
    """Whether changed uploads need no new container: equal paths, and a declared reload."""
    return label(new, RELOAD_LABEL) is not None and _files(old) == _files(new)


def _files(inputs: Values) -> list[Any]:
    return sorted(str(upload.get("file")) for _, upload in objects(inputs, "uploads"))


def reload(ctx: Context, id: str, inputs: Values, *, running: bool) -> None:
    """Copy the files in and reload the running program; restore the old files when that fails."""
    uploads: list[Values] = inputs.get("uploads") or []
    before = [_archive(ctx, id, upload["file"]) for upload in uploads] if running else []
    ctx.status("copying changed files into the container")
    put_files(ctx, id, uploads)
    if not running:
        return  # the program reads them when it starts
    try:
        if (check := label(inputs, RELOAD_CHECK_LABEL)) is not None:
            ctx.status("checking the changed files")
            _run(ctx, id, check, "the check rejected the changed files; the old files are restored")
        how, _, what = (label(inputs, RELOAD_LABEL) or "").partition(":")
        ctx.status("reloading")
        if how == "signal":
            ctx.api.call("POST", f"/containers/{id}/kill", params={"signal": what})
        else:
            _run(ctx, id, what, "the reload failed; the old files are restored")
    except BaseException:
        for folder, archive in before:
            ctx.api.put_archive(id, folder, archive)
        raise


def _archive(ctx: Context, id: str, path: str) -> tuple[str, bytes]:
    """A file of the container: its folder and an archive; that is empty for a missing file."""
    folder = path.rpartition("/")[0] or "/"
    try:
        return folder, ctx.api.bytes_of("GET", f"/containers/{id}/archive", params={"path": path})
    except NotFound:
        buffer = io.BytesIO()
        tarfile.open(fileobj=buffer, mode="w").close()
        return folder, buffer.getvalue()


def _run(ctx: Context, id: str, command: str, failure: str) -> None:
    """Run a command in the container. Raises Fault with its output when it exits with another code
    than 0."""
    code, output = ctx.api.run(id, shlex.split(command))
    if code != 0:
        said = output.decode(errors="replace").strip().splitlines()[-20:]
        lines = "".join(f"\n    {line}" for line in said)
        raise Fault(f"{failure}\n  `{command}` exited with code {code}:{lines or ' (no output)'}")


def drain(ctx: Context, id: str, inputs: Values) -> None:
    """Let the container run for the seconds of its drain label before it is stopped."""
    seconds = float(label(inputs, DRAIN_LABEL) or 0)
    if not seconds:
        return
    found = ctx.api.find(f"/containers/{id}/json")
    if found is None or not found["State"].get("Running"):
        return
    ctx.status(f"draining for {seconds:g} s")
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        if ctx.cancelled():
            raise Fault("cancelled while draining; the next `pulumi up` continues")
        time.sleep(min(_POLL_SECONDS, left))
