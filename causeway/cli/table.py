"""Rows as a table: aligned for a terminal, Markdown, or CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence

Row = Sequence[str]
Styled = Callable[[str, str], str]


def plain(text: str, style: str) -> str:
    return text


def aligned(heading: Row, rows: Sequence[Row], styled: Styled = plain) -> str:
    """Columns under their headings; STYLES maps the text of a cell to its style."""
    widths = [max(len(row[column]) for row in (heading, *rows)) for column in range(len(heading))]

    def line(row: Row, is_heading: bool) -> str:
        cells = []
        for position, (cell, width) in enumerate(zip(row, widths, strict=True)):
            last = position == len(row) - 1
            padded = cell if last else cell.ljust(width)
            cells.append(styled(padded, "bold" if is_heading else STYLES.get(cell, "")))
        return "  ".join(cells).rstrip()

    return "\n".join([line(heading, True), *(line(row, False) for row in rows)])


def width(heading: Row, rows: Sequence[Row]) -> int:
    """The width of the table that `aligned` makes."""
    longest = [max(len(row[column]) for row in (heading, *rows)) for column in range(len(heading))]
    return sum(longest) + 2 * (len(heading) - 1)


def markdown(heading: Row, rows: Sequence[Row]) -> str:
    def line(row: Row) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"

    return "\n".join([line(heading), line(["---"] * len(heading)), *(line(row) for row in rows)])


def comma_separated(heading: Row, rows: Sequence[Row]) -> str:
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(heading)
    writer.writerows(rows)
    return written.getvalue()


STYLES = {
    "allowed": "green",
    "dropped": "dim",
    "rejected": "dim",
    "no route": "dim",
    "no listener": "dim",
    "unknown": "yellow",
}
