"""The small parts of a picture: text, arrowheads, badges. Numbers have at most one decimal."""

from __future__ import annotations

from html import escape

from .boxes import Dot


def number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def text(
    x: float, y: float, words: str, look: str, *, anchor: str = "", size: float | None = None
) -> str:
    put = f' text-anchor="{anchor}"' if anchor in ("middle", "end") else ""
    big = f' style="font-size:{number(size)}px"' if size is not None else ""
    return f'<text class="{look}" x="{number(x)}" y="{number(y)}"{put}{big}>{escape(words)}</text>'


def arrow(tip: Dot, across: int, down: int, look: str) -> str:
    """An arrowhead that points right, left, down or up."""
    back = Dot(tip.x - 8 * across, tip.y - 8 * down)
    side = Dot(4.5 * down, 4.5 * across)
    corners = (
        f"M{number(tip.x)} {number(tip.y)}L{number(back.x + side.x)} {number(back.y + side.y)}"
        f"L{number(back.x - side.x)} {number(back.y - side.y)}Z"
    )
    return f'<path class="{look}" d="{corners}"/>'


def diamond(middle: Dot) -> str:
    x, y = number(middle.x), number(middle.y - 7)
    return f'<path class="diamond" d="M{x} {y}l7 7l-7 7l-7 -7Z"/>'


def badge(middle: Dot, value: int, kind: str) -> str:
    look = "badge unsure" if kind == "unsure" else "badge"
    box = (
        f'<rect class="{look}" x="{number(middle.x - 8.5)}" y="{number(middle.y - 8.5)}" '
        'width="17" height="17" rx="4"/>'
    )
    return box + text(middle.x, middle.y + 4, str(value), "number", anchor="middle")
