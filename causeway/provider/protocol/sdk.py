"""The version of the SDK whose resource types this plugin implements, read without importing it."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path


def version() -> str:
    """The SDK's version, from its pulumi-plugin.json; "" when it is not installed."""
    spec = find_spec("pulumi_docker")
    if spec is None or spec.origin is None:
        return ""
    told = json.loads(Path(spec.origin).with_name("pulumi-plugin.json").read_text())
    return str(told["version"])
