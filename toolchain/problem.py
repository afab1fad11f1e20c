"""The only error of the toolchain: what went wrong, and what to do. Printed without a traceback."""

from __future__ import annotations


class ToolchainError(Exception):
    def __init__(self, what: str, way_out: str = "", log: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.way_out = way_out
        self.log = log

    def text(self) -> str:
        parts = [f"error: {self.what}"]
        if self.log:
            parts.append("\n".join(f"  | {line}" for line in self.log.rstrip().splitlines()))
        if self.way_out:
            parts.append(f"What to do: {self.way_out}")
        return "\n".join(parts)
