"""The options that all commands share: which stack is meant, and what is known of the engine."""

from __future__ import annotations

import argparse

from causeway.model.reach import EngineFacts
from causeway.model.reach.values import engine_version


def which(one: argparse.ArgumentParser) -> None:
    """The options that say which stack is meant, and on what engine."""
    group = one.add_argument_group("which stack")
    group.add_argument(
        *("-f", "--file"),
        action="append",
        default=[],
        metavar="FILE",
        help="a Compose file; several are merged in order",
    )
    group.add_argument(
        *("-s", "--stack"),
        metavar="NAME",
        help="the Pulumi stack: files, variables, profiles and scale of Pulumi.NAME.yaml "
        "(default: $PULUMI_STACK, the one that Pulumi has selected, or the only one)",
    )
    group.add_argument("--live", action="store_true", help="the running stack, not the files")
    engine = one.add_argument_group("what is known of the engine")
    engine.add_argument(
        "--engine-version",
        type=version,
        metavar="VERSION",
        help="such as 20.10 or 29 (default: causeway:engineVersion of the stack); without it, "
        "what differs between versions is unknown",
    )
    engine.add_argument(
        "--no-userland-proxy", action="store_true", help="the engine runs without docker-proxy"
    )


def others(one: argparse.ArgumentParser) -> None:
    """The option for what else runs on the engine."""
    one.add_argument(
        *("-b", "--beside"),
        action="append",
        default=[],
        metavar="STACK",
        help="another Pulumi stack of the project, or a Compose file, on the same engine; its "
        "services are called STACK/SERVICE (can be repeated)",
    )


def version(text: str) -> tuple[int, int]:
    found = engine_version(text)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not a version such as 20.10 or 29")
    return found


def facts(options: argparse.Namespace) -> EngineFacts:
    return EngineFacts(version=options.engine_version, userland_proxy=not options.no_userland_proxy)
