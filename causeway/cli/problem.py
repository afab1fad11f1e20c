"""What the command was asked and cannot do."""


class UsageError(Exception):
    """Bad usage or bad input; the text says what to do instead. Exit code 2."""
