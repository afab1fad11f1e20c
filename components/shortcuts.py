"""Leaves out what Pulumi's SDK does for nobody, and lets Python collect garbage rarely.

Nothing here changes a resource, its inputs or its options. CAUSEWAY_SHORTCUTS=off keeps everything.
"""

from __future__ import annotations

import gc
from collections.abc import Mapping

import pulumi
from pulumi.runtime import resource
from pulumi.runtime.proto import source_pb2

from causeway.shortcuts import DEBUG_LINES, are_on, collect_rarely


def pause_collector(environment: Mapping[str, str]) -> None:
    """Call it before the imports: they make much and leave hardly any garbage."""
    if are_on(environment):
        gc.disable()


def take(environment: Mapping[str, str]) -> None:
    """Call it once, after the imports."""
    if not are_on(environment):
        return
    if environment.get(DEBUG_LINES) == "unseen":
        pulumi.log.debug = _unseen
    # The SDK has no switch for it. An SDK that does it in another way goes on doing it.
    if hasattr(resource, "_get_stack_trace"):
        resource._get_stack_trace = source_pb2.StackTrace
    collect_rarely(environment)
    gc.enable()


def _unseen(*_arguments: object, **_options: object) -> None:
    """Each debug line is a call to Pulumi that waits for its answer, several for each resource."""
