"""What the command prints for the web stack and for three tiers, byte for byte.

`make golden` rewrites them; the diff is then to be reviewed.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.cli.run import causeway

GOLDEN = Path(__file__).parent / "golden"
REWRITE = os.environ.get("CAUSEWAY_GOLDEN") == "rewrite"
WEB = "stacks/web/compose.yaml"
TIERS = "tests/cli/three_tier/compose.yaml"
MISTAKE = "tests/cli/three_tier/mistake.yaml"

CASES = {
    "web_reach.txt": ("reach", "-f", WEB),
    "web_reach_20.10.txt": ("reach", "-f", WEB, "--engine-version", "20.10"),
    "web_reach.md": ("reach", "-f", WEB, "--markdown"),
    "web_reach.csv": ("reach", "-f", WEB, "--csv"),
    "web_reach.json": ("reach", "-f", WEB, "--json"),
    "web_text.txt": ("draw", "-f", WEB),
    "web.mmd": ("draw", "-f", WEB, "--format", "mermaid"),
    "web.dot": ("draw", "-f", WEB, "--format", "dot"),
    "web_draw.json": ("draw", "-f", WEB, "--format", "json"),
    "web_explain.txt": ("explain", "-f", WEB, "world", "nginx"),
    "tiers_reach.txt": ("reach", "-f", TIERS),
    "tiers_only_database.txt": ("reach", "-f", TIERS, "--no-leaks", "database"),
    "tiers_explain.txt": ("explain", "-f", TIERS, "nginx", "database:5432"),
    "tiers_published.txt": ("explain", "-f", TIERS, "database", "nginx:80"),
    "mistake_reach.txt": ("reach", "-f", MISTAKE, "--no-leaks"),
    "mistake_explain.txt": ("explain", "-f", MISTAKE, "nginx", "database:5432"),
}


@pytest.mark.parametrize("name", CASES)
def test_the_golden_output_is_printed(name: str) -> None:
    answer = causeway(*CASES[name])
    printed = f"{answer.out}--- exit code {answer.code} ---\n{answer.err}"
    file = GOLDEN / name
    if REWRITE:
        file.write_text(printed)
    assert printed == file.read_text()
