"""What is agreed, wrong or not probed, and how it is said to people and programs."""

from __future__ import annotations

import json

import pytest

from causeway.cli import reports
from causeway.live.measure import Seen
from causeway.live.names import NameFinding, counted
from causeway.live.probe import Attempt
from causeway.live.verify import Finding, Outcome, Report, evaluated
from causeway.model.reach import WORLD, Cell, Node, NodeKind, Reason, Verdict
from causeway.model.reach.names import Name
from causeway.model.reach.values import Way

WEB, DATABASE = (Node(NodeKind.SERVICE, name, "s") for name in ("web", "database"))
DROPPED, ALLOWED = Verdict.DROPPED, Verdict.ALLOWED


def cell(verdict: Verdict, *ways: Verdict, source: Node = WEB) -> Cell:
    reasons = (Reason("no network in common"),)
    return Cell(
        source,
        DATABASE,
        5432,
        "tcp",
        verdict,
        reasons=reasons,
        ways=tuple(Way(each) for each in ways),
    )


TRIED = ((Attempt("tcp", "172.18.0.2", 5432), "open"),)
REPORT = Report(
    (
        evaluated(cell(ALLOWED, ALLOWED), Seen(ALLOWED, (ALLOWED,), TRIED)),
        evaluated(cell(DROPPED, DROPPED), Seen(ALLOWED, (ALLOWED,), TRIED)),
        evaluated(cell(ALLOWED, source=WORLD), Seen(None, why="no probe runs outside the host")),
    )
)


@pytest.mark.parametrize(
    ("model", "found", "expected"),
    [
        (cell(ALLOWED, ALLOWED), Seen(ALLOWED, (ALLOWED,)), Outcome.AGREED),
        (cell(DROPPED, DROPPED), Seen(Verdict.UNREACHABLE, ()), Outcome.WRONG),
        # One open way must not hide that another differs.
        (cell(ALLOWED, DROPPED, ALLOWED), Seen(ALLOWED, (ALLOWED, ALLOWED)), Outcome.WRONG),
        (cell(ALLOWED, DROPPED, ALLOWED), Seen(ALLOWED, (DROPPED, ALLOWED)), Outcome.AGREED),
        (cell(ALLOWED, DROPPED, ALLOWED), Seen(ALLOWED, (None, ALLOWED)), Outcome.AGREED),
        # From outside, ways have no order to compare by.
        (cell(ALLOWED, DROPPED, source=WORLD), Seen(ALLOWED, (ALLOWED,)), Outcome.AGREED),
        (cell(ALLOWED), Seen(None, why="it does not run"), Outcome.UNPROBED),
        (cell(Verdict.UNKNOWN), Seen(ALLOWED), Outcome.UNPROBED),
    ],
)
def test_a_cell_is_judged(model: Cell, found: Seen, expected: Outcome) -> None:
    assert evaluated(model, found).outcome is expected


def test_outcomes_are_counted_also_those_that_no_cell_has() -> None:
    assert REPORT.counts == ((Outcome.AGREED, 1), (Outcome.WRONG, 1), (Outcome.UNPROBED, 1))
    assert Report(()).counts == ((Outcome.AGREED, 0), (Outcome.WRONG, 0), (Outcome.UNPROBED, 0))


def test_the_summary_counts() -> None:
    assert REPORT.summary == "agreed=1 wrong=1 unprobed=1"


def test_a_wrong_cell_tells_what_was_tried() -> None:
    [wrong] = REPORT.wrong
    assert wrong.text == "found ALLOWED (172.18.0.2:5432/tcp open)"


def test_what_has_no_address_says_so() -> None:
    found: Finding = evaluated(cell(DROPPED), Seen(Verdict.UNREACHABLE))
    assert found.text == "found UNREACHABLE (no address)"


def test_tap() -> None:
    assert reports.as_tap(REPORT).splitlines() == [
        "TAP version 14",
        "1..3",
        "ok 1 - web -> database:5432/tcp ALLOWED",
        "not ok 2 - web -> database:5432/tcp DROPPED",
        "  ---",
        "  model: DROPPED",
        '  reason: "no network in common"',
        '  packets: "found ALLOWED (172.18.0.2:5432/tcp open)"',
        "  ...",
        "ok 3 - world -> database:5432/tcp ALLOWED # SKIP no probe runs outside the host",
        "# agreed=1 wrong=1 unprobed=1",
    ]


def test_junit() -> None:
    assert reports.as_junit(REPORT, "shop").splitlines() == [
        "<?xml version='1.0' encoding='utf-8'?>",
        '<testsuite name="causeway verify shop" tests="3" failures="1" skipped="1">',
        '  <testcase classname="shop.web" name="web -&gt; database:5432/tcp ALLOWED" />',
        '  <testcase classname="shop.web" name="web -&gt; database:5432/tcp DROPPED">',
        '    <failure message="found ALLOWED (172.18.0.2:5432/tcp open)">'
        "no network in common</failure>",
        "  </testcase>",
        '  <testcase classname="shop.world" name="world -&gt; database:5432/tcp ALLOWED">',
        '    <skipped message="no probe runs outside the host" />',
        "  </testcase>",
        "</testsuite>",
    ]


def test_json() -> None:
    told = json.loads(reports.as_json(REPORT, "shop"))
    assert told["summary"] == {"agreed": 1, "wrong": 1, "unprobed": 1}
    assert told["cells"][1] == {
        "source": "web",
        "destination": "database",
        "port": 5432,
        "protocol": "tcp",
        "model": "DROPPED",
        "found": "ALLOWED",
        "outcome": "wrong",
        "tried": [{"address": "172.18.0.2", "port": 5432, "protocol": "tcp", "result": "open"}],
        "why": "",
    }


NAMES = (
    NameFinding(Name("web", "database", ()), ("172.19.0.2",), Outcome.WRONG),
    NameFinding(Name("web", "web", ("web",)), ("172.18.0.2",), Outcome.AGREED),
    NameFinding(Name("web", "off", ("off",)), (), Outcome.UNPROBED, "no container of off runs"),
)


def test_names_follow_the_cells() -> None:
    assert counted(NAMES) == "names: agreed=1 wrong=1 unprobed=1"
    assert reports.as_tap(Report(()), NAMES).splitlines() == [
        "TAP version 14",
        "1..3",
        "not ok 1 - web asks for database: expected no container; answered: 172.19.0.2",
        "ok 2 - web asks for web",
        "ok 3 - web asks for off # SKIP no container of off runs",
        "# agreed=0 wrong=0 unprobed=0",
    ]
    assert json.loads(reports.as_json(Report(()), "shop", NAMES))["names"][0] == {
        "source": "web",
        "name": "database",
        "leads_to": [],
        "answered": ["172.19.0.2"],
        "outcome": "wrong",
        "why": "",
    }
    junit = reports.as_junit(Report(()), "shop", NAMES)
    assert 'tests="3" failures="1" skipped="1"' in junit
