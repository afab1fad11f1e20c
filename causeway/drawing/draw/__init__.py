"""Drawings of a stack: one graph, one pure function per language."""

from collections.abc import Callable, Mapping

from .dot import dot
from .graph import Graph, graph
from .graph_json import as_json
from .mermaid import mermaid
from .text import text

FORMATS: Mapping[str, Callable[[Graph], str]] = {
    "text": text,
    "mermaid": mermaid,
    "dot": dot,
    "json": as_json,
}

__all__ = ["FORMATS", "Graph", "graph"]
