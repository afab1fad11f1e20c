"""The pictures of `causeway draw`: what is loaded, with the assertions that do not hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from cli.stacks import Loaded
from model.assertions import check_assertions
from model.picture import as_page, as_svg
from model.reach import Matrix
from model.values import Problem, Stack

Draw = Callable[[Sequence[Stack], Matrix, Sequence[Problem], str], str]


def _picture(draw: Draw) -> Callable[[Loaded], str]:
    def drawn(loaded: Loaded) -> str:
        problems: tuple[Problem, ...] = ()
        if loaded.stack.extension and loaded.stack.files:
            problems = check_assertions(loaded.stack, loaded.matrix)
        return draw([loaded.stack], loaded.matrix, problems, loaded.base)

    return drawn


PICTURES: Mapping[str, Callable[[Loaded], str]] = {
    "svg": _picture(as_svg),
    "html": _picture(as_page),
}
