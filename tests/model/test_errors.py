import pytest

from causeway.model.compose.loader import LoaderError
from causeway.model.errors import CausewayError, StackError, render, visible
from causeway.model.values import Place, Problem

LATER = Problem(Place("/work/shop/b.yaml", 2, "services.web"), "second", code="late")
FIRST = Problem(
    Place("/work/shop/a.yaml", 30, "services.db.ports[0]"), "first", "warning", code="early"
)


def test_problems_are_sorted_by_place() -> None:
    assert StackError([LATER, FIRST]).problems == (FIRST, LATER)


def test_files_below_the_folder_are_shown_relative_to_it() -> None:
    assert render([FIRST, LATER], "/work") == (
        "shop/a.yaml:30: services.db.ports[0]: warning: first\nshop/b.yaml:2: services.web: second"
    )


def test_files_elsewhere_are_shown_whole() -> None:
    assert render([LATER], "/work/sho") == "/work/shop/b.yaml:2: services.web: second"


@pytest.mark.parametrize(
    ("place", "text"),
    [
        (Place("a.yaml", 0, ""), "a.yaml: broken"),
        (Place("a.yaml", 7, ""), "a.yaml:7: broken"),
        (Place("", 0, "causeway:scale.web"), "causeway:scale.web: broken"),
        (Place("", 0, ""), "broken"),
    ],
)
def test_what_is_not_known_is_left_out(place: Place, text: str) -> None:
    assert render([Problem(place, "broken", code="broken")]) == text


def test_message_stays_on_one_line() -> None:
    assert render([Problem(Place("", 0, ""), "two\n  lines", code="long")]) == "two lines"


def test_a_finding_of_two_rules_is_told_once() -> None:
    place = Place("a.yaml", 1, "services.web")
    problems = [Problem(place, "broken", code=code) for code in ("one-rule", "another-rule")]
    assert str(StackError(problems)) == "a.yaml:1: services.web: broken"


def test_one_root() -> None:
    assert issubclass(StackError, CausewayError)
    assert issubclass(LoaderError, CausewayError)


def test_what_would_steer_a_terminal_is_shown_as_text() -> None:
    place = Place("a\x1b[2J.yaml", 3, "services.we\nb\u202e")
    told = Problem(place, "image 'a\rb\x9bc'", witness=("1. \x1b]0;title\x07",), code="image")
    assert render([told]) == (
        "a\\x1b[2J.yaml:3: services.we\\nb\\u202e: image 'a b\\u009bc'\n    1. \\x1b]0;title\\x07"
    )


def test_other_errors_of_the_program_steer_no_terminal_either() -> None:
    assert str(LoaderError("two\n\tlines \x1b[31m")) == "two\n\tlines \\x1b[31m"


def test_line_ends_of_another_system_are_line_ends_and_letters_stay() -> None:
    assert visible("one\r\ntwo\rthree äöü 漢字 🐳") == "one\ntwo\\x0dthree äöü 漢字 🐳"
