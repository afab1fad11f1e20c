"""Who may import whom: the arrows between the rooms, as docs/decisions.md and README name them."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# Room -> what its Python may import besides itself and the standard library.
ARROWS: dict[str, frozenset[str]] = {
    "model": frozenset({"yaml"}),
    "components": frozenset({"pulumi", "pulumi_docker", "model"}),
    # Pulumi speaks by grpc and google.protobuf, registries by requests.
    "provider": frozenset({"pulumi", "pulumi_docker", "docker", "grpc", "google", "requests"}),
    "live": frozenset({"docker", "model"}),
    "cli": frozenset({"model", "live"}),
    "toolchain": frozenset(),
    "stacks": frozenset(),
    "docs": frozenset(),
}
PROGRAM = frozenset({"pulumi", "model", "components"})
FREE = frozenset({"tests", "bench"})
ONLY_HERE = {"yaml": {"model/nodes.py", "model/source.py"}}
PROCESSES = {"model": {"model/loader.py"}}


def tracked() -> list[str]:
    """Files under version control: what a clone gets."""
    answer = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [file for file in answer.stdout.splitlines() if (ROOT / file).exists()]


def sources(room: str) -> list[str]:
    return [file for file in tracked() if file.startswith(f"{room}/") and file.endswith(".py")]


def imports(file: str) -> set[str]:
    """The top-level packages that a file imports, wherever the import stands."""
    found = set()
    for node in ast.walk(ast.parse((ROOT / file).read_text(), file)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level <= file.count("/"), f"{file}: a relative import leaves its room"
            name = file if node.level else node.module or ""
            found.add(name.replace("/", ".").partition(".")[0])
    return found


def foreign(room: str) -> dict[str, set[str]]:
    known = {room, "__future__"} | set(sys.stdlib_module_names)
    return {file: imports(file) - known for file in sources(room)}


@pytest.mark.parametrize("room", sorted(ARROWS.keys() - {"stacks", "docs"}))
def test_room_imports_only_what_it_may(room: str) -> None:
    extra = {
        file: found - ARROWS[room] for file, found in foreign(room).items() if found - ARROWS[room]
    }
    assert extra == {}


def test_apps_import_no_room() -> None:
    apps = foreign("stacks")
    assert apps
    rooms = ARROWS.keys() | FREE
    assert {file: found & rooms for file, found in apps.items() if found & rooms} == {}


def test_docs_hold_no_program() -> None:
    assert sources("docs") == []


def test_program_imports_only_what_it_may() -> None:
    assert imports("__main__.py") - set(sys.stdlib_module_names) == PROGRAM


def test_every_top_level_folder_is_a_listed_room() -> None:
    folders = {file.partition("/")[0] for file in tracked() if "/" in file}
    listed = ARROWS.keys() | FREE
    assert {folder for folder in folders if not folder.startswith(".")} == listed


def test_only_the_files_that_read_yaml_import_it() -> None:
    users = {file for file, found in foreign("model").items() if "yaml" in found}
    assert users == ONLY_HERE["yaml"]


def test_only_the_loader_starts_processes_for_the_model() -> None:
    users = {file for file in sources("model") if "subprocess" in imports(file)}
    assert users == PROCESSES["model"]


def test_model_reads_no_environment_and_no_clock_and_prints_nothing() -> None:
    """Words and not only imports: `os.environ` hides behind an allowed import."""
    forbidden = {"environ", "getenv", "print", "time", "datetime", "random", "input"}
    used = {}
    for file in sources("model"):
        tree = ast.parse((ROOT / file).read_text(), file)
        names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        names |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        if found := (names | imports(file)) & forbidden:
            used[file] = found
    assert used == {}


def test_walk_finds_the_rooms() -> None:
    """A walk that finds nothing would let every arrow pass."""
    for room in sorted(ARROWS.keys() - {"stacks", "docs"}):
        assert len(sources(room)) > 5, room
