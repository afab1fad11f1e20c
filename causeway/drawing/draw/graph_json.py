"""The graph as JSON, for other drawing programs."""

from __future__ import annotations

import json
from dataclasses import asdict

from .graph import Graph


def as_json(graph: Graph) -> str:
    return json.dumps(asdict(graph), indent=2) + "\n"
