"""The commands, and the text of `causeway --help`."""

from __future__ import annotations

import argparse

from . import diff, down, draw, explain, leftovers, reach, rollout, scale, verify
from .options import which

DESCRIPTION = """\
Shows who can reach whom in a stack of containers, computed from its Compose files before
anything is deployed, with the reason for each verdict and the file line that opens each path."""

EPILOG = """\
exit codes: 0 success; 1 an assertion fails or something differs; 2 invalid usage or input

examples:
  causeway reach                          the selected stack, as a table
  causeway reach -f compose.yaml --json   any Compose file
  causeway explain nginx database:5432    one verdict, with its reasons
  causeway diff --against HEAD~1          the flows that changes since then open and close
  causeway draw --format mermaid          a diagram for a README
  causeway verify --stack dev             probe the running stack and compare it with the model
  causeway scale flask_app=4 --stack prod add replicas; the load balancer keeps running
  causeway down --volumes                 remove the stack, its volumes and their data"""

# One module per command, with NAME, SUMMARY, configure(parser) and run(options, console).
COMMANDS = (reach, explain, diff, draw, verify, scale, rollout, down, leftovers)


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="causeway",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = made.add_subparsers(required=True, metavar="COMMAND")
    for command in COMMANDS:
        one = commands.add_parser(command.NAME, help=command.SUMMARY, description=command.SUMMARY)
        command.configure(one)
        which(one)
        one.set_defaults(run=command.run)
    return made
