"""Whose an object is: the label that every created object carries, and what killed runs left.

A run that was killed may have created something that Pulumi never recorded. Such an object bears
its resource's URN but an id that Pulumi does not know, so the next creation can take it away.
"""

from __future__ import annotations

from .resource import Context

URN_LABEL = "causeway.urn"
RUN_LABEL = "causeway.run"
OWN_LABELS = frozenset({URN_LABEL, RUN_LABEL})


def own_labels(ctx: Context) -> dict[str, str]:
    """The labels that mark an object as made by this run for this resource."""
    return {URN_LABEL: ctx.urn, RUN_LABEL: ctx.run}


def is_left_over(ctx: Context, labels: dict[str, str] | None, identity: str) -> bool:
    """Whether an object is this resource's, but made by a run that ended before recording it."""
    labels = labels or {}
    return (
        labels.get(URN_LABEL) == ctx.urn
        and labels.get(RUN_LABEL) != ctx.run
        and identity not in ctx.known_ids
    )


def same_stack(urn: str, labels: dict[str, str] | None) -> bool:
    """Whether the object with `labels` belongs to the Pulumi stack of `urn`."""
    other = (labels or {}).get(URN_LABEL, "")
    return urn.split("::")[:2] == other.split("::")[:2]


def foreign_labels(labels: dict[str, str] | None) -> dict[str, str]:
    """The labels that a user wrote, without ours."""
    return {key: value for key, value in (labels or {}).items() if key not in OWN_LABELS}
