"""Pulls and pushes images: shows the progress, and adds what to do to a registry's errors.

The Docker engine talks to the registry; this module reads the engine's reports.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from causeway.engine import logins
from causeway.engine.faults import ConnectionLost, EngineError, Fault, explain
from causeway.provider.resource.kind import Context

from . import registry_auth

_MEGABYTE = 1_000_000
# An error of the registry or the connection to it -> what to do; the first matching row counts.
_WAYS_OUT: tuple[tuple[str, str], ...] = (
    (
        r"no matching manifest|does not match the specified platform|no match for platform",
        "the image does not exist for this platform: set another `platform`, or remove it",
    ),
    (
        r"toomanyrequests|rate limit",
        "the registry limits pulls: log in (`docker login`), wait, or use a mirror through "
        "causeway:images",
    ),
    (
        r"dial tcp|no such host|timeout|deadline exceeded|connection refused|connection reset"
        r"|unreachable|EOF|TLS|x509|proxyconnect|broke off|server gave HTTP",
        "the engine cannot reach the registry: check its network, proxy and certificates; "
        "without a registry, set a local image in causeway:images",
    ),
    (
        r"denied|unauthorized|authentication|no basic auth|insufficient_scope",
        "check the spelling; if the image is private, run `docker login {registry}` or set "
        "docker:registryAuth; or set a local image in causeway:images",
    ),
    (
        r"manifest unknown|manifest for .* not found|not found|name unknown|does not exist",
        "check the spelling of name and tag, or set a local image in causeway:images",
    ),
    (
        r"invalid reference format|must be lowercase",
        "an image name has the form [registry/]repository[:tag], in lowercase",
    ),
    (
        r"no space left on device",
        "the engine's disk is full: `docker system df` shows what uses it",
    ),
)


def way_out(image: str, words: str) -> str:
    """What to do about a registry's error message, "" if unknown."""
    for pattern, advice in _WAYS_OUT:
        if re.search(pattern, words, re.IGNORECASE):
            return advice.format(registry=logins.registry_of(image))
    return ""


def pull(
    ctx: Context, image: str, platform: str | None = None, registry: dict[str, Any] | None = None
) -> None:
    """Pull an image. Raises Fault with the registry's error message."""
    repository, reference = split(image)
    wanted = {"fromImage": repository, "tag": reference, "platform": platform or None}
    with _transfer(ctx, "pull", image, registry, "/images/create", wanted) as events:
        _follow(ctx, events, f"pulling {image}")


def push(ctx: Context, image: str, registry: dict[str, Any] | None = None) -> str:
    """Push an image to its registry; the result is its digest, `sha256:...`. Raises Fault."""
    repository, tag = split(image)
    path = f"/images/{repository}/push"
    with _transfer(ctx, "push", image, registry, path, {"tag": tag}) as events:
        return _follow(ctx, events, f"pushing {image}")


@contextmanager
def _transfer(
    ctx: Context,
    verb: str,
    image: str,
    registry: dict[str, Any] | None,
    path: str,
    wanted: dict[str, Any],
) -> Iterator[Iterator[dict[str, Any]]]:
    """The events of a pull or push. Raises Fault for an error."""
    credentials = registry_auth.for_image(ctx.config, image, registry)
    headers = {"X-Registry-Auth": logins.header(credentials)}
    ctx.status(f"{verb}ing {image}")
    try:
        with ctx.api.events("POST", path, params=wanted, headers=headers) as events:
            yield events
        return
    except _Refused as refused:
        words = str(refused)
    except EngineError as error:
        words = explain(error, ctx.api.host).split("\n")[0]
    except ConnectionLost:
        words = "the connection to the engine broke off"
    raise _fault(f"image {image} cannot be {verb}ed", image, words)


def split(image: str) -> tuple[str, str]:
    """The repository, and the tag or digest; the tag is `latest` by default."""
    if "@" in image:
        name, digest = image.split("@", 1)
        # With both, the digest counts, as in the Docker client.
        return split(name)[0], digest
    repository, colon, tag = image.rpartition(":")
    if colon and "/" not in tag:
        return repository, tag
    return image, "latest"


class _Refused(Exception):
    """An error in the stream."""


# Every engine sends this line; engines with the containerd image store send no `aux` event for it.
_DIGEST = re.compile(r"digest: (sha256:[0-9a-f]{64})", re.IGNORECASE)


def _follow(ctx: Context, stream: Iterable[dict[str, Any]], doing: str) -> str:
    """Show a stream's progress until it ends; the result is the digest that it reports, or ""."""
    layers: dict[str, str] = {}
    amounts: dict[str, tuple[int, int]] = {}
    digest = ""
    shown = 0.0
    for event in stream:
        if ctx.cancelled():
            raise Fault(f"cancelled while {doing}")
        if event.get("error"):
            raise _Refused(str(event["error"]).strip())
        if told := _DIGEST.search(event.get("status") or ""):
            digest = told[1]
        layer, detail = event.get("id"), event.get("progressDetail") or {}
        if layer and "status" in event:
            layers[layer] = event["status"]
            if detail.get("total"):
                amounts[layer] = (int(detail.get("current", 0)), int(detail["total"]))
        if layers and time.monotonic() - shown > 0.2:
            shown = time.monotonic()
            ctx.status(progress(doing, layers, amounts))
    return digest


_DONE = ("Pull complete", "Already exists", "Pushed", "Layer already exists", "Mounted from")


def progress(doing: str, layers: dict[str, str], amounts: dict[str, tuple[int, int]]) -> str:
    """One line on a transfer's progress; `amounts` are the current and total bytes by layer."""
    done = sum(status.startswith(_DONE) for status in layers.values())
    text = f"{doing}: {done} of {len(layers)} layers"
    if amounts:
        current = sum(now for now, _ in amounts.values()) / _MEGABYTE
        total = sum(whole for _, whole in amounts.values()) / _MEGABYTE
        text += f", {current:.0f} of {total:.0f} MB"
    if waiting := [status for status in layers.values() if status.startswith("Retrying")]:
        text += f"; the connection broke, {waiting[-1].lower()}"
    return text


def _fault(what: str, image: str, words: str) -> Fault:
    advice = way_out(image, words)
    return Fault(f"{what}: {words}" + (f"\n  what to do: {advice}" if advice else ""))
