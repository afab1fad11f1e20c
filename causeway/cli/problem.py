"""The error that a command raises when it cannot do what it was asked."""


class UsageError(Exception):
    """Invalid usage or input; the text says what to do instead. Exit code 2."""
