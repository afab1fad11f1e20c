"""`python3 -m toolchain setup|doctor|stacks|engine|images|...`: one command per task, for the
Makefile and the tests. An error is one message with exit code 1, never a traceback."""

from __future__ import annotations

import argparse
import fcntl
import json
import shutil
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from causeway.engine.address import chosen
from causeway.engine.faults import FAILURES
from toolchain import (
    address,
    base_images,
    current_engine,
    doctor,
    engine,
    lock,
    passphrase,
    places,
    progress,
    pulumi_cli,
    stacks,
    venv,
    wrapper,
)
from toolchain.places import Places
from toolchain.problem import ToolchainError


@contextmanager
def alone(where: Places, console: progress.Console) -> Iterator[None]:
    """Two concurrent setups would remove each other's unfinished folders: the second one waits."""
    where.cache.mkdir(parents=True, exist_ok=True)
    with (where.cache / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            console.line("note    another setup is running; waiting for it to finish")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def setup(where: Places, console: progress.Console, *, for_tests: bool) -> None:
    with alone(where, console):
        venv.install(console, where)
        cli = pulumi_cli.install(console, where)
        wanted = wrapper.text(where, cli, stacks.project_sum(where.project), stacks.pulumi_home({}))
        wrapper.write(console, where.wrapper, wanted)
        stacks.install(console, where)
        if for_tests:
            engine.install_for_tests(console, where)
            base_images.build(console, where)
            current_engine.install(console, where)
            return
        install_engine(where, console)


def install_engine(where: Places, console: progress.Console) -> None:
    reached = engine.install(console, where)
    if reached is None:
        return
    try:
        base_images.install(console, where, reached)
    except FAILURES as error:
        raise ToolchainError(
            f"the Docker engine at {reached.host} stopped answering: {error}", "make doctor"
        ) from None


def images(
    where: Places, console: progress.Console, engine_host: str, names: Sequence[str]
) -> None:
    """Import stand-ins into any engine, even one with a registry; prints the mapping as JSON."""
    meant = chosen({"host": engine_host}) if engine_host else engine.meant()
    reached = engine.answering(meant)
    if reached is None:
        raise ToolchainError(f"no Docker engine answers at {meant}", "check the value of --host")
    wanted = [one for one in base_images.STAND_INS if one.official in names or not names]
    with alone(where, console):
        base_images.import_into(console, where, reached, wanted)
    print(json.dumps({one.official: one.image for one in wanted}))


def give_passphrase(where: Places, console: progress.Console, stack: str) -> None:
    cli = pulumi_cli.find(where)
    if cli is None:
        raise ToolchainError("the Pulumi CLI is not installed yet", "make setup")
    project = stacks.project_name(where.project)
    if told := passphrase.give(str(cli.pulumi), where.project, project, stack):
        console.line(told)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python3 -m toolchain", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("setup", help="install everything that `pulumi up` needs")
    one.add_argument(
        "--for-tests",
        action="store_true",
        help="install the programs that tests need; start no engine",
    )
    one = commands.add_parser("doctor", help="show what was found and what to do")
    one.add_argument("--json", action="store_true")
    one = commands.add_parser("address", help="print the addresses of a stack")
    one.add_argument("stack")
    one = commands.add_parser("passphrase", help="give a stack a passphrase of its own")
    one.add_argument("stack")
    commands.add_parser("lock", help="write requirements*.txt from requirements*.in")
    commands.add_parser("clean", help="remove the cache folder")
    commands.add_parser("environment", help="install only the Python environment")
    commands.add_parser("stacks", help="create the stacks dev, staging and prod")
    commands.add_parser("engine", help="install the Docker engine and base images")
    commands.add_parser("current-engine", help="build a current Docker engine for tests")
    one = commands.add_parser("images", help="import stand-ins for base images into an engine")
    one.add_argument("--host", default="", help="address of the engine, as in DOCKER_HOST")
    one.add_argument(
        "names", nargs="*", help="official image names, such as nginx:1.27 (default: all)"
    )
    chosen = parser.parse_args(arguments)
    where = places.find()
    console = progress.Console(sys.stderr if chosen.command == "images" else sys.stdout)
    if chosen.command == "setup":
        setup(where, console, for_tests=chosen.for_tests)
    elif chosen.command == "environment":
        with alone(where, console):
            venv.install(console, where)
    elif chosen.command == "stacks":
        stacks.install(console, where)
    elif chosen.command == "engine":
        install_engine(where, console)
    elif chosen.command == "current-engine":
        with alone(where, console):
            current_engine.install(console, where)
    elif chosen.command == "address":
        address.show(where, chosen.stack)
    elif chosen.command == "passphrase":
        give_passphrase(where, console, chosen.stack)
    elif chosen.command == "lock":
        lock.write(console, where)
    elif chosen.command == "clean":
        with alone(where, console):
            shutil.rmtree(where.cache, ignore_errors=True)
        console.line(f"done    {where.cache} is removed; `make setup` recreates it")
    elif chosen.command == "images":
        images(where, console, chosen.host, chosen.names)
    else:
        findings = doctor.examine(where)
        print(doctor.as_json(findings) if chosen.json else doctor.table(findings))
        return 0 if doctor.healthy(findings) else 1
    return 0


def interrupt(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, interrupt)
    try:
        sys.exit(main(sys.argv[1:]))
    except ToolchainError as error:
        print(error.text(), file=sys.stderr)
        sys.exit(1)
    except (OSError, *FAILURES) as error:
        print(f"error: {error}\nWhat to do: fix the cause, then run `make setup`", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("\nStopped. Finished steps are kept; resume with `make setup`.", file=sys.stderr)
        sys.exit(130)
