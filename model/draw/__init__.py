"""Drawings of a stack: one graph, one pure function per language."""

from collections.abc import Callable, Mapping

from model.draw.dot import dot
from model.draw.graph import Graph, graph
from model.draw.graph_json import as_json
from model.draw.mermaid import mermaid
from model.draw.text import text

FORMATS: Mapping[str, Callable[[Graph], str]] = {
    "text": text,
    "mermaid": mermaid,
    "dot": dot,
    "json": as_json,
}

__all__ = ["FORMATS", "Graph", "graph"]
