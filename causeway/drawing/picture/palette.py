"""Colours and fonts of a picture, light and dark. Colour is never the only signal: each has a
shape or a word with it. Colour-blind people can distinguish blue, orange and vermilion."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

MONO = (
    '"SF Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace'
)
SANS = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'

LIGHT: Mapping[str, str] = {
    "paper": "#fbfaf7",
    "ink": "#1b2430",
    "muted": "#56616f",
    "line": "#8b98a8",
    "frame": "#c3cad3",
    "host": "#f3f2ed",
    "area": "#dce7f3",
    "area-line": "#86a3c3",
    "closed": "#e6e3db",
    "closed-line": "#8a8573",
    "card": "#ffffff",
    "card-line": "#b6c0cc",
    "flow": "#0060a8",
    "flow-soft": "#d7e8f7",
    "pivot": "#a36200",
    "pivot-soft": "#fff1d6",
    "broken": "#b83a06",
    "broken-soft": "#fde6dc",
}
DARK: Mapping[str, str] = {
    "paper": "#12161c",
    "ink": "#e7ecf2",
    "muted": "#a3afbd",
    "line": "#77869a",
    "frame": "#3a4554",
    "host": "#181d25",
    "area": "#1e2d40",
    "area-line": "#4c6b8f",
    "closed": "#2a2a27",
    "closed-line": "#827d6c",
    "card": "#242c37",
    "card-line": "#48566a",
    "flow": "#6fbcf5",
    "flow-soft": "#17324b",
    "pivot": "#f2ae3d",
    "pivot-soft": "#3a2c12",
    "broken": "#ff8e66",
    "broken-soft": "#44221a",
}


SHAPES = Path(__file__).with_name("picture.css").read_text(encoding="utf-8")


def variables(colours: Mapping[str, str]) -> str:
    return " ".join(f"--{name}: {value};" for name, value in colours.items())


def shapes() -> str:
    return SHAPES.replace("SANS", SANS).replace("MONO", MONO)


def standalone() -> str:
    """The style of a standalone picture: dark if the reader's system is."""
    return (
        f".picture {{ {variables(LIGHT)} }}\n"
        f"@media (prefers-color-scheme: dark) {{ .picture {{ {variables(DARK)} }} }}\n{shapes()}"
    )
