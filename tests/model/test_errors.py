import pytest

from model.errors import CausewayError, StackError, render
from model.loader import LoaderError
from model.values import Place, Problem

LATER = Problem(Place("/work/shop/b.yaml", 2, "services.web"), "second")
FIRST = Problem(Place("/work/shop/a.yaml", 30, "services.db.ports[0]"), "first", "warning")


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
    assert render([Problem(place, "broken")]) == text


def test_message_stays_on_one_line() -> None:
    assert render([Problem(Place("", 0, ""), "two\n  lines")]) == "two lines"


def test_one_root() -> None:
    assert issubclass(StackError, CausewayError)
    assert issubclass(LoaderError, CausewayError)
