"""The SVG and HTML of `causeway draw`: the loaded stack, with the assertions that do not hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from causeway.drawing.picture import as_page, as_svg
from causeway.model.errors import CausewayError
from causeway.model.extension.assertions import check_assertions
from causeway.model.values import Problem

from .problem import UsageError
from .stacks import LoadedStack, load_stack


def svg(loaded: LoadedStack) -> str:
    return as_svg([loaded.stack], loaded.matrix, _broken(loaded), loaded.base)


def page(loaded: LoadedStack, refresh_seconds: int | None = None) -> str:
    problems = _broken(loaded)
    return as_page([loaded.stack], loaded.matrix, problems, loaded.base, refresh_seconds)


def _broken(loaded: LoadedStack) -> tuple[Problem, ...]:
    """For a running stack, the assertions of its files; none when those cannot be read."""
    stack, assertions = loaded.stack, loaded.assertions
    if not stack.files:
        try:
            written = load_stack(loaded.settings)
        except (CausewayError, UsageError):
            return ()
        stack, assertions = written.stack, written.assertions
    return check_assertions(assertions, stack, loaded.matrix)


PICTURES: Mapping[str, Callable[[LoadedStack], str]] = {"svg": svg, "html": page}
