"""Converts sizes, durations and modes to the forms that values use: bytes, seconds, octal text.

The loader has already checked the text and prints "90s" as "1m30s".
"""

from __future__ import annotations

import math
import re

SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
BYTES = {"": 1, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40, "p": 1 << 50}


def seconds(duration: str) -> float:
    """Seconds of a Go duration such as "1m30s" or "500ms"."""
    parts = re.findall(r"([0-9.]+)(ms|us|µs|ns|h|m|s)", duration)
    if "".join(number + unit for number, unit in parts) != duration or not parts:
        raise ValueError(f"not a duration: {duration!r}")
    return sum(float(number) * SECONDS[unit] for number, unit in parts)


def whole_seconds(duration: str) -> int:
    """Seconds of a Go duration, rounded up so that a grace period never gets shorter."""
    return math.ceil(round(seconds(duration), 9))


def size(text: str) -> int:
    """Bytes of a size such as "1610612736", "64m" or "1.5gb"; -1 stays -1 (no limit)."""
    match = re.fullmatch(r"(-?[0-9.]+)\s*([bkmgtp]?)i?b?", text.strip().lower())
    if match is None:
        raise ValueError(f"not a size: {text!r}")
    return int(float(match[1]) * BYTES[match[2]])


def octal(mode: str) -> str:
    """File mode as four octal digits: "0440" and "440" give "0440"."""
    return mode.zfill(4)
