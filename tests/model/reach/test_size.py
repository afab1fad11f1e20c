"""A thousand services are no reason to wait: work grows with their number, not with its square."""

from __future__ import annotations

from pathlib import Path

from bench.reach import compose
from causeway.drawing.draw import FORMATS, graph
from causeway.model.extension.assertions import check_assertions
from causeway.model.load import load
from causeway.model.reach import EngineFacts, reach
from tests.work import calls


def previewed(file: Path) -> None:
    """What a preview does: load, decide, check, draw."""
    loaded = load([file], name="shop")
    stack, positions = loaded.stack, {loaded.stack.name: loaded.positions}
    matrix = reach([stack], EngineFacts(version=(29, 0)), positions)
    check_assertions(loaded.assertions, stack, matrix)
    FORMATS["text"](graph([stack], matrix))


def test_a_thousand_services_on_sixty_networks_take_five_times_the_work_of_a_fifth(
    tmp_path: Path,
) -> None:
    file = tmp_path / "compose.yaml"
    made = {}
    for services in (200, 1000):
        text, networks = compose(services)
        assert (networks, text.count("image:")) == (services * 6 // 100, services)
        file.write_text(text)
        made[services] = calls(lambda: previewed(file))
    assert made[1000].functions < 5.5 * made[200].functions, made
    assert sum(made[1000]) < 3_400_000, made  # 2 700 000 when this was written
