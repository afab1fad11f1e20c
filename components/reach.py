"""Shows in a preview how the update changes reach, compared with the last update's record.

The record is an output of the Stack component in the state, which no display shows. It is written
only when all containers are up, so that the comparison is always with a successful update.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pulumi

from causeway.contract import REACH_OUTPUT, STACK_TYPE
from causeway.model.reach import wording
from causeway.model.reach.difference import difference
from causeway.model.reach.places import NONE, Positions
from causeway.model.reach.record import record, restore
from causeway.model.reach.values import EngineFacts
from causeway.model.values import Stack

READ = "pulumi:pulumi:readStackResourceOutputs"


def reach_output(stack: Stack, standing: Sequence[pulumi.Input[Any]]) -> pulumi.Output[str]:
    """The record, known once everything in `standing` is."""
    written = record(stack)
    return pulumi.Output.all(*standing).apply(lambda _: written)


def deployed() -> Stack | None:
    """The stack of the last successful update; None before the first."""
    # Pulumi's built-in provider can read the state of any stack, including this one.
    stack = f"{pulumi.get_organization()}/{pulumi.get_project()}/{pulumi.get_stack()}"
    answer = _read(stack)
    found = answer.value if isinstance(answer.value, dict) else {}
    return record_in(found.get("outputs"))


def _read(stack: str) -> Any:
    """Pulumi's answer; retried, because a state file may be half written while it is read."""
    for pause in (0.1, 0.3, 1.0):
        try:
            return pulumi.runtime.invoke(READ, {"stackName": stack})
        except Exception as error:
            if "failed to load checkpoint" not in str(error):
                raise
            time.sleep(pause)
    return pulumi.runtime.invoke(READ, {"stackName": stack})


def record_in(resources: object) -> Stack | None:
    """The record among the outputs of all resources, `{urn: {type, outputs}}`."""
    for resource in resources.values() if isinstance(resources, dict) else ():
        if resource.get("type") == STACK_TYPE:
            written = resource.get("outputs", {}).get(REACH_OUTPUT)
            return restore(written) if isinstance(written, str) else None
    return None


def log_difference(
    stack: Stack, before: Stack | None, facts: EngineFacts, positions: Positions = NONE
) -> None:
    """Log opened flows as a warning and closed ones as information; nothing if none changes."""
    if before is None or record(before) == record(stack):
        return
    found = difference([before], [stack], facts, positions)
    base = str(Path.cwd())
    if opened := wording.gained(found, base):
        pulumi.log.warn(opened)
    if closed := wording.lost(found, base):
        pulumi.log.info(closed)
    pulumi.log.info(wording.summary(found))
