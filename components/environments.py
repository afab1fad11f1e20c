"""The other environments of the project, as their Pulumi.<stack>.yaml declares them.

Only those that choose subnets are loaded, and only if this one does too, so that a preview without
subnets costs nothing. One that cannot be loaded is left out; its own preview shows the reason.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from components.settings import Settings, read_settings
from model.document import mapping
from model.environments import Environment
from model.load import load_selected
from model.nodes import canonical
from model.source import index
from model.values import Stack

HOST = "docker:host"
# Stands for encrypted values; no subnet is encrypted.
ENCRYPTED = "secret"


def other_environments(
    stack: Stack, project: str, name: str, values: Mapping[str, str]
) -> list[Environment]:
    """The environments that may conflict with `stack`; `values` is the configuration of `stack`."""
    if not any(network.subnets for network in stack.networks):
        return []
    found = (path.name.split(".") for path in sorted(Path.cwd().glob("Pulumi.*.yaml")))
    names = [parts[1] for parts in found if len(parts) == 3 and parts[1] != name]
    return [each for other in names for each in _environment(project, other, values.get(HOST))]


def _environment(project: str, name: str, host: str | None) -> Iterator[Environment]:
    try:
        text = Path(f"Pulumi.{name}.yaml").read_text(encoding="utf-8")
        config = mapping(mapping(canonical(text)).get("config"))
        theirs = config.get(HOST)
        if host and theirs and host != theirs:
            return  # another engine
        values = {key: json.dumps(_decrypted(value)) for key, value in config.items()}
        settings = read_settings(values, project, name)
        if settings.address_pool is None and not _writes_subnets(settings):
            return
        yield Environment(
            name, load_selected(settings.files, settings), bool(host) and host == theirs
        )
    except Exception:  # includes errors of the YAML parser, which only `model` may import
        return


def _decrypted(value: object) -> object:
    if not isinstance(value, dict):
        return value
    return (
        ENCRYPTED if "secure" in value else {key: _decrypted(each) for key, each in value.items()}
    )


def _writes_subnets(settings: Settings) -> bool:
    files = [str(Path(file).absolute()) for file in settings.files]
    return any(steps[0] == "networks" and steps[-1] == "subnet" for steps in index(files).entries)
