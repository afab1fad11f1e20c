"""The graph in the DOT language of Graphviz."""

from __future__ import annotations

from .graph import Graph, Line

STYLES = {
    "member": "dir=none",
    "published": "penwidth=2, color=firebrick",
    "egress": "style=dashed",
    "shared": "dir=none, style=dotted",
}
SHAPES = {"service": "box", "host": "box3d", "world": "circle", "internet": "circle"}


def dot(graph: Graph) -> str:
    lines = [
        f"digraph {_quoted(graph.title)} {{",
        "    rankdir=LR;",
        '    node [fontname="Helvetica"]; edge [fontname="Helvetica", fontsize=10];',
    ]
    for box in graph.boxes:
        label = box.label + (f"\n{box.note}" if box.note else "")
        pivot = ", color=darkorange, penwidth=3" if box.is_pivot else ""
        lines.append(f"    {box.id} [label={_quoted(label)}, shape={SHAPES[box.kind]}{pivot}];")
    for area in graph.areas:
        label = area.label + (f"\n{area.note}" if area.note else "")
        lines.append(
            f"    {area.id} [label={_quoted(label)}, shape=ellipse, style=filled, "
            'fillcolor="#e8f0fe"];'
        )
    lines += [f"    {line.source} -> {line.target} [{_style(line)}];" for line in graph.lines]
    return "\n".join([*lines, "}"]) + "\n"


def _style(line: Line) -> str:
    label = f", label={_quoted(line.label)}" if line.label else ""
    return STYLES[line.kind] + label


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
