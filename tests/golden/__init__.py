"""Golden cases: a folder of input and the text that is expected of it, compared byte by byte.

A case of `model/` holds compose.yaml, further compose.*.yaml files merged over it in order of
their names, optionally options.json (the other arguments of `load`), and expected.txt.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from causeway.model.errors import StackError, render
from causeway.model.load import load
from tests.golden.rendering import rendered

HERE = Path(__file__).parent
CASES = HERE / "model"
SUPPORT_PAGE = HERE.parent.parent / "docs" / "support.md"


def cases() -> list[Path]:
    """All case folders; an empty set is a mistake and not a success."""
    found = sorted(folder.parent for folder in CASES.glob("*/compose.yaml"))
    assert found, f"no golden case below {CASES}"
    return found


def outcome(case: Path) -> str:
    """What loading the case gives: the stack and its warnings, or the problems."""
    files = [case / "compose.yaml", *sorted(case.glob("compose.*.yaml"))]
    options: dict[str, Any] = {"name": "shop"}
    if (case / "options.json").exists():
        options |= json.loads((case / "options.json").read_text())
    base = str(case)
    try:
        loaded = load(files, **options)
    except StackError as error:
        return f"problems:\n{render(error.problems, base)}\n".replace(base, "CASE")
    warnings = render(loaded.warnings, base)
    said = loaded.assertions
    asserted = "".join(f"  {each.kind.value}: {each}\n" for each in said.readable)
    asserted += f"{render(said.problems, base)}\n" if said.problems else ""
    text = rendered(loaded.stack)
    text += f"assertions:\n{asserted}" if asserted else ""
    text += f"warnings:\n{warnings}\n" if warnings else ""
    return text.replace(base, "CASE")
