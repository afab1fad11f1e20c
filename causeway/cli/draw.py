"""`causeway draw`: draws the stack in one of several formats."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path

from causeway.drawing.draw import FORMATS as LANGUAGES
from causeway.drawing.draw import Graph, graph

from .console import Console
from .options import facts
from .picture import PICTURES, page
from .problem import UsageError
from .stacks import LoadedStack, read


def _language(write: Callable[[Graph], str]) -> Callable[[LoadedStack], str]:
    return lambda loaded: write(graph([loaded.stack], loaded.matrix))


# One function per format: takes the loaded stack, returns text.
FORMATS: Mapping[str, Callable[[LoadedStack], str]] = {
    **{name: _language(write) for name, write in LANGUAGES.items()},
    **PICTURES,
}


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--format", choices=sorted(FORMATS), default="text")
    parser.add_argument(
        "-o", "--output", metavar="FILE", help="write to FILE (default: standard output)"
    )
    parser.add_argument(
        "--serve",
        action="store_true",
        help="serve a page of the running stack (with --file: of the files) that refreshes itself",
    )
    parser.add_argument(
        "--port", type=int, default=0, help="port for --serve (default: a free port)"
    )


def run(options: argparse.Namespace, console: Console) -> int:
    if options.serve:
        from .serve import REFRESH_SECONDS, serve  # no other drawing needs HTTP

        options.live = options.live or not options.file
        what = "the running stack" if options.live else "the files"
        return serve(
            lambda: page(read(options, facts(options)), REFRESH_SECONDS),
            options.port,
            what,
            console,
        )
    drawn = FORMATS[options.format](read(options, facts(options)))
    if options.output is None:
        console.print(drawn)
        return 0
    try:
        Path(options.output).write_text(drawn, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{options.output}: {error.strerror}") from None
    return 0
