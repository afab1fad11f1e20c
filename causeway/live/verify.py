"""Compares the model with packets, cell by cell: agreed, wrong or not probed.

Cells that differ are retried for a while: a service may still be starting, a packet may be lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from time import monotonic, sleep

from causeway.model.reach.values import HOST, Cell, NodeKind, Verdict

from .measure import Probes, Seen

WAIT_SECONDS = 10.0
PAUSE_SECONDS = 1.0


class Outcome(Enum):
    AGREED = "agreed"
    WRONG = "wrong"
    UNPROBED = "unprobed"


@dataclass(frozen=True, slots=True)
class Finding:
    """One cell: what the model says, and what packets found."""

    cell: Cell
    seen: Seen
    outcome: Outcome

    @property
    def text(self) -> str:
        """The finding, for a line of a report."""
        if self.seen.verdict is None:
            return self.seen.why
        if self.cell.verdict is Verdict.UNKNOWN:
            return f"found {self.seen.verdict.value}; the model does not decide this cell"
        return f"found {self.seen.verdict.value} ({self.tried})"

    @property
    def tried(self) -> str:
        return (
            ", ".join(
                f"{attempt.address}:{attempt.port}/{attempt.protocol} {result}"
                for attempt, result in self.seen.tried
            )
            or "no address"
        )


@dataclass(frozen=True, slots=True)
class Report:
    findings: tuple[Finding, ...]

    def of(self, outcome: Outcome) -> tuple[Finding, ...]:
        return tuple(each for each in self.findings if each.outcome is outcome)

    @property
    def wrong(self) -> tuple[Finding, ...]:
        return self.of(Outcome.WRONG)

    @property
    def unprobed(self) -> tuple[Finding, ...]:
        return self.of(Outcome.UNPROBED)

    @property
    def is_wrong(self) -> bool:
        return bool(self.wrong)

    @property
    def counts(self) -> tuple[tuple[Outcome, int], ...]:
        """The number of findings for each outcome, including zero."""
        return tuple((each, len(self.of(each))) for each in Outcome)

    @property
    def summary(self) -> str:
        return " ".join(f"{each.value}={count}" for each, count in self.counts)


def verify(probes: Probes, cells: Iterable[Cell], wait: float = WAIT_SECONDS) -> Report:
    """Judge every cell; those that differ are retried until `wait` seconds have passed."""
    wanted = list(cells)
    findings = [evaluated(cell, seen) for cell, seen in _measured(probes, wanted)]
    deadline = monotonic() + wait
    while wrong := [number for number, each in enumerate(findings) if _is_wrong(each)]:
        if monotonic() > deadline:
            break
        sleep(PAUSE_SECONDS)
        # With more patience: on a busy machine the kernel reports a missing answer late.
        again = _measured(probes, [findings[number].cell for number in wrong], patience=2.0)
        for number, (cell, seen) in zip(wrong, again, strict=True):
            findings[number] = evaluated(cell, seen)
    return Report(tuple(findings))


def _measured(
    probes: Probes, cells: Sequence[Cell], patience: float = 1.0
) -> list[tuple[Cell, Seen]]:
    return list(zip(cells, probes.measure(cells, patience), strict=True))


def _is_wrong(finding: Finding) -> bool:
    return finding.outcome is Outcome.WRONG


def evaluated(cell: Cell, seen: Seen) -> Finding:
    """Where both sides know the paths, each is compared: one open path must not hide another."""
    if seen.verdict is None or cell.verdict is Verdict.UNKNOWN:
        return Finding(cell, seen, Outcome.UNPROBED)
    agrees = seen.verdict is cell.verdict
    inside = cell.source.kind is NodeKind.SERVICE or cell.source == HOST
    if inside and len(cell.ways) == len(seen.ways):
        agrees = agrees and all(
            found in (None, way.verdict) or way.verdict is Verdict.UNKNOWN
            for way, found in zip(cell.ways, seen.ways, strict=True)
        )
    return Finding(cell, seen, Outcome.AGREED if agrees else Outcome.WRONG)
