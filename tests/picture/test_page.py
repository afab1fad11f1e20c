"""The page as text: complete, safe, and equal for equal input."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import Any

from causeway.drawing.picture import as_page, as_svg
from causeway.model.reach import EngineFacts, Matrix, reach
from causeway.model.values import Problem, Stack
from tests.picture import PLACE, ROOT, five, sixty, twelve


def matrix_of(stack: Stack) -> Matrix:
    return reach([stack], EngineFacts(version=(29, 0)))


def data(page: str) -> Any:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)
    assert found
    return json.loads(found[1])


def test_equal_input_gives_equal_bytes() -> None:
    """In processes of their own: the order of a set of texts is another in each."""
    program = (
        "import sys; from tests.picture.test_page import as_page, matrix_of, twelve\n"
        "sys.stdout.write(as_page([twelve()], matrix_of(twelve())))"
    )
    pages = [
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            check=True,
        ).stdout.decode()
        for seed in ("1", "2")
    ]
    assert pages[0] == as_page([twelve()], matrix_of(twelve()))
    assert pages[1] == pages[0]


def test_page_names_no_other_place() -> None:
    page = as_page([sixty()], matrix_of(sixty()))
    addresses = set(re.findall(r"(?:https?:)?//[\w.-]+\.[\w/.-]+", page))
    assert addresses == {"http://www.w3.org/2000/svg"}
    assert not re.search(r"<(?:link|script|img)[^>]+(?:src|href)=\"(?!data:,)", page)


def test_page_holds_each_answer_of_the_matrix() -> None:
    stack = five()
    matrix = matrix_of(stack)
    told = data(as_page([stack], matrix))
    row = told["sources"].index("service-database")
    column = told["destinations"].index("service-cache")
    endpoint, verdict, why = told["cells"][row][column][:3]
    kind, hops, _ = told["whys"][why]
    assert told["endpoints"][endpoint] == "6379/tcp"
    assert told["verdicts"][verdict] == "ALLOWED"
    assert told["kinds"][kind] == "same network"
    assert [told["texts"][hop][0] for hop in hops] == [
        "database is on network middle",
        "cache is on network middle",
    ]


def test_matrix_shows_a_sign_for_each_pair() -> None:
    page = as_page([five()], matrix_of(five()))
    row = re.search(r'data-node="service-database">database</th>(.*?)</tr>', page)
    assert row
    assert re.findall(r'<td class="([a-z]+)', row[1]) == [
        "port",  # proxy, which publishes
        "open",  # shop
        "open",  # cache
        "open",  # worker
        "self",
        "open",  # host
        "open",  # internet
        "open",  # dns
    ]


def test_text_of_others_cannot_become_markup() -> None:
    message = "never </script><script>alert(1)</script> -> b"
    problem = Problem(PLACE, message, witness=("<b>",), code="no-assertion")
    stack = Stack("<i>&amp;", (), services=five().services, networks=five().networks)
    for drawn in (
        as_page([stack], matrix_of(stack), [problem]),
        as_svg([stack], matrix_of(stack), [problem]),
    ):
        assert "<script>alert" not in drawn
        assert "<b>" not in drawn
        assert "<i>" not in drawn
        assert "&lt;i&gt;&amp;amp;" in drawn


def test_only_a_served_page_asks_whether_it_has_changed() -> None:
    assert "data-refresh=" not in as_page([five()], matrix_of(five()))
    assert 'data-refresh="2"' in as_page([five()], matrix_of(five()), refresh_seconds=2)
