"""The commands, and the text of `causeway --help`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from importlib import import_module

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

# The commands in the order of the help. Each is a module of this name beside this one, with
# configure(parser) and run(options, console); only that of the given command is imported.
COMMANDS = {
    "reach": "show who can reach whom: every source, destination and port with its verdict",
    "explain": "explain why one node can or cannot reach another",
    "diff": "show which flows a change opens and closes; the exit code is 1 when there are any",
    "draw": "draw networks, services, published ports and routes to the outside",
    "verify": (
        "probe the running stack from inside each network namespace and compare it with the model"
    ),
    "scale": "set the number of replicas of services and deploy; their load balancer keeps running",
    "rollout": (
        "deploy, then report what was replaced and drained, and how a URL answered meanwhile"
    ),
    "down": (
        "remove the stack from the engine; volumes and their data stay unless --volumes is given"
    ),
    "leftovers": (
        "list objects of the stack that are missing from its state; --remove asks for each"
    ),
}


def parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    """A parser of these arguments: it knows the options of the command that they name."""
    made = argparse.ArgumentParser(
        prog="causeway",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    named = next((word for word in arguments if not word.startswith("-")), None)
    commands = made.add_subparsers(required=True, metavar="COMMAND")
    for name, summary in COMMANDS.items():
        one = commands.add_parser(name, help=summary, description=summary)
        if name == named:
            command = import_module(f".{name}", __package__)
            command.configure(one)
            options = import_module(".options", __package__)
            options.which(one)
            one.set_defaults(run=command.run)
    return made
