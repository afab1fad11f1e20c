"""No key is dropped without a word: every row of the table is tried."""

from typing import Any

import pytest

from causeway.model.compose.coverage import uncovered
from causeway.model.compose.support import TABLE, Row
from causeway.model.source import SourceIndex
from causeway.model.values import Problem

NOWHERE = SourceIndex(files=("compose.yaml",))


def document(path: str, value: object) -> dict[str, Any]:
    """A canonical document that holds one key."""
    for step in reversed(path.split(".")):
        name = step.removesuffix("[]")
        value = {"some" if name == "*" else name: [value] if step.endswith("[]") else value}
    assert isinstance(value, dict)
    return value


def told(row: Row, value: object) -> list[Problem]:
    # `name` and `version` are seen in the user's files; the loader prints or drops them always.
    return list(uncovered(document(row.path, value), NOWHERE))


ROWS = [row for row in TABLE.values() if row.path not in ("name", "version")]


@pytest.mark.parametrize("row", [row for row in ROWS if not row.values], ids=lambda row: row.path)
def test_row_without_values_is_met_by_its_status(row: Row) -> None:
    severities = {"supported": [], "rejected": ["error"], "ignored": ["warning"]}[row.status]
    assert [problem.severity for problem in told(row, "x")] == severities


@pytest.mark.parametrize("row", [row for row in ROWS if row.values], ids=lambda row: row.path)
def test_value_that_is_listed_is_fine_and_another_is_not(row: Row) -> None:
    severity = "warning" if row.status == "ignored" else "error"
    assert [told(row, value) for value in row.values] == [[] for _ in row.values]
    assert [problem.severity for problem in told(row, "something else")] == [severity]


@pytest.mark.parametrize("value", [None, [], {}])
def test_empty_value_of_a_rejected_key_is_fine(value: object) -> None:
    assert told(TABLE["services.*.annotations"], value) == []


def test_key_that_no_row_knows_is_an_error() -> None:
    problems = list(uncovered({"services": {"web": {"brand_new": 1}}}, NOWHERE))
    assert [problem.message for problem in problems] == ["unknown key 'brand_new'"]


def test_extensions_are_allowed_everywhere() -> None:
    text = {"x-a": 1, "services": {"web": {"x-b": 1, "ports": [{"target": "80", "x-c": 1}]}}}
    assert list(uncovered(text, NOWHERE)) == []


def test_labels_may_be_named_like_keys() -> None:
    assert list(uncovered({"services": {"web": {"labels": {"uts": "x"}}}}, NOWHERE)) == []
