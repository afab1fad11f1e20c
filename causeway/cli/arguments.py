"""The commands and what `causeway --help` says."""

from __future__ import annotations

import argparse

from . import diff, down, draw, explain, leftovers, reach, rollout, scale, verify
from .options import which

DESCRIPTION = """\
Who can reach whom in a stack of containers: computed from its Compose files before anything
is deployed, with the reason of each verdict and the line of the file that opens a path."""

EPILOG = """\
exit codes: 0 fine; 1 an assertion is broken, or there is a difference; 2 bad usage or input

examples:
  causeway reach                          the selected stack, as a table
  causeway reach -f compose.yaml --json   any Compose file
  causeway explain nginx database:5432    one answer, with reasons
  causeway diff --against HEAD~1          what the change since then opens and closes
  causeway draw --format mermaid          a picture for a README
  causeway verify --stack dev             packets on the running stack, compared with the model
  causeway scale flask_app=4 --stack prod more replicas; the balancer in front of them runs on
  causeway down --volumes                 remove the stack and its data"""

# A row a command: a module with NAME, SUMMARY, configure(parser) and run(options, console).
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
