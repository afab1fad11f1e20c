"""Where things lie: inside what they belong to, on nothing else, and the same each time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations, pairwise

import pytest

from causeway.drawing.picture.boxes import Box, Picture
from causeway.drawing.picture.layout import layout
from causeway.drawing.picture.order import ordered
from causeway.drawing.picture.scene import scene
from causeway.model.reach import reach
from causeway.model.values import Stack
from tests.picture import five, network, service, sixty, twelve
from tests.work import calls

every_stack = pytest.mark.parametrize(
    "stack", [five, twelve, sixty], ids=lambda each: each.__name__
)


# Each card of five lies in all its areas, so that no line leads to any.
every_stack_with_lines = pytest.mark.parametrize(
    "stack", [twelve, sixty], ids=lambda each: each.__name__
)


def laid(stack: Stack, columns: int | None = None) -> Picture:
    return layout(scene([stack], reach([stack])), columns)


def meet(one: Box, other: Box) -> bool:
    return (
        one.x < other.right
        and other.x < one.right
        and one.y < other.bottom
        and other.y < one.bottom
    )


def within(one: Box, other: Box) -> bool:
    return (
        one.x >= other.x
        and one.right <= other.right
        and one.y >= other.y
        and one.bottom <= other.bottom
    )


@every_stack
def test_no_card_lies_on_another(stack: Callable[[], Stack]) -> None:
    cards = laid(stack()).cards
    found = [(a.card.name, b.card.name) for a, b in combinations(cards, 2) if meet(a.box, b.box)]
    assert found == []


@every_stack
@pytest.mark.parametrize("columns", [1, 2, 5])
def test_card_lies_in_its_areas_and_in_no_other(stack: Callable[[], Stack], columns: int) -> None:
    """An area that a card is on without lying in it is joined to it by a line."""
    picture = laid(stack(), columns)
    assert len(picture.cards) == len(stack().services)
    for placed in picture.cards:
        inside = {band.area.id for band in picture.bands if within(placed.box, band.box)}
        touched = {band.area.id for band in picture.bands if meet(placed.box, band.box)}
        joined = {each.area.id for each in picture.trunks if placed.card.id in each.cards}
        assert inside == touched, placed.card.name
        assert inside | joined == set(placed.card.areas), placed.card.name
        assert not inside & joined, placed.card.name


@every_stack_with_lines
def test_line_runs_through_no_card(stack: Callable[[], Stack]) -> None:
    picture = laid(stack())
    assert picture.trunks
    for trunk in picture.trunks:
        ends = [trunk.end, *(start.y for start in trunk.starts)]
        line = Box(trunk.x - 0.5, min(ends), 1, max(ends) - min(ends))
        assert [each.card.name for each in picture.cards if meet(line, each.box)] == []


@every_stack_with_lines
def test_lines_of_different_networks_keep_apart(stack: Callable[[], Stack]) -> None:
    picture = laid(stack())
    assert len(picture.trunks) > 1
    for one, other in combinations(picture.trunks, 2):
        spans = [[each.end, *(start.y for start in each.starts)] for each in (one, other)]
        apart = max(spans[0]) < min(spans[1]) or max(spans[1]) < min(spans[0])
        assert apart or abs(one.x - other.x) > 4, (one.area.label, other.area.label)


@every_stack
def test_published_port_is_level_with_its_card_and_outside_the_host(
    stack: Callable[[], Stack],
) -> None:
    picture = laid(stack())
    boxes = {each.card.id: each.box for each in picture.cards}
    assert picture.wires
    for wire in picture.wires:
        box = boxes[wire.card]
        assert box.y <= wire.box.y
        assert wire.box.bottom <= box.bottom
        assert wire.box.right < picture.frame.x
        assert wire.box.x > 0


def test_networks_that_share_services_lie_beside_each_other() -> None:
    keys = ("a", "b", "c", "d", "e", "f", "g", "h")
    chain = ("c", "a", "g", "b", "h", "d", "f", "e")
    services = tuple(service(f"{one}{other}", [one, other]) for one, other in pairwise(chain))
    stack = Stack("s", (), services=services, networks=tuple(network(key) for key in keys))
    found = scene([stack], reach([stack]))
    order = [area.label for area in ordered(found.areas, found.cards)]
    assert order in (list(chain), list(reversed(chain)))


def test_order_of_declaration_moves_nothing() -> None:
    stack = twelve()
    turned = replace(
        stack,
        services=tuple(reversed(stack.services)),
        networks=tuple(reversed(stack.networks)),
    )
    one = {each.card.id: each.box for each in laid(stack).cards}
    assert {each.card.id: each.box for each in laid(turned).cards} == one


def test_new_service_on_another_network_leaves_names_where_they_were() -> None:
    stack = five()
    more = replace(stack, services=(*stack.services, service("zz", ["data"])))
    one = {each.card.id: each.box.y for each in laid(stack).cards}
    two = {each.card.id: each.box.y for each in laid(more).cards}
    assert {name: y for name, y in two.items() if name in one} == one


def test_sixty_services_are_laid_out_without_trying_everything() -> None:
    found = scene([sixty()], reach([sixty()]))
    assert sum(calls(lambda: layout(found))) < 120_000  # 80 000 when this was written


def test_stack_without_services_is_a_picture() -> None:
    picture = laid(Stack("empty", (), networks=(network("lonely"),)))
    assert [band.area.label for band in picture.bands] == ["lonely"]


def test_stack_without_anything_is_a_picture() -> None:
    assert laid(Stack("nothing", ())).bands == ()
