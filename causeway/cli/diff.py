"""`causeway diff`: how reach in the current files differs from an older version.

The older version is the last update (its record in the state), another stack or a Git revision.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from io import BytesIO
from pathlib import Path

from causeway.model.errors import CausewayError
from causeway.model.project import StackConfig, read_project
from causeway.model.reach.difference import Change, Difference, difference
from causeway.model.reach.wording import gained, lost, summary
from causeway.model.values import Stack

from .console import Console
from .deployed import deployed
from .options import facts
from .problem import UsageError
from .project import project_folder, stacks_in
from .stacks import load_stack, read, which
from .wording import cell_as_json

DEPLOYED = "deployed"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--against",
        default=DEPLOYED,
        metavar="deployed|STACK|GIT-REV",
        help="what to compare with: the last `pulumi up` (default), another Pulumi stack, or a "
        "Git revision of the files",
    )
    parser.add_argument("--json", action="store_true", help="print every flow with its path")


def run(options: argparse.Namespace, console: Console) -> int:
    loaded = read(options, facts(options))
    with _older(options, which(options)) as (before, base):
        renamed = _renamed(before, loaded.stack.name)
        found = difference([renamed], [loaded.stack], loaded.matrix.facts, loaded.positions)
        if options.json:
            console.print(_json(found, loaded.base))
        else:
            _print(found, loaded.base, base, console)
    return int(bool(found))


def _print(found: Difference, base: str, older_base: str, console: Console) -> None:
    for text, style in ((gained(found, base, None), "red"), (lost(found, older_base, None), "dim")):
        if text:
            console.print(console.styled(text, style))
    console.print(summary(found))


def _json(found: Difference, base: str) -> str:
    def change(each: Change) -> dict[str, object]:
        return {
            **cell_as_json(each.cell, base),
            "before": each.before.value,
            "after": each.after.value,
            "at": each.at,
        }

    content = {
        "gained": [change(each) for each in found.gained],
        "lost": [change(each) for each in found.lost],
        "unchanged": found.unchanged,
    }
    return json.dumps(content, indent=2)


@contextmanager
def _older(options: argparse.Namespace, wanted: StackConfig) -> Iterator[tuple[Stack, str]]:
    """The older stack, and the folder that its places are shown relative to."""
    against: str = options.against
    folder = project_folder(Path.cwd())
    if against == DEPLOYED:
        if folder is None or not wanted.stack:
            raise UsageError("--against deployed needs a Pulumi stack: name it with --stack")
        yield deployed(folder, wanted.stack), ""
    elif folder is not None and against in stacks_in(folder):
        yield load_stack(read_project(folder, against)).stack, str(Path.cwd())
    else:
        with _revision(against, wanted) as found:
            yield found


@contextmanager
def _revision(revision: str, wanted: StackConfig) -> Iterator[tuple[Stack, str]]:
    """The stack of a Git revision, loaded from a copy of its whole tree."""
    top = Path(_git(wanted.folder, "rev-parse", "--show-toplevel").decode().strip())
    archive = _git(top, "archive", "--format=tar", f"{revision}^{{tree}}")
    with tempfile.TemporaryDirectory(prefix="causeway-diff-") as copy:
        with tarfile.open(fileobj=BytesIO(archive)) as tree:
            # Python before 3.11.4 has no filter. The archive is safe: Git has just written it.
            tree.extraction_filter = getattr(tarfile, "data_filter", None)
            tree.extractall(copy)
        below = Path(copy).resolve() / wanted.folder.resolve().relative_to(top.resolve())
        older = replace(wanted, folder=below, files=tuple(_moved(wanted, top, Path(copy))))
        if wanted.stack and (below / f"Pulumi.{wanted.stack}.yaml").exists():
            from_then = read_project(below, wanted.stack)
            older = from_then if not Path(wanted.files[0]).is_absolute() else older
        try:
            yield load_stack(older).stack, str(Path(copy).resolve())
        except CausewayError as error:
            shown = str(error).replace(f"{Path(copy).resolve()}/", "")
            raise UsageError(f"the files of {revision} cannot be loaded:\n{shown}") from None


def _moved(wanted: StackConfig, top: Path, copy: Path) -> Iterator[str]:
    """The files' paths in the copy."""
    for file in wanted.files:
        path = (wanted.folder / file).resolve()
        if not path.is_relative_to(top.resolve()):
            raise UsageError(f"{file} is outside the Git repository {top}")
        yield str(copy.resolve() / path.relative_to(top.resolve()))


def _git(folder: Path, *arguments: str) -> bytes:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, check=False
        )
    except OSError as error:
        raise UsageError(f"git: {error.strerror}") from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise UsageError(
            f"neither a stack nor a Git revision: {said[0] if said else arguments[-1]}"
        )
    return done.stdout


def _renamed(stack: Stack, name: str) -> Stack:
    """The stack under another name, so that the comparison sees one stack in two versions."""
    prefix = f"{stack.name}_"
    networks = tuple(
        replace(network, name=f"{name}_{network.name.removeprefix(prefix)}")
        if network.name.startswith(prefix)
        else network
        for network in stack.networks
    )
    return replace(stack, name=name, networks=networks)
