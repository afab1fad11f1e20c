"""What a reader does with the page: points, clicks, types, tabs; and what it then shows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser.chromium import Browser

Show = Callable[[str], Browser]


def names(page: Browser, selector: str) -> list[str]:
    """The ids of the services that a selector finds, sorted."""
    found = page.run(
        f"[...document.querySelectorAll('{selector}')].map(e => e.dataset.node || e.id)"
    )
    return sorted(str(each).removeprefix("service-") for each in found)


def text(page: Browser, selector: str) -> str:
    return str(page.run(f"document.querySelector('{selector}').textContent"))


@pytest.mark.parametrize("name", ["five", "twelve", "sixty", "mistake"])
def test_page_asks_for_nothing_but_itself(show: Show, pages: Path, name: str) -> None:
    page = show(name)
    asked = [each for each in page.requests() if each != "about:blank"]
    assert asked == [f"file://{pages / name}.html"]


def test_pointing_at_a_service_shows_whom_it_reaches(show: Show) -> None:
    page = show("five")
    page.move("#service-proxy")
    assert names(page, ".card.at") == ["proxy"]
    assert names(page, ".card.hit, .place.hit") == ["host", "internet", "shop"]
    assert page.run("document.querySelectorAll('#flows .flow').length") == 3


def test_pointer_that_leaves_lets_go(show: Show) -> None:
    page = show("five")
    page.move("#service-proxy")
    page.move("h1")
    assert page.run("document.querySelectorAll('.at, .hit, #flows .flow').length") == 0


def test_click_keeps_a_service_and_tells_about_it(show: Show) -> None:
    page = show("five")
    page.click("#service-database")
    page.move("h1")
    assert names(page, ".card.at") == ["database"]
    assert page.run("document.querySelector('#service-database').ariaPressed") == "true"
    told = text(page, "#panel")
    assert "on data and middle; listens on 5432/tcp; pivot" in told
    assert "Reaches (7)" in told
    assert "Reached by (4)" in told


def test_second_click_lets_go(show: Show) -> None:
    page = show("five")
    page.click("#service-database")
    page.click("#service-database")
    assert text(page, "#panel h2") == "Select a service"
    assert page.run("document.querySelector('#service-database').ariaPressed") == "false"


def test_reached_by_shows_the_other_direction(show: Show) -> None:
    page = show("five")
    page.click("#direction label:nth-of-type(2)")
    page.click("#service-proxy")
    assert names(page, ".card.hit, .place.hit") == ["database", "host", "shop", "world"]


def test_cell_of_the_matrix_tells_why(show: Show) -> None:
    page = show("mistake")
    page.click("td.broken")
    told = text(page, "#panel")
    assert told.startswith("nginx → database")
    assert "5432/tcp: ALLOWED · same network" in told
    assert "1. nginx is on network backend tests/cli/three_tier/mistake.yaml:5" in told
    assert names(page, ".card.at, .card.hit") == ["database", "nginx"]
    assert page.run("document.querySelectorAll('.flow.broken').length") == 1


def test_broken_assertion_is_marked_everywhere(show: Show) -> None:
    page = show("mistake")
    assert names(page, ".card.broken") == ["database", "nginx"]
    assert page.run("document.querySelectorAll('path.violation').length") == 2  # and the legend's
    assert text(page, "#findings .violation > span") == (
        "never nginx -> database: but nginx -> database:5432/tcp is open"
    )


def test_finding_shows_its_flow(show: Show) -> None:
    page = show("mistake")
    page.click("#findings .violation .show")
    assert text(page, "#panel h2") == "nginx → database"


def test_services_are_chosen_by_keys_alone(show: Show) -> None:
    page = show("five")
    page.run("document.querySelector('#host').focus()")
    for _ in range(2):
        page.press("Tab")
    reached = page.run("document.activeElement.dataset.node")
    page.press("Tab")
    first = page.run("document.activeElement.dataset.node")
    page.press("Enter")
    assert (reached, first) == ("internet", "service-proxy")
    assert text(page, "#panel h2") == "proxy"
    page.press("Escape")
    assert text(page, "#panel h2") == "Select a service"


def test_focus_is_seen_and_shows_flows(show: Show) -> None:
    page = show("five")
    page.run("document.querySelector('#internet').focus()")
    page.press("Tab")
    assert names(page, ".card.at") == ["proxy"]
    outline = "getComputedStyle(document.querySelector('#service-proxy .box')).strokeWidth"
    assert page.run(outline) in ("3.5px", "4px")


def test_tab_goes_from_top_to_bottom(show: Show) -> None:
    page = show("twelve")
    tops = page.run("[...document.querySelectorAll('.card')].map(e => e.getBoundingClientRect().y)")
    assert tops == sorted(tops)


def test_matrix_is_one_stop_and_arrow_keys_move_in_it(show: Show) -> None:
    page = show("five")
    assert page.run("document.querySelectorAll('td[tabindex=\"0\"]').length") == 1
    page.run("document.querySelector('td[tabindex=\"0\"]').focus()")
    page.press("ArrowDown")
    page.press("ArrowRight")
    assert page.run("document.activeElement.ariaLabel") == "lan to shop ×3: closed"  # noqa: RUF001
    page.press("ArrowUp")
    page.press("ArrowLeft")
    page.press("Enter")
    assert text(page, "#panel h2") == "world → proxy"


def test_every_control_has_a_name(show: Show) -> None:
    page = show("mistake")
    nameless = page.run(
        "[...document.querySelectorAll('button, input, [role=button], td[aria-label], a')]"
        ".filter(e => !(e.ariaLabel || e.textContent.trim() || e.labels?.length)).length"
    )
    assert nameless == 0


def test_search_finds_services_by_a_part_of_the_name(show: Show) -> None:
    page = show("sixty")
    page.click("#find")
    page.type("billing-w")
    assert names(page, ".card.hit") == ["billing-worker", "billing-worker-retries"]
    page.press("Enter")
    assert text(page, "#panel h2") == "billing-worker"


def test_theme_follows_the_system_until_the_reader_decides(show: Show) -> None:
    page = show("five")
    paper = "getComputedStyle(document.body).backgroundColor"
    assert page.run(paper) == "rgb(251, 250, 247)"
    page.scheme("dark")
    assert page.run(paper) == "rgb(18, 22, 28)"
    page.click("#theme")
    assert page.run(paper) == "rgb(251, 250, 247)"
    page.click("#theme")
    page.scheme("light")
    assert page.run(paper) == "rgb(18, 22, 28)"
    page.click("#theme")
    assert page.run(paper) == "rgb(251, 250, 247)"


def test_chosen_service_survives_a_reload(show: Show) -> None:
    page = show("five")
    page.click("#service-cache")
    page.call("Page.reload")
    page.wait_for("Page.loadEventFired")
    assert text(page, "#panel h2") == "cache"


@pytest.mark.parametrize("width", [480, 800, 1440, 2200])
@pytest.mark.parametrize("name", ["five", "twelve", "sixty"])
def test_page_is_never_wider_than_its_window(show: Show, name: str, width: int) -> None:
    page = show(name)
    page.resize(width, 900)
    assert page.run("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out_from_what_is_behind_them(show: Show, scheme: str) -> None:
    """WCAG AA: 4.5 to 1 for text, on each ground that it stands on."""
    page = show("mistake")
    page.scheme(scheme)
    colours = page.run(
        "Object.fromEntries(['paper','ink','muted','host','area','closed','card','flow',"
        "'flow-soft','pivot','pivot-soft','broken','broken-soft'].map(name => [name,"
        "getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim()]))"
    )
    grounds = ("paper", "host", "area", "closed", "card", "flow-soft")
    pairs = [(word, ground) for word in ("ink", "muted") for ground in grounds]
    pairs += [("flow", ground) for ground in ("paper", "host", "card", "flow-soft")]
    pairs += [("paper", "flow"), ("paper", "broken"), ("broken", "paper"), ("pivot", "paper")]
    low = {pair: contrast(colours[pair[0]], colours[pair[1]]) for pair in pairs}
    assert {pair: ratio for pair, ratio in low.items() if ratio < 4.5} == {}


def contrast(one: str, other: str) -> float:
    lights = sorted((luminance(one), luminance(other)))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
