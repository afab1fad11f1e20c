"""The picture of a stack: an SVG, or a page with the picture, the flows and the matrix."""

from collections.abc import Sequence

from causeway.model.reach.matrix import Matrix
from causeway.model.values import Problem, Stack

from .layout import layout
from .page import as_page
from .scene import scene
from .svg import svg


def as_svg(
    stacks: Sequence[Stack], matrix: Matrix, problems: Sequence[Problem] = (), base: str = ""
) -> str:
    """A standalone file. `problems` are those of the assertions; places are relative to `base`."""
    return svg(layout(scene(stacks, matrix, problems, base)))


__all__ = ["as_page", "as_svg"]
