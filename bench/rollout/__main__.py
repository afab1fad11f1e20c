"""`make rollout-bench`: changes under a constant 200 requests a second, here and with Compose.

Everything runs on its own test engine, at an address of this machine. Takes 15 to 30 minutes on two
processors; lower `--images` and `--configurations` for a shorter run.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.rollout.compose import ASKING, LITERAL, ComposeStack
from bench.rollout.course import Result, changes, run
from bench.rollout.page import write
from bench.rollout.stack import RolloutStack
from tests.end_to_end.project import ROOT, Project
from tests.engines import Engine

ENGINES = ("nginx", "haproxy")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.rollout", description=__doc__)
    parser.add_argument(
        "--images", type=int, default=10, help="number of image updates (default: 10)"
    )
    parser.add_argument(
        "--configurations", type=int, default=5, help="number of configuration changes (default: 5)"
    )
    parser.add_argument(
        "--engine", choices=ENGINES, action="append", help="run only with this balancer"
    )
    parser.add_argument("--no-write", action="store_true", help="do not write docs/rollout.*")
    chosen = parser.parse_args()
    results: list[Result] = []
    with Engine.start() as engine, tempfile.TemporaryDirectory() as folder:
        project = Project.copy(Path(folder), engine.host)
        images = base_images(engine, project)
        for balancer in chosen.engine or ENGINES:
            print(f"{balancer}, changed by pulumi up", flush=True)
            stack = RolloutStack(project, f"rollout-{balancer}", {"engine": balancer})
            stack.up("--skip-preview").succeeded()
            steps = changes(stack, chosen.images, chosen.configurations)
            results.append(run(balancer, engine.address, stack.port, steps))
            stack.destroy().succeeded()
        for name, configuration in (("asks again", ASKING), ("literal name", LITERAL)):
            print(f"docker-compose ({name})", flush=True)
            compose = ComposeStack(project, images, configuration, port=8091)
            compose.up("1")
            images_by_compose = compose.changes(2 if configuration is ASKING else 1)
            results.append(
                run(f"docker-compose ({name})", engine.address, compose.port, images_by_compose)
            )
            compose.down()
    if not chosen.no_write:
        write(results, ROOT / "docs")
    print()
    for result in results:
        print(result.line())
    return 1 if any(result.failed for result in results if result.subject in ENGINES) else 0


def base_images(engine: Engine, project: Project) -> dict[str, str]:
    """Import stand-ins into the engine and use them in the project's copy; returns the mapping."""
    done = subprocess.run(
        [sys.executable, "-m", "toolchain", "images", "--host", engine.host],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    names: dict[str, str] = json.loads(done.stdout)
    lines = "".join(f"  {official}: {used}\n" for official, used in names.items())
    (project.folder / "causeway.local.yaml").write_text(f"images:\n{lines}")
    return names


if __name__ == "__main__":
    sys.exit(main())
