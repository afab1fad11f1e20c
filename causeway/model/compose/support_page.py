"""Renders the support table as a Markdown page, for docs/support.md."""

from __future__ import annotations

from .support import SECTIONS, Row

OPENING = """# Supported Compose keys

Generated from `causeway/model/compose/support.py` by `make golden`; do not edit.

- **supported**: applied.
- **rejected**: the preview stops with the reason, because ignoring the key would change what runs.
- **ignored**: has no effect; the preview shows a warning.

For a supported key with listed values, only those values are supported. For a rejected or ignored
key, the listed values are accepted without an error or warning, because they match the actual
behaviour. `*` is any name, `[]` any item of a list. Keys that start with `x-` are allowed
everywhere. A key that is not in the table is an error.
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
    lead = {"supported": "only", "rejected": "accepted:", "ignored": "accepted:"}[row.status]
    remarks = [row.reason, f"{lead} {values}" if values else ""]
    return f"| `{row.path}` | {row.status} | {'; '.join(filter(None, remarks))} |\n"
