"""causeway:index:Verification: the last step of an update, which probes the stack with packets.

It runs `causeway verify` in its own process when the stack's reach or containers have changed, and
fails the update when a cell differs from the model. It changes nothing on the engine.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

from causeway.contract import VERIFICATION_TYPE
from causeway.engine import address, tls
from causeway.engine.faults import Fault
from causeway.provider.inputs.plain import UNKNOWN
from causeway.provider.resource.kind import Context, ResourceKind
from causeway.provider.resource.values import Diff, Failure, Values, changed

ROOT = Path(__file__).resolve().parent.parent.parent
SECONDS = 330.0  # slightly more than the command's own limit
POLL_SECONDS = 0.1
END_SECONDS = 6.0  # less than the time of a cancelled call
DIFFERENT = 1  # the command's exit code when a cell is wrong


class VerificationKind(ResourceKind):
    """The inputs are `stack`, `record` (what decides reach), `containers` (ids) and `image`."""

    token: ClassVar[str] = VERIFICATION_TYPE

    def check(
        self, ctx: Context, name: str, old: Values | None, new: Values, seed: bytes
    ) -> tuple[Values, list[Failure]]:
        return new, []

    def diff(
        self, ctx: Context, id: str, old_inputs: Values, old_state: Values, new: Values
    ) -> Diff:
        return Diff({key: "update" for key in changed(old_inputs, new) if key != "image"})

    def create(self, ctx: Context, name: str, inputs: Values) -> tuple[str, Values]:
        if ctx.preview:
            return "", {**inputs, "summary": UNKNOWN}
        return name, {**inputs, "summary": verified(ctx, inputs)}

    def read(
        self, ctx: Context, id: str, inputs: Values, state: Values
    ) -> tuple[str, Values, Values] | None:
        return id, state, inputs

    def update(
        self, ctx: Context, id: str, old_inputs: Values, old_state: Values, new: Values
    ) -> Values:
        if ctx.preview:
            return {**new, "summary": UNKNOWN}
        return {**new, "summary": verified(ctx, new)}

    def delete(self, ctx: Context, id: str, inputs: Values, state: Values) -> None:
        """Do nothing: there is nothing to remove."""


def verified(ctx: Context, inputs: Values) -> str:
    """The last line of the command's output. Raises Fault with all of it when a cell is wrong."""
    ctx.status("probing every cell with packets")
    command = [sys.executable, "-m", "causeway.cli", "verify", "--deploying"]
    told = json.dumps({key: inputs.get(key) for key in ("stack", "record", "containers", "image")})
    with _environment(ctx.config) as environment:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            output = _output(ctx, process, told)
        finally:
            _ended(process)
    lines = output.strip().splitlines() or ["(no output)"]
    if process.returncode == 0:
        ctx.log("info", f"packets agree with the model of the stack: {lines[-1]}")
        return lines[-1]
    if process.returncode == DIFFERENT:
        raise Fault("packets differ from the model of the stack:\n" + "\n".join(lines))
    raise Fault("the stack cannot be verified: " + "\n".join(lines))


def _ended(process: subprocess.Popen[str]) -> None:
    """Terminate the command, which then removes its probes; kill it if it does not end in time."""
    process.terminate()
    try:
        process.wait(timeout=END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _output(ctx: Context, process: subprocess.Popen[str], told: str) -> str:
    deadline = time.monotonic() + SECONDS
    given: str | None = told
    while True:
        try:
            return process.communicate(given, timeout=POLL_SECONDS)[0]
        except subprocess.TimeoutExpired:
            given = None
        if ctx.cancelled() or time.monotonic() > deadline:
            raise Fault("verification was cancelled or took too long")


@contextmanager
def _environment(config: dict[str, Any]) -> Iterator[dict[str, str]]:
    """The environment that leads the command to the same engine, with certificates as files."""
    meant = address.chosen(config)
    own = {"DOCKER_HOST": meant.host, "NO_COLOR": "1", "PYTHONPATH": str(ROOT)}
    with tls.folder(config) as material:
        if material:
            own |= {"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": str(material)}
        elif meant.context:  # with the material that it has, or without
            own |= {"DOCKER_HOST": "", "DOCKER_CONTEXT": meant.context.name}
        yield {**os.environ, **own}
