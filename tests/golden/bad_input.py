"""Bad stack files and the whole report each must give: sections of bad_input.txt, bad_networks.txt.

A section opens with `=== what is wrong`, then the file, then `--- report` and the report, in
which the file's folder reads FOLDER.
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from causeway.model.errors import StackError, render
from causeway.model.load import load

FILE = Path(__file__).parent / "bad_input.txt"
NETWORKS = Path(__file__).parent / "bad_networks.txt"
# So many sections there are at least: a file that is cut short is no success.
LEAST = {FILE: 90, NETWORKS: 60}
SECTION = re.compile(r"^=== (.*)\n((?:.*\n)*?)--- report\n((?:(?!===).*\n?)*)", re.MULTILINE)


def sections(file: Path = FILE) -> dict[str, tuple[str, str]]:
    """What is wrong -> the stack file and its report."""
    found = {
        name: (text, said.rstrip("\n") + "\n")
        for name, text, said in SECTION.findall(file.read_text())
    }
    assert len(found) >= LEAST[file], f"{file} has lost sections"
    return found


def report(text: str) -> str:
    """What loading the file says; a file that loads is no bad input."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "compose.yaml")
        file.write_text(text)
        try:
            load([file], name="shop")
        except StackError as error:
            return render(error.problems, folder).replace(folder, "FOLDER") + "\n"
    return "loads without a problem\n"


def written(reports: dict[str, tuple[str, str]]) -> str:
    """All sections as the text of a file."""
    return "\n".join(
        f"=== {name}\n{text}--- report\n{said}" for name, (text, said) in reports.items()
    )
