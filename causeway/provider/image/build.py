"""Image builds with the engine's classic builder, and the checks that come before them.

`examine` returns digest and failures without an engine, for check. `run` sends the build context,
shows the output line by line, and raises a Fault that names the failing step.
"""

from __future__ import annotations

import json
import re
from collections import deque
from pathlib import Path
from typing import Any

from causeway.engine import logins
from causeway.engine.faults import ConnectionLost, Fault
from causeway.provider.inputs.plain import UNKNOWN
from causeway.provider.resource.kind import Context
from causeway.provider.resource.values import Failure

from . import context as build_context
from . import dockerfile, registry, registry_auth
from .context import BadContext, BuildContext
from .local import find

SHOWN_LINES = 30
# The builder's lines about its own layers and containers, which carry no information for a user.
_NOISE = re.compile(r" ---> |Removing intermediate container |Successfully (?:built|tagged) ")
NEEDS_BUILDKIT = (
    "this provider uses the engine's classic builder, which needs no plugin but lacks BuildKit's "
    "features"
)


def examine(
    context: Any, dockerfile_path: Any, *, beside: Path | None, prefix: str = "build."
) -> tuple[Any, list[Failure]]:
    """The digest of a build context (UNKNOWN while its path is unknown) and what is wrong with it.

    A relative Dockerfile path is relative to `beside`, or to the context when that is None.
    """
    if context is UNKNOWN or dockerfile_path is UNKNOWN:
        return UNKNOWN, []
    try:
        found = collect(context, dockerfile_path, beside=beside)
        text = found.dockerfile_path.read_text(encoding="utf-8", errors="replace")
        demands = dockerfile.buildkit_demands(text)
        if not demands:
            return build_context.digest(found), []
    except BadContext as error:
        return None, [Failure(f"{prefix}{error.field}", str(error))]
    except OSError as error:
        reason = f"{error.filename} cannot be read: {error.strerror}"
        return None, [Failure(f"{prefix}dockerfile", reason)]
    listed = "; ".join(f"line {demand.line}: {demand.words}" for demand in demands)
    reason = (
        f"{found.dockerfile_path} needs BuildKit ({listed}): {NEEDS_BUILDKIT}. Rewrite these lines"
    )
    return None, [Failure(f"{prefix}dockerfile", reason)]


def collect(context: Any, dockerfile_path: Any, *, beside: Path | None) -> BuildContext:
    """The build context to send; see `build_context.collect`."""
    place = str(context or ".")
    return build_context.collect(
        place, dockerfile_path or None, beside=Path(place) if beside is None else beside
    )


def run(
    ctx: Context,
    image: str,
    context: BuildContext,
    parameters: dict[str, Any],
    registries: dict[str, Any],
) -> str:
    """Build and tag an image; the result is its id. `parameters` are those of POST /build."""
    ctx.status(f"sending {context.size / 1_000_000:.1f} MB of build context")
    output: deque[str] = deque(maxlen=SHOWN_LINES)
    step = ""
    image_id = ""
    headers = {}
    if registries:
        headers["X-Registry-Config"] = logins.header(registries)
    try:
        with (
            build_context.pack(context) as packed,
            ctx.api.events(
                "POST",
                "/build",
                body=packed,
                params={"dockerfile": context.dockerfile, "version": "1", **parameters},
                headers=headers,
                timeout=None,  # a step may print nothing for any length of time
            ) as events,
        ):
            for event in events:
                if ctx.cancelled():
                    raise Fault(f"image {image}: cancelled at {step or 'the start'}")
                if event.get("error"):
                    raise _failure(image, step, list(output), event)
                image_id = (event.get("aux") or {}).get("ID") or image_id
                for text in _lines(event):
                    output.append(text)
                    ctx.status(text)
                    if text.startswith("Step "):
                        step = text
                    elif text.startswith("[Warning]"):
                        ctx.log("warning", f"image {image}: {text.removeprefix('[Warning] ')}")
    except ConnectionLost:
        event = {"error": "the connection to the engine broke off"}
        raise _failure(image, step, list(output), event) from None
    if not image_id:
        built = find(ctx, image)
        if built is None:
            raise Fault(f"image {image}: the engine reported success, but the image does not exist")
        image_id = built["Id"]
    ctx.status(f"built {image} as {image_id.removeprefix('sha256:')[:12]}")
    return image_id


def query(**parameters: Any) -> dict[str, Any]:
    """Parameters of POST /build in the Engine API's encoding: maps and objects as JSON."""
    encoded: dict[str, Any] = {}
    for name, value in parameters.items():
        if value in (None, "", [], {}) or value is False:
            continue
        if value is True:
            encoded[name] = "1"
        elif isinstance(value, dict) or name in ("cachefrom", "ulimits"):
            encoded[name] = json.dumps(value)
        else:
            encoded[name] = value
    return encoded


def with_proxies(ctx: Context, arguments: dict[str, str] | None) -> dict[str, str]:
    """The build arguments with the proxies of ~/.docker/config.json, as the Docker client adds."""
    return {**registry_auth.proxies(ctx.api.host), **(arguments or {})}


def _lines(event: dict[str, Any]) -> list[str]:
    """The output lines of an event, without a pull's progress bars."""
    text = event.get("stream") or ("" if "progressDetail" in event else event.get("status", ""))
    # Remove the colours and carriage returns that tools inside the build print.
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)
    lines = (line.rstrip() for line in re.split(r"[\r\n]+", plain))
    return [line for line in lines if line.strip() and not _NOISE.match(line)]


def _failure(image: str, step: str, output: list[str], event: dict[str, Any]) -> Fault:
    words = str(event["error"]).strip()
    code = (event.get("errorDetail") or {}).get("code")
    where = f" at {step}" if step else ""
    text = f"image {image}: the build failed{where}"
    text += f"\n  exit code {code}" if code else f"\n  {words}"
    if output:
        text += f"\n  last {len(output)} lines of output:\n" + "\n".join(
            f"    {line}" for line in output
        )
    if not code and " FROM " in step and (advice := registry.way_out(image, words)):
        text += f"\n  what to do: {advice}"
    return Fault(text)
