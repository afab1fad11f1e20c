"""Text as the browser sets it: none lies on another, none leaves its box, none crosses a line."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from causeway.drawing.picture import as_svg
from causeway.model.reach import EngineFacts, reach
from causeway.model.values import Network, Port, Stack
from tests.browser.chromium import Browser
from tests.picture import five, network, service, sixty, twelve

TEXTS = """
[...document.querySelectorAll('text')].map(e => { const b = e.getBBox();
  return [e.textContent, b.x, b.y, b.x + b.width, b.y + b.height] })
"""
LINES = """
[...document.querySelectorAll('.trunk')].flatMap(e => e.getAttribute('d').split('M').filter(Boolean)
  .map(part => { const b = document.createElementNS('http://www.w3.org/2000/svg', 'path');
    b.setAttribute('d', 'M' + part); e.parentNode.append(b); const r = b.getBBox(); b.remove();
    return ['line', r.x, r.y, r.x + r.width, r.y + r.height] }))
"""
CARDS = """
[...document.querySelectorAll('.card')].flatMap(card => { const box = card.querySelector('.box')
  .getBBox(); return [...card.querySelectorAll('text')].map(e => { const b = e.getBBox();
  return [e.textContent, box.x, box.y, box.x + box.width, box.y + box.height,
    b.x, b.y, b.x + b.width, b.y + b.height] }) })
"""


def names() -> Stack:
    """The longest names that Docker takes, and many ports."""
    long = "a-service-with-a-name-of-sixty-three-letters-as-dns-allows-at-x"
    return Stack(
        "names",
        (),
        services=(
            service(long, [long, "b"], ports=[Port(n, n) for n in range(8000, 8009)]),
            service("WWWWWWWWWWWWWWWWWWWWWWWWWWWWWW", ["b"], listens=["1", "2", "3", "4", "5"]),
            service("m.m_m-m", [long, "c"], ports=[Port(53, 53, "::1", "udp")], replicas=100),
        ),
        networks=(network(long, internal=True), network("b", driver="macvlan"), network("c")),
    )


def crossing() -> Stack:
    """Every pair of six networks shares a service: many lines and no neat order."""
    keys = [f"network-{letter}" for letter in "abcdef"]
    networks: tuple[Network, ...] = tuple(network(key) for key in keys)
    services = tuple(service(f"{a[-1]}-and-{b[-1]}", [a, b]) for a, b in combinations(keys, 2))
    return Stack("crossing", (), services=services, networks=networks)


STACKS: list[Callable[[], Stack]] = [five, twelve, sixty, names, crossing]


@pytest.fixture
def drawn(chromium: Browser, tmp_path: Path, request: pytest.FixtureRequest) -> Browser:
    stack: Stack = request.param()
    file = tmp_path / "picture.svg"
    file.write_text(
        as_svg([stack], reach([stack], EngineFacts(version=(20, 10)))), encoding="utf-8"
    )
    chromium.open(f"file://{file}")
    return chromium


def meet(one: list[Any], other: list[Any]) -> bool:
    return bool(
        one[1] < other[3] - 0.5
        and other[1] < one[3] - 0.5
        and one[2] < other[4] - 0.5
        and other[2] < one[4] - 0.5
    )


every_stack = pytest.mark.parametrize(
    "drawn", STACKS, indirect=True, ids=lambda each: each.__name__
)


@every_stack
def test_no_text_lies_on_another(drawn: Browser) -> None:
    texts = drawn.run(TEXTS)
    assert len(texts) > 10
    assert [(a[0], b[0]) for a, b in combinations(texts, 2) if meet(a, b)] == []


@every_stack
def test_no_line_to_a_network_crosses_text(drawn: Browser, request: pytest.FixtureRequest) -> None:
    texts = drawn.run(TEXTS)
    assert len(texts) > 10
    widened = [
        [name, x - 0.6, y - 0.6, right + 0.6, low + 0.6]
        for name, x, y, right, low in drawn.run(LINES)
    ]
    # In these two, every service is on one network, and inside its area.
    assert bool(widened) == (request.node.callspec.id not in ("five", "names"))
    assert [text[0] for text in texts for line in widened if meet(text, line)] == []


@every_stack
def test_text_stays_inside_its_card(drawn: Browser) -> None:
    found = drawn.run(CARDS)
    assert len(found) > 3
    for name, x, y, right, low, *text in found:
        assert x <= text[0], name
        assert y <= text[1], name
        assert text[2] <= right, name
        assert text[3] <= low, name


@every_stack
def test_nothing_leaves_the_picture(drawn: Browser) -> None:
    width, height = drawn.run(
        "(({width, height}) => [width, height])(document.documentElement.viewBox.baseVal)"
    )
    texts = drawn.run(TEXTS)
    assert len(texts) > 10
    for name, x, y, right, low in texts:
        assert x >= 0, name
        assert y >= 0, name
        assert right <= width, name
        assert low <= height, name
