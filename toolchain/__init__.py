"""Brings a machine to the point where `pulumi up` runs. Standard library only: it runs first."""

import sys

# Before any module that an older Python could not even read.
if sys.version_info < (3, 11):  # noqa: UP036 - the machine's Python is what setup has to check
    sys.exit(
        f"error: Python {sys.version.split()[0]} is too old\n"
        "What to do: install Python 3.11 or newer and run `make setup PYTHON=python3.11`"
    )
