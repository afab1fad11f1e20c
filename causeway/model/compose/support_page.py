"""The support table as a page of Markdown, for docs/support.md."""

from __future__ import annotations

from .support import SECTIONS, Row

OPENING = """# What happens to each Compose key

Made from `model/support.py` by `make golden`; do not edit.

- **supported**: honoured.
- **rejected**: the preview stops and gives the reason, because leaving the key out would change
  what runs.
- **ignored**: left out with a warning.

Where values are listed, only those are supported; for a rejected or ignored key, the listed values
are fine, since they are what happens anyway. `*` is any name, `[]` any item of a list. Keys that
start with `x-` are allowed everywhere. A key that is not in the table is an error.
"""


def page() -> str:
    """The whole page."""
    parts = [OPENING]
    for title, rows in SECTIONS:
        parts.append(f"\n## {title}\n\n| key | status | remark |\n| --- | --- | --- |\n")
        parts += [_line(row) for row in rows]
    return "".join(parts)


def _line(row: Row) -> str:
    values = ", ".join(f"`{value}`" for value in row.values)
    lead = {"supported": "only", "rejected": "fine:", "ignored": "fine:"}[row.status]
    remarks = [row.reason, f"{lead} {values}" if values else ""]
    return f"| `{row.path}` | {row.status} | {'; '.join(filter(None, remarks))} |\n"
