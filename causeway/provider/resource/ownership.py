"""Decides who owns an object on the engine: by the labels that every created object carries, or by
the state.

Two checkouts of one project have equal names and URNs, so neither proves ownership. The proof is
the identity of Pulumi's state (the random id of its provider, generated with the first update and
kept in the state), or the object's own id in the state.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from causeway.contract import CHECKOUT_LABEL, RUN_LABEL, STATE_LABEL, URN_LABEL
from causeway.state.identity import Origin

from .recorded import Recorded

OWN_LABELS = frozenset({URN_LABEL, RUN_LABEL, STATE_LABEL, CHECKOUT_LABEL})
Labels = Mapping[str, str] | None


class Claim(Protocol):
    """What proves ownership in a call: `origin` is of this run's state, `known_ids` are the ids
    that Pulumi has told of, `recorded` reads the state."""

    @property
    def urn(self) -> str: ...
    @property
    def run(self) -> str: ...
    @property
    def origin(self) -> Origin: ...
    @property
    def known_ids(self) -> frozenset[str]: ...
    @property
    def recorded(self) -> Callable[[], Recorded | None]: ...


def own_labels(ctx: Claim) -> dict[str, str]:
    """The labels that mark an object as created by this run, for this resource of this state."""
    marks = {URN_LABEL: ctx.urn, RUN_LABEL: ctx.run, CHECKOUT_LABEL: ctx.origin.checkout}
    return marks | ({STATE_LABEL: ctx.origin.identity} if ctx.origin.identity else {})


def is_marked(ctx: Claim, labels: Labels) -> bool:
    """Whether an object carries the identity of this state."""
    return bool(ctx.origin.identity) and (labels or {}).get(STATE_LABEL) == ctx.origin.identity


def is_ours(ctx: Claim, labels: Labels, identity: str, *, certain: bool = False) -> bool:
    """Whether an object belongs to this state: by its label, or because the state holds its id.

    The state is read at most once per run: for objects of Causeway without a state label and, with
    `certain`, for those with another one, which another provider of this state may have created.
    """
    marks = labels or {}
    if identity in ctx.known_ids or is_marked(ctx, labels):
        return True
    if URN_LABEL not in marks or (STATE_LABEL in marks and not certain):
        return False
    recorded = ctx.recorded()
    return recorded is not None and identity in recorded.resources


def owner(labels: Labels, created: str = "") -> str:
    """Who created an object, as far as its labels say; the text follows the object's name."""
    marks = labels or {}
    when = f" on {created[:10]} at {created[11:16]}" if len(created) > 16 else ""
    if urn := marks.get(URN_LABEL):
        head = urn.split("::")
        stack, project = head[0].rpartition(":")[2], head[1] if len(head) > 1 else "?"
        where = f" from {marks[CHECKOUT_LABEL]}" if marks.get(CHECKOUT_LABEL) else ""
        return f"created by stack {stack} of project {project}{where}{when}"
    if compose := marks.get("com.docker.compose.project"):
        folder = marks.get("com.docker.compose.project.working_dir")
        return f"created by Compose project {compose}{f' in {folder}' if folder else ''}{when}"
    return f"not created by Causeway{when}"


def foreign_labels(labels: Labels) -> dict[str, str]:
    """The labels that the user wrote, without Causeway's own."""
    return {key: value for key, value in (labels or {}).items() if key not in OWN_LABELS}
