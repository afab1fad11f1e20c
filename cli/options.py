"""The options that all commands share: which stack is meant, and what is known of the engine."""

from __future__ import annotations

import argparse
import re

from model.reach import EngineFacts


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
        "(default: $PULUMI_STACK, the only one, or dev)",
    )
    group.add_argument("--live", action="store_true", help="the running stack, not the files")
    engine = one.add_argument_group("what is known of the engine")
    engine.add_argument(
        "--engine-version",
        type=version,
        metavar="VERSION",
        help="such as 20.10 or 29; without it, what differs between versions is unknown",
    )
    engine.add_argument(
        "--no-userland-proxy", action="store_true", help="the engine runs without docker-proxy"
    )


def version(text: str) -> tuple[int, int]:
    match = re.match(r"v?(\d+)(?:\.(\d+))?(?:\..*)?$", text)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not a version such as 20.10 or 29")
    return int(match[1]), int(match[2] or 0)


def facts(options: argparse.Namespace) -> EngineFacts:
    return EngineFacts(version=options.engine_version, userland_proxy=not options.no_userland_proxy)
