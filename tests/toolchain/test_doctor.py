"""The doctor's table and its JSON."""

from __future__ import annotations

import json

from toolchain.doctor import Finding, as_json, healthy, table

FINDINGS = [
    Finding("Python", "3.11.7", "/usr/bin/python3"),
    Finding("Pulumi CLI", "", "", "make setup"),
]


def test_the_table_lines_up_and_says_what_to_do() -> None:
    assert table(FINDINGS) == (
        "what        found    where             what to do\n"
        "Python      3.11.7   /usr/bin/python3  -\n"
        "Pulumi CLI  missing                    make setup"
    )


def test_the_json_carries_the_same() -> None:
    assert json.loads(as_json(FINDINGS)) == [
        {"what": "Python", "found": "3.11.7", "where": "/usr/bin/python3", "to_do": ""},
        {"what": "Pulumi CLI", "found": "", "where": "", "to_do": "make setup"},
    ]


def test_something_to_do_is_not_healthy() -> None:
    assert not healthy(FINDINGS)
    assert healthy(FINDINGS[:1])
