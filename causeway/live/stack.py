"""A deployed stack on its engine: its containers by service, their addresses, commands inside them.

Containers and networks are found by the labels that each of a stack carries.
"""

from __future__ import annotations

import json
import re
from typing import Any

from causeway.engine.client import Engine, filters

PROJECT, STACK = "causeway.project", "causeway.stack"
SERVICE, REPLICA = "causeway.service", "causeway.replica"


class NotFound(Exception):
    """Something that a stack should have on the engine is missing."""


def of_stack(project: str, stack: str, *labels: str) -> dict[str, str]:
    """The parameter that narrows a list of the Engine API to what is a stack's, with these further
    labels `KEY=VALUE`. Containers that do not run are listed with `all` alone."""
    return filters(label=[f"{PROJECT}={project}", f"{STACK}={stack}", *labels])


def manages_swarm(api: Engine) -> bool:
    """Whether the engine can make the networks of a swarm."""
    swarm = api.info.get("Swarm") or {}
    return swarm.get("LocalNodeState") == "active" and bool(swarm.get("ControlAvailable"))


class LiveStack:
    """The running containers of one Pulumi stack."""

    def __init__(self, api: Engine, project: str, stack: str) -> None:
        self._api = api
        self.host = api.host
        self._project, self._stack = project, stack

    def container(self, target: str) -> dict[str, Any]:
        """Inspect the container of a service; `web-2` is its second replica."""
        named = re.fullmatch(r"(.+)-(\d+)", target)
        wanted = [(target, "1"), *([(named[1], named[2])] if named else [])]
        for service, replica in wanted:
            labels = (f"{SERVICE}={service}", f"{REPLICA}={replica}")
            params = of_stack(self._project, self._stack, *labels)
            for found in self._api.call("GET", "/containers/json", params=params):
                return dict(self._api.call("GET", f"/containers/{found['Id']}/json"))
        raise NotFound(f"stack {self._stack} has no running container of {target}")

    def network_name(self, key: str) -> str:
        """The name on the engine of the network with this key in the stack's Compose file."""
        listed = self._api.call("GET", "/networks", params=of_stack(self._project, self._stack))
        names = [str(each["Name"]) for each in listed]
        for name in sorted(names, key=len):
            # A `name:` in the file usually ends with the key, too.
            if name == f"{self._project}-{self._stack}_{key}" or name.endswith(key):
                return name
        raise NotFound(f"stack {self._stack} has no network {key}")

    def network(self, name: str) -> dict[str, Any]:
        return dict(self._api.call("GET", f"/networks/{name}"))

    def address(self, target: str, network: str = "") -> str:
        """The IPv4 address of a container, on `network` if it has several."""
        endpoints = self.container(target)["NetworkSettings"]["Networks"]
        addresses = {name: each["IPAddress"] for name, each in endpoints.items()}
        if network:
            return str(addresses[self.network_name(network)])
        if len(addresses) != 1:
            raise NotFound(f"{target} is on {len(addresses)} networks: name one of them")
        return str(next(iter(addresses.values())))

    def run(self, container: str, command: str) -> tuple[int, str]:
        """Run a shell command inside a container; returns (exit code, output)."""
        code, output = self._api.run(container, ["sh", "-c", command])
        return code, output.decode(errors="replace")

    def connect(self, container: str, network: str) -> None:
        self._api.call("POST", f"/networks/{network}/connect", body={"Container": container})

    def disconnect(self, container: str, network: str) -> None:
        self._api.call("POST", f"/networks/{network}/disconnect", body={"Container": container})


def part(description: dict[str, Any], path: str) -> str:
    """The JSON of one part of an inspected object, named as in `docker inspect --format`."""
    value: Any = description
    for key in filter(None, path.split(".")):
        value = value.get(key) if isinstance(value, dict) else None
    return json.dumps(value, sort_keys=True)
