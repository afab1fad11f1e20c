"""The graph as a Mermaid flowchart, for READMEs and pull requests."""

from __future__ import annotations

from .graph import Box, Graph

ARROWS = {"member": "---", "published": "==>", "egress": "-.->", "shared": "-.-"}


def mermaid(graph: Graph) -> str:
    lines = ["flowchart LR"]
    for box in graph.boxes:
        lines.append(f"    {box.id}{_shape(box)}")
    for area in graph.areas:
        note = f" ({area.note})" if area.note else ""
        lines.append(f'    {area.id}(["{_escaped(area.label + note)}"])')
    for line in graph.lines:
        label = f'|"{_escaped(line.label)}"|' if line.label else ""
        lines.append(f"    {line.source} {ARROWS[line.kind]}{label} {line.target}")
    lines.append("    classDef network fill:#e8f0fe,stroke:#4a73c9,color:#1a2b4a")
    lines.append("    classDef pivot stroke:#c9730a,stroke-width:3px")
    if graph.areas:
        lines.append(f"    class {','.join(area.id for area in graph.areas)} network")
    pivots = [box.id for box in graph.boxes if box.is_pivot]
    if pivots:
        lines.append(f"    class {','.join(pivots)} pivot")
    return "\n".join(lines) + "\n"


def _shape(box: Box) -> str:
    text = _escaped(box.label + (f" ({box.note})" if box.note else ""))
    return f'["{text}"]' if box.kind in ("service", "host") else f'(("{text}"))'


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "#quot;").replace("<", "&lt;")
