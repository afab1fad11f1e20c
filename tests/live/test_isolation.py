"""Model and packets agree in every cell of the isolation stack, on an old and a new engine."""

from __future__ import annotations

from causeway.live.verify import Finding
from causeway.model.reach import NodeKind, Verdict
from tests.live.conftest import Measured, differing

UNDECIDED = {
    # The host's own listeners and firewall are not Docker's.
    "debian": {"world -> host:any", "lan -> host:any"},
    # A routed network has no way back unless somebody outside makes one.
    "current": {
        "world -> host:any",
        "lan -> host:any",
        "routed -> internet:any",
        "routed_too -> internet:any",
        "world -> routed:80/tcp",
    },
}


def flow(finding: Finding) -> str:
    cell = finding.cell
    return f"{cell.source} -> {cell.destination}:{cell.endpoint}"


def test_model_and_packets_agree_in_every_cell(isolation: Measured) -> None:
    assert differing(isolation.report) == ""


def test_hundreds_of_cells_are_tried(isolation: Measured) -> None:
    tried = len(isolation.report.findings) - len(isolation.report.unprobed)
    assert tried >= 1000


def test_only_names_outside_and_undecided_cells_are_not_probed(isolation: Measured) -> None:
    unprobed = isolation.report.unprobed
    outside = [each for each in unprobed if each.cell.destination.kind is NodeKind.DNS]
    assert {each.seen.why for each in outside} == {"external names are not resolved"}
    others = [each for each in unprobed if each not in outside]
    assert {flow(each) for each in others} == UNDECIDED[isolation.field.flavour]
    # They were tried all the same.
    assert [flow(each) for each in others if each.seen.verdict is None] == []


def test_what_the_model_leaves_open_is_what_others_decide(isolation: Measured) -> None:
    undecided = {
        flow(each) for each in isolation.report.findings if each.cell.verdict is Verdict.UNKNOWN
    }
    assert undecided == UNDECIDED[isolation.field.flavour]
