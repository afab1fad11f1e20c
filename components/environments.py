"""The other environments of the project, as their Pulumi.<stack>.yaml declares them.

Only those that choose subnets are loaded, and only if this one does too, so that a preview without
subnets costs nothing. One that cannot be loaded is left out; its own preview shows the reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from causeway.model.document import mapping
from causeway.model.environments import Environment
from causeway.model.load import load_selected
from causeway.model.project import StackConfig, document, read_project
from causeway.model.source import index
from causeway.model.values import Stack

HOST = "docker:host"


def other_environments(stack: Stack, name: str, values: Mapping[str, str]) -> list[Environment]:
    """The environments that may conflict with `stack`; `values` is the configuration of `stack`."""
    if not any(network.subnets for network in stack.networks):
        return []
    found = (path.name.split(".") for path in sorted(Path.cwd().glob("Pulumi.*.yaml")))
    names = [parts[1] for parts in found if len(parts) == 3 and parts[1] != name]
    return [each for other in names for each in _environment(other, values.get(HOST))]


def _environment(name: str, host: str | None) -> Iterator[Environment]:
    try:
        theirs = mapping(document(Path(f"Pulumi.{name}.yaml")).get("config")).get(HOST)
        if host and theirs and host != theirs:
            return  # another engine
        config = read_project(Path(), name)
        if config.address_pool is None and not _writes_subnets(config):
            return
        yield Environment(name, load_selected(config), bool(host) and host == theirs)
    except Exception:  # includes errors of the YAML parser, which only `model` may import
        return


def _writes_subnets(config: StackConfig) -> bool:
    files = [str(Path(file).absolute()) for file in config.files]
    return any(steps[0] == "networks" and steps[-1] == "subnet" for steps in index(files).entries)
