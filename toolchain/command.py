"""The Pulumi CLI that was found: its path and the version that it reports."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Cli:
    pulumi: Path
    version: str
