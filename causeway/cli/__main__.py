"""`causeway` and `python -m causeway.cli`: finds the command, turns every failure into a message.

Exit codes: 0 fine, 1 an assertion is broken or there is a difference, 2 bad usage or bad input.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from causeway.model.errors import CausewayError

from .arguments import parser
from .console import Console
from .problem import UsageError

INTERRUPTED = 130


def main(arguments: Sequence[str]) -> int:
    console = Console(sys.stdout, sys.stderr, os.environ)
    chosen = parser().parse_args(arguments)
    try:
        code: int = chosen.run(chosen, console)
        sys.stdout.flush()
        return code
    except (UsageError, CausewayError) as error:
        console.error(str(error))
        return 2
    except BrokenPipeError:
        # The reader went away, as `head` does; nothing may be written any more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return INTERRUPTED


def script() -> int:
    """The console script."""
    return main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(script())
