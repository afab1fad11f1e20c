"""Who may import whom: the arrows between the rooms, and between the folders inside them.

docs/architecture.md draws them. A room is a folder or a file; the longest name that fits counts.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# What the rooms of the model's lowest floor are built on: each other, in one direction.
MODEL = frozenset({"causeway.model"})
RESOURCE = frozenset({"causeway.provider.resource", "causeway.provider.inputs"})
ENGINE = frozenset({"causeway.engine"})
# Room -> what its files may import besides themselves, the contract and the standard library.
ARROWS: dict[str, frozenset[str]] = {
    "causeway.contract": frozenset(),
    "causeway.engine": frozenset(),
    # Credentials as Docker stores them are read by its SDK.
    "causeway.engine.logins": frozenset({"docker"}),
    "causeway.state": frozenset(),
    "causeway.shortcuts": frozenset(),
    # The values and what all stages read them with; the two files that say the whole way are below.
    "causeway.model": frozenset({"yaml"}),
    "causeway.model.compose": MODEL,
    "causeway.model.rules": MODEL,
    "causeway.model.reach": MODEL,
    "causeway.model.extension": MODEL | {"causeway.model.reach"},
    "causeway.model.project": MODEL | {"causeway.model.reach", "causeway.model.rules"},
    "causeway.model.loaded": MODEL | {"causeway.model.extension"},
    "causeway.model.environments": MODEL | {"causeway.model.loaded", "causeway.model.rules"},
    "causeway.model.load": MODEL
    | {
        "causeway.model.compose",
        "causeway.model.extension",
        "causeway.model.loaded",
        "causeway.model.project",
        "causeway.model.rules",
    },
    "causeway.drawing": MODEL | {"causeway.model.reach"},
    "causeway.lessons": MODEL,
    "components": MODEL
    | {
        "causeway.model.environments",
        "causeway.model.extension",
        "causeway.model.load",
        "causeway.model.loaded",
        "causeway.model.project",
        "causeway.model.reach",
        "causeway.model.rules",
        "causeway.shortcuts",
        "pulumi",
        "pulumi_docker",
    },
    # A resource type that has no folder of its own, and the list of all of them.
    "causeway.provider": RESOURCE
    | ENGINE
    | {
        "causeway.provider.container",
        "causeway.provider.image",
        "causeway.engine.logins",
        "causeway.provider.protocol",
        "causeway.shortcuts",
        "grpc",
        "pulumi",
    },
    "causeway.provider.resource": ENGINE | {"causeway.state"},
    "causeway.provider.inputs": frozenset({"causeway.provider.resource", "google"}),
    "causeway.provider.network": RESOURCE | ENGINE,
    "causeway.provider.container": RESOURCE
    | ENGINE
    | {"causeway.provider.network", "causeway.state"},
    # Proxies as Docker stores them are read by its SDK, registries are asked by requests.
    "causeway.provider.image": RESOURCE | ENGINE | {"causeway.engine.logins", "docker", "requests"},
    "causeway.provider.swarm": RESOURCE
    | ENGINE
    | {"causeway.engine.logins", "causeway.provider.image", "causeway.provider.network"},
    # Pulumi speaks by grpc and google.protobuf; `recovery` puts containers and networks right.
    "causeway.provider.protocol": RESOURCE
    | ENGINE
    | {
        "causeway.provider",
        "causeway.provider.container",
        "causeway.provider.network",
        "causeway.state",
        "google",
        "grpc",
        "pulumi",
        "pulumi_docker",
    },
    "causeway.live": MODEL | ENGINE | {"causeway.engine.logins", "causeway.model.reach"},
    "causeway.cli": MODEL
    | ENGINE
    | {
        "causeway.drawing",
        "causeway.lessons",
        "causeway.live",
        "causeway.model.extension",
        "causeway.model.load",
        "causeway.model.loaded",
        "causeway.model.project",
        "causeway.model.reach",
        "causeway.state",
    },
    "toolchain": ENGINE,
    "__main__": frozenset({"causeway", "components", "pulumi"}),
    "stacks": frozenset(),
    "docs": frozenset(),
}
CONTRACT = "causeway.contract"
FREE = frozenset({"tests", "bench"})
# The only files that import a thing, and the only ones that start a process of another room.
ONLY_HERE = {
    "yaml": {"causeway/model/nodes.py", "causeway/model/source.py"},
    "subprocess": {"causeway/model/compose/loader.py"},
}
# A process is an arrow too: the file that starts `python -m MODULE`, and the module.
PROCESSES = {
    "causeway/provider/verification.py": "causeway.cli",
    "causeway/provider/protocol/servicer.py": "causeway.provider.protocol.schema",
}


def tracked() -> list[str]:
    """Files under version control: what a clone gets."""
    answer = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [file for file in answer.stdout.splitlines() if (ROOT / file).exists()]


PYTHON = {
    file.removesuffix(".py").removesuffix("/__init__").replace("/", "."): file
    for file in tracked()
    if file.endswith(".py")
}


def package_of(file: str) -> list[str]:
    return file.split("/")[:-1]


def imported(file: str) -> set[str]:
    """The modules and packages that a file imports, in full, wherever the import stands."""
    found: set[str] = set()
    for node in ast.walk(ast.parse((ROOT / file).read_text(), file)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package_of(file)
            assert node.level <= len(above), f"{file}: a relative import leaves its room"
            base = above[: len(above) - node.level + 1] if node.level else []
            name = ".".join([*base, *([node.module] if node.module else [])])
            inside = {f"{name}.{alias.name}" for alias in node.names}
            found |= {each for each in inside if each in PYTHON}
            if any(each not in PYTHON for each in inside):
                found.add(name)
    return found


def room_of(module: str) -> str:
    """The room that a module belongs to; of a package from elsewhere, its top."""
    parts = module.split(".")
    names = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((name for name in names if name in ARROWS), parts[0])


def ours(room: str) -> dict[str, str]:
    """The files of a room, without the rooms inside it, by module."""
    return {module: file for module, file in PYTHON.items() if room_of(module) == room}


@pytest.mark.parametrize("room", sorted(ARROWS.keys() - {"stacks", "docs"}))
def test_room_imports_only_what_it_may(room: str) -> None:
    allowed = ARROWS[room] | {room, CONTRACT, "__future__"} | set(sys.stdlib_module_names)
    files = ours(room)
    assert files, f"the room {room} has no file"
    if room == "__main__":  # the program on one screen takes from all rooms of the model
        allowed |= {each for each in ARROWS if each.startswith(("causeway.model", "components"))}
    extra = {
        file: found
        for file in files.values()
        if (found := {room_of(each) for each in imported(file)} - allowed)
    }
    assert extra == {}


def test_no_module_imports_itself_by_way_of_others() -> None:
    graph = {
        module: {each for each in imported(file) if each in PYTHON} - {module}
        for module, file in PYTHON.items()
        if room_of(module) not in FREE
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"an import circle: {' -> '.join(error.args[1])}")


def test_apps_import_no_room() -> None:
    found = {
        file: {room_of(each) for each in imported(file)}
        for module, file in PYTHON.items()
        if room_of(module) == "stacks"
    }
    assert found
    assert not {file for file, rooms in found.items() if rooms & (ARROWS.keys() | FREE)}


def test_every_folder_is_a_listed_room() -> None:
    folders = {file.partition("/")[0] for file in tracked() if "/" in file}
    listed = {room.partition(".")[0] for room in ARROWS} - {"__main__"} | FREE
    assert {folder for folder in folders if not folder.startswith(".")} == listed
    own = [file.split("/")[1] for file in PYTHON.values() if file.startswith("causeway/")]
    inside = {f"causeway.{name.removesuffix('.py')}" for name in own if name != "__init__.py"}
    assert inside - ARROWS.keys() == set()


@pytest.mark.parametrize("name", sorted(ONLY_HERE))
def test_only_these_files_of_the_model_import(name: str) -> None:
    users = {
        file
        for module, file in PYTHON.items()
        if module.startswith("causeway.model") and name in imported(file)
    }
    assert users == ONLY_HERE[name]


def test_the_processes_that_lead_to_another_room_are_these() -> None:
    found = {}
    for module, file in PYTHON.items():
        if module.partition(".")[0] not in ("causeway", "components"):
            continue
        for node in ast.walk(ast.parse((ROOT / file).read_text(), file)):
            if isinstance(node, ast.List | ast.Tuple) and len(node.elts) > 2:
                words = [getattr(each, "value", None) for each in node.elts]
                if words[1] == "-m" and file in PROCESSES:
                    found[file] = words[2] if isinstance(words[2], str) else PROCESSES[file]
                elif words[1] == "-m":
                    found[file] = str(words[2])
    assert found == PROCESSES


def test_model_reads_no_environment_and_no_clock_and_prints_nothing() -> None:
    """Words and not only imports: `os.environ` hides behind an allowed import."""
    forbidden = {"environ", "getenv", "print", "time", "datetime", "random", "input"}
    used = {}
    for module, file in PYTHON.items():
        if not module.startswith("causeway.model"):
            continue
        tree = ast.parse((ROOT / file).read_text(), file)
        names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        names |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        if found := (names | imported(file)) & forbidden:
            used[file] = found
    assert used == {}
