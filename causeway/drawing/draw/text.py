"""The graph as text: one block per network with its members, then services without a network."""

from __future__ import annotations

from .graph import Area, Box, Graph, Line


def text(graph: Graph) -> str:
    boxes = {box.id: box for box in graph.boxes}
    members: dict[str, list[Box]] = {area.id: [] for area in graph.areas}
    networks: dict[str, list[str]] = {}
    labels = {area.id: area.label for area in graph.areas}
    ports: dict[str, list[str]] = {}
    shared: dict[str, Line] = {}
    for line in graph.lines:
        if line.kind == "member":
            members[line.target].append(boxes[line.source])
            networks.setdefault(line.source, []).append(labels[line.target])
        elif line.kind == "published":
            ports.setdefault(line.target, []).append(line.label)
        elif line.kind == "shared":
            shared[line.source] = line
    free = {line.source for line in graph.lines if line.kind == "egress"}
    found = [graph.title]
    for area in graph.areas:
        found += ["", _heading(area, area.id in free)]
        rows = members[area.id]
        for number, box in enumerate(rows):
            corner = "└─" if number == len(rows) - 1 else "├─"
            also = [name for name in networks[box.id] if name != area.label]
            found.append(f"  {corner} {_member(box, also, ports.get(box.id, []))}")
    rest = [box for box in graph.boxes if box.kind == "service" and box.id not in networks]
    if rest:
        found += ["", "no network of its own"]
        for box in rest:
            other = shared.get(box.id)
            to = f": with {boxes[other.target].label}" if other else f": {box.note}"
            found.append(f"  - {box.label}{to}")
    return "\n".join(found) + "\n"


def _heading(area: Area, has_way_out: bool) -> str:
    note = f" ({area.note})" if area.note else ""
    return f"network {area.label}{note}{' ──> internet' if has_way_out else ''}"


def _member(box: Box, also: list[str], ports: list[str]) -> str:
    parts = [box.label]
    if also:
        parts.append(f"also on {', '.join(also)}")
    if ports:
        parts.append(f"<── world {', '.join(ports)}")
    return "  ".join(parts)
