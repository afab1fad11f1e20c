"""The values of a picture after layout: boxes and lines in pixels, with what they represent."""

from __future__ import annotations

from dataclasses import dataclass

from .areas import Area
from .scene import Card, Scene


@dataclass(frozen=True, slots=True)
class Dot:
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Box:
    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    @property
    def middle(self) -> Dot:
        return Dot(self.x + self.width / 2, self.y + self.height / 2)


@dataclass(frozen=True, slots=True)
class Band:
    """An area's box; its name is at `text_x`, on the line `header_y`."""

    area: Area
    box: Box
    header_y: float
    text_x: float


@dataclass(frozen=True, slots=True)
class PlacedCard:
    card: Card
    box: Box


@dataclass(frozen=True, slots=True)
class Trunk:
    """A vertical line at `x` from several cards to the border of an area, at `end`."""

    area: Area
    cards: tuple[str, ...]
    x: float
    starts: tuple[Dot, ...]
    end: float


@dataclass(frozen=True, slots=True)
class Wire:
    """A published port: the box of its label at the edge, and how far right its line goes."""

    card: str
    label: str
    is_open: bool
    box: Box
    end: float


@dataclass(frozen=True, slots=True)
class Picture:
    """`captions` are text, x, y and the right end of the available space."""

    scene: Scene
    width: float
    height: float
    frame: Box
    bands: tuple[Band, ...]
    cards: tuple[PlacedCard, ...]
    captions: tuple[tuple[str, float, float, float], ...]
    trunks: tuple[Trunk, ...]
    wires: tuple[Wire, ...]
