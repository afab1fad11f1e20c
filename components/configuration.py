"""The configuration values that Pulumi passes to the program."""

from __future__ import annotations

import pulumi


def configuration() -> dict[str, str]:
    """Every value, as JSON text by `namespace:key`."""
    return {**pulumi.runtime.config.get_config_env(), **pulumi.runtime.config.CONFIG.get()}


def secret_keys() -> list[str]:
    """The configuration keys that hold an encrypted value."""
    return [key for key in configuration() if pulumi.runtime.config.is_config_secret(key)]
