"""Converts durations as Docker writes them ("1m30s") to nanoseconds and back."""

from __future__ import annotations

import re

_UNITS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)")


def to_nanoseconds(text: str) -> int:
    """The nanoseconds of a duration such as "1m30s". Raises ValueError for anything else."""
    total, end = 0.0, 0
    for part in _PART.finditer(text):
        if part.start() != end:
            break
        total += float(part[1]) * _UNITS[part[2]]
        end = part.end()
    if end != len(text) or not text:
        raise ValueError(f"{text!r} is not a duration such as 30s or 1m30s")
    return round(total)


def from_nanoseconds(value: int) -> str:
    """The shortest Go form: 90000000000 -> "1m30s"."""
    if value < 1_000_000_000:
        for unit in ("ms", "us", "ns"):
            if value % _UNITS[unit] == 0 and value:
                return f"{value // _UNITS[unit]}{unit}"
        return "0s"
    seconds, rest = divmod(value, 1_000_000_000)
    hours, seconds = divmod(seconds, 3600)
    minutes, seconds = divmod(seconds, 60)
    fraction = f".{rest:09d}".rstrip("0") if rest else ""
    text = f"{hours}h" if hours else ""
    text += f"{minutes}m" if minutes or hours else ""
    return f"{text}{seconds}{fraction}s"
