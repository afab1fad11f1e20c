"""The options that all commands share: those that select the stack and describe the engine."""

from __future__ import annotations

import argparse

from causeway.model.reach import EngineFacts, Firewall
from causeway.model.reach.values import engine_version


def which(one: argparse.ArgumentParser) -> None:
    """Add the options that select the stack and describe the engine."""
    group = one.add_argument_group("stack")
    group.add_argument(
        *("-f", "--file"),
        action="append",
        default=[],
        metavar="FILE",
        help="Compose file; repeat it to merge several files in order",
    )
    group.add_argument(
        *("-s", "--stack"),
        metavar="NAME",
        help="Pulumi stack: uses the files, variables, profiles and scale of Pulumi.NAME.yaml "
        "(default: $PULUMI_STACK, the stack selected in Pulumi, or the only stack)",
    )
    group.add_argument("--live", action="store_true", help="read the running stack, not the files")
    engine = one.add_argument_group("engine")
    engine.add_argument(
        "--engine-version",
        type=version,
        metavar="VERSION",
        help="Docker version, such as 20.10 or 29 (default: causeway:engineVersion of the stack); "
        "without one, verdicts that depend on the version are unknown",
    )
    engine.add_argument(
        "--firewall-backend",
        type=firewall_backend,
        metavar="iptables|nftables",
        help="what the engine programs its rules with (default: causeway:firewallBackend of the "
        "stack; else what a running engine tells, or iptables without one)",
    )
    engine.add_argument(
        "--no-userland-proxy", action="store_true", help="the engine runs without docker-proxy"
    )


def others(one: argparse.ArgumentParser) -> None:
    """Add the option that names other stacks on the same engine."""
    one.add_argument(
        *("-b", "--beside"),
        action="append",
        default=[],
        metavar="STACK",
        help="another Pulumi stack of the project, or a Compose file, on the same engine; its "
        "services are named STACK/SERVICE (repeatable)",
    )


def version(text: str) -> tuple[int, int]:
    found = engine_version(text)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not a version such as 20.10 or 29")
    return found


def firewall_backend(text: str) -> Firewall:
    if text not in (Firewall.IPTABLES.value, Firewall.NFTABLES.value):
        raise argparse.ArgumentTypeError(f"{text!r} is not iptables or nftables")
    return Firewall(text)


def facts(options: argparse.Namespace) -> EngineFacts:
    """What the command line tells; the firewall backend is ASSUMED where it does not."""
    return EngineFacts(
        version=options.engine_version,
        firewall=options.firewall_backend or Firewall.ASSUMED,
        userland_proxy=not options.no_userland_proxy,
    )
