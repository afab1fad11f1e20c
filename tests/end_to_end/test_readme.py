"""Every command of README.md works, in the order a reader meets them, and prints what it says."""

from __future__ import annotations

from pathlib import Path

import docker
import pytest

from tests.end_to_end import readme
from tests.end_to_end.project import ROOT, Project, snapshot
from tests.engines import Engine

TEXT = """
```sh
echo one
```
```output
one
```
```sh not-run
git clone somewhere
```
"""


def test_blocks_are_found_with_what_they_print() -> None:
    assert readme.blocks(TEXT) == [readme.Block("echo one\n", ("one",))]


def test_a_block_that_is_not_run_without_being_listed_is_refused() -> None:
    with pytest.raises(ValueError, match="NOT_RUN lacks it: rm -rf"):
        readme.blocks("```sh not-run\nrm -rf x\n```\n")


def test_a_fence_that_does_not_say_what_it_holds_is_refused() -> None:
    with pytest.raises(ValueError, match="fenced as 'bash'"):
        readme.blocks("```bash\nls\n```\n")


def test_promised_lines_must_come_in_order() -> None:
    block = readme.Block("", ("one", "...", "two"))
    assert readme.missing(block, "one\nand\ntwo\n") is None
    assert readme.missing(block, "two\none\n") == "two"


def test_every_command_of_the_readme_works(
    web: Project, engine: Engine, api: docker.APIClient, tmp_path: Path
) -> None:
    found = readme.blocks((ROOT / "README.md").read_text())
    assert found, "README.md has no command to run"
    before = snapshot(api)
    script = ["set -e"]
    for number, block in enumerate(found):
        # Each block's output goes to a file of its own; the shell lives on, with its variables.
        script.append(f"{{\n{block.commands}}} > {tmp_path}/{number} 2>&1")
    # Inside the engine's network namespace `localhost` has the ports that the engine publishes.
    done = web.run(
        "nsenter",
        f"--net=/run/netns/{engine.netns}",
        "sh",
        "-c",
        "\n".join(script),
        PULUMI_SKIP_CONFIRMATIONS="true",
    )
    outputs = [path.read_text() for path in sorted(tmp_path.iterdir(), key=lambda p: int(p.name))]
    last = f"{found[len(outputs) - 1].commands}\n{outputs[-1]}" if outputs else done.output
    assert done.code == 0, f"README.md, block {len(outputs)}:\n{last}"
    for block, output in zip(found, outputs, strict=True):
        line = readme.missing(block, output)
        assert line is None, f"{block.commands}\nshould print {line!r}, printed:\n{output}"
    for stack in ("dev", "staging", "prod"):
        web.pulumi("destroy", "--stack", stack).succeeded()
    assert snapshot(api) == before
