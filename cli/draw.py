"""`causeway draw`: the stack as a picture, in a language of one's choice."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path

from cli.console import Console
from cli.options import facts
from cli.picture import PICTURES
from cli.problem import UsageError
from cli.stacks import Loaded, read
from model.draw import FORMATS as LANGUAGES
from model.draw import Graph, graph

NAME = "draw"
SUMMARY = "draw networks, services, published ports and ways out"


def _language(write: Callable[[Graph], str]) -> Callable[[Loaded], str]:
    return lambda loaded: write(graph([loaded.stack], loaded.matrix))


# A row a format: takes what is loaded and gives a text.
FORMATS: Mapping[str, Callable[[Loaded], str]] = {
    **{name: _language(write) for name, write in LANGUAGES.items()},
    **PICTURES,
}


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--format", choices=sorted(FORMATS), default="text")
    parser.add_argument("-o", "--output", metavar="FILE", help="write there (default: print)")


def run(options: argparse.Namespace, console: Console) -> int:
    drawn = FORMATS[options.format](read(options, facts(options)))
    if options.output is None:
        console.print(drawn)
        return 0
    try:
        Path(options.output).write_text(drawn, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{options.output}: {error.strerror}") from None
    return 0
