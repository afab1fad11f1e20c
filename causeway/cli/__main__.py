"""`causeway` and `python -m causeway.cli`: runs the command, and prints every failure as a message.

Exit codes: 0 success, 1 an assertion fails or something differs, 2 invalid usage or input.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from causeway.model.errors import CausewayError, StackError

from .arguments import parser
from .console import Console
from .problem import UsageError

INTERRUPTED = 130


def main(arguments: Sequence[str]) -> int:
    console = Console(sys.stdout, sys.stderr, os.environ)
    chosen = parser(arguments).parse_args(arguments)
    try:
        code: int = chosen.run(chosen, console)
        sys.stdout.flush()
        return code
    except (UsageError, CausewayError) as error:
        for warning in error.warnings if isinstance(error, StackError) else ():
            console.warning(warning)
        console.error(str(error))
        return 2
    except BrokenPipeError:
        # The reader, such as `head`, has closed the pipe: nothing can be written any more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return INTERRUPTED


def script() -> int:
    """The console script."""
    return main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(script())
