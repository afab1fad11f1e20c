"""Estimates the width of a text, with a margin for the fonts that browsers may choose.

Names are set in a monospaced font, whose letters have equal width; prose in the system font, for
which the widest common one (DejaVu Sans) is assumed.
"""

from __future__ import annotations

MONO = 0.61  # width of a letter relative to the font size, for the widest font in the style
NARROW = frozenset("iljI.,:;'|!()[] ")
WIDE = frozenset("mwMW@%→←↔—")


def mono(text: str, size: float) -> float:
    return len(text) * size * MONO


def prose(text: str, size: float) -> float:
    return sum(_share(letter) for letter in text) * size


def _share(letter: str) -> float:
    if letter in NARROW:
        return 0.38
    if letter in WIDE:
        return 0.98
    return 0.72 if letter.isupper() else 0.635


def shortened(text: str, width: float, size: float) -> str:
    """A monospaced text shortened in the middle, where related names differ least."""
    most = max(3, int(width / (size * MONO)))
    if len(text) <= most:
        return text
    head = (most - 1 + 1) // 2
    tail = most - 1 - head
    return f"{text[:head]}…{text[len(text) - tail :]}" if tail else f"{text[:head]}…"


def wrapped(text: str, width: float, size: float) -> tuple[str, ...]:
    """Prose wrapped to lines; a word wider than the line gets its own line."""
    lines: list[str] = []
    for word in text.split():
        joined = f"{lines[-1]} {word}" if lines else word
        if lines and prose(joined, size) <= width:
            lines[-1] = joined
        else:
            lines.append(word)
    return tuple(lines)
