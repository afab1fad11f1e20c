"""Builds programs from Go modules, pinned by go.sum files: the Pulumi CLI and its language host.

For machines that reach a Go module mirror but not Pulumi's downloads. Newer language hosts are not
published as a module, so an older one is built; it works with this CLI and SDK. It cannot write the
program for `pulumi import`; code in gomodules/ adds that. The executor script that belongs to it
comes from the module of the CLI's own version.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
import tempfile
from pathlib import Path

from toolchain import pins, progress
from toolchain.places import Places
from toolchain.problem import ToolchainError

GO_MODULES = Path(__file__).parent / "gomodules"
WAY_OUT = (
    "check that Go reaches its module mirror (go env GOPROXY), then run `make setup` again, which"
    " keeps what is compiled; or install Pulumi yourself and put it on PATH"
)


NO_PULUMI = "there is no recent Pulumi CLI, Pulumi's download site does not answer"


def go(lacking: str = NO_PULUMI, instead: str = f"or Pulumi {pins.PULUMI_OLDEST} or newer") -> str:
    """The path of a usable Go, or a ToolchainError that says what to install."""
    path = shutil.which("go")
    version = progress.output(["go", "env", "GOVERSION"]) if path else None
    if path and version and pins.at_least(version, pins.GO_OLDEST):
        return path
    found = f"the installed Go is {version}" if version else "Go is not installed"
    raise ToolchainError(
        f"{lacking}, and {found}",
        f"install Go {pins.GO_OLDEST} or newer, {instead}",
    )


def install(console: progress.Console, places: Places, folder: Path) -> None:
    """Build the programs into `folder`; keeps those that an earlier, aborted run finished."""
    compiler = go()
    flags = f"-s -w -X {pins.PULUMI_VERSION_VARIABLE}={pins.PULUMI}"
    if not (folder / "pulumi").exists():
        with console.step(f"Pulumi CLI {pins.PULUMI} from Go modules", "3 to 4 min, once") as step:
            build(compiler, "pulumi", pins.PULUMI_PACKAGE, flags, folder / "pulumi", step, places)
    if not (folder / "pulumi-python-program").exists():
        with console.step("Python program generator from Go modules", "10 s, once") as step:
            target = folder / "pulumi-python-program"
            build(compiler, "pulumi", "./program", "-s -w", target, step, places)
    if not (folder / "pulumi-language-python").exists():
        with (
            console.step("Python language host from Go modules", "20 s, once") as step,
            tempfile.TemporaryDirectory() as sources,
        ):
            target = folder / "pulumi-language-python"
            _gather_host(compiler, Path(sources))
            build(compiler, sources, "./host", "-s -w", target, step, places)
    _copy_executor(compiler, folder / "pulumi-language-python-exec")


def build(
    compiler: str,
    module: str,
    package: str,
    linker_flags: str,
    target: Path,
    step: progress.Step,
    places: Places,
    tags_for_c: str = "",
) -> None:
    """Build one package of a folder in gomodules/, or of another folder given by its full path.

    With `tags_for_c`, C code is compiled too.
    """
    folder = GO_MODULES / module
    flags = f"{os.environ.get('GOFLAGS', '')} -mod=readonly"
    if tags_for_c:
        flags += f" -tags={tags_for_c}"
    environment = {
        **os.environ,
        "GOFLAGS": flags.strip(),
        "GOWORK": "off",
        "CGO_ENABLED": "1" if tags_for_c else "0",
    }
    step.detail = "downloading modules"
    log = places.logs / f"{target.name}.log"
    packages: set[str] = set()
    downloads = 0

    def listed(line: str) -> str:
        nonlocal downloads
        if line.startswith("go: "):
            downloads += 1
        else:
            packages.add(line)
        return f"{downloads} modules downloaded"

    progress.run(
        [compiler, "list", "-deps", package],
        step,
        log=log,
        way_out=WAY_OUT,
        folder=folder,
        environment=environment,
        sign_of_life=listed,
    )
    compiled = 0

    def count(_line: str) -> str:
        nonlocal compiled
        compiled += 1
        return f"{compiled} of at most {len(packages)} packages compiled"

    unfinished = target.with_suffix(".unfinished")
    command = [compiler, "build", "-v", "-trimpath", "-ldflags", linker_flags]
    progress.run(
        [*command, "-o", str(unfinished), package],
        step,
        log=log,
        way_out=WAY_OUT,
        folder=folder,
        environment=environment,
        sign_of_life=count,
    )
    os.replace(unfinished, target)
    step.result = f"{target.stat().st_size // 1_000_000} MB"


def _gather_host(compiler: str, folder: Path) -> None:
    """Copy the host's package and ours into one folder: Go compiles no package in its cache."""
    ours = GO_MODULES / "pulumi-language-python"
    module, _, package = pins.LANGUAGE_HOST_PACKAGE.partition("/python/")
    version = progress.output(
        [compiler, "-C", str(ours), "list", "-m", "-f", "{{.Version}}", module]
    )
    theirs = _downloaded(compiler, ours, f"{module}@{version}") / "python" / package
    (folder / "host").mkdir()
    for source in (ours / "go.mod", ours / "go.sum"):
        shutil.copyfile(source, folder / source.name)
    for source in (*theirs.glob("*.go"), *ours.glob("*.go")):
        if not source.name.endswith("_test.go"):
            shutil.copyfile(source, folder / "host" / source.name)


def _downloaded(compiler: str, folder: Path, module: str) -> Path:
    """The folder of a downloaded module, verified against the go.sum in `folder`."""
    answer = progress.output(
        [compiler, "-C", str(folder), "mod", "download", "-json", module],
        seconds=180,
    )
    if answer is None:
        raise ToolchainError(f"Go cannot download {module}", WAY_OUT)
    return Path(json.loads(answer)["Dir"])


def _copy_executor(compiler: str, target: Path) -> None:
    named = f"{pins.PULUMI_SDK_MODULE}@v{pins.PULUMI}"
    module = _downloaded(compiler, GO_MODULES / "pulumi", named)
    source = module / "python" / "cmd" / target.name
    unfinished = target.with_suffix(".unfinished")
    shutil.copyfile(source, unfinished)
    unfinished.chmod(unfinished.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    os.replace(unfinished, target)
