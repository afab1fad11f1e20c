"""Sets up a machine so that `pulumi up` runs. Uses only the standard library, as it runs first."""

import sys

# Checked before importing modules that an older Python cannot parse.
if sys.version_info < (3, 11):  # noqa: UP036 - the machine's Python is what setup has to check
    sys.exit(
        f"error: Python {sys.version.split()[0]} is too old\n"
        "What to do: install Python 3.11 or newer and run `make setup PYTHON=python3.11`"
    )
