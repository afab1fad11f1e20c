"""A checkout of the project with one stack, and what of the engine must stay as it is."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import docker

from tests.end_to_end.project import Outcome, Project
from tests.tiny_image import TINY

SECONDS = 60.0


def compose(services: dict[str, dict[str, Any]], **sections: Any) -> str:
    """A Compose file; each service has the tiny image and stops within a second."""
    common = {"image": TINY, "stop_grace_period": "1s"}
    return json.dumps({"services": {k: {**common, **v} for k, v in services.items()}, **sections})


@dataclass(slots=True)
class Checkout:
    project: Project
    stack: str
    api: docker.APIClient

    def write(self, services: dict[str, dict[str, Any]], **sections: Any) -> None:
        """Write the Compose file, and initialise the stack when it is the first one."""
        file = self.project.folder / "stacks" / self.stack / "compose.yaml"
        if file.exists():
            file.write_text(compose(services, **sections))
        else:
            self.project.write_stack(self.stack, compose(services, **sections))

    def pulumi(self, *arguments: str, **variables: str) -> Outcome:
        return self.project.pulumi(*arguments, "--stack", self.stack, **variables)

    def up(self, *arguments: str, **variables: str) -> Outcome:
        return self.pulumi("up", "--skip-preview", *arguments, **variables)

    def preview(self, *arguments: str, **variables: str) -> Outcome:
        return self.pulumi("preview", *arguments, **variables)

    def causeway(self, *arguments: str) -> Outcome:
        program = str(self.project.folder / ".venv" / "bin" / "causeway")
        return self.project.run(program, *arguments, "--stack", self.stack)

    def state(self) -> list[dict[str, Any]]:
        """The resources of Pulumi's state."""
        exported = self.pulumi("stack", "export").succeeded().output
        found: list[dict[str, Any]] = json.loads(exported)["deployment"].get("resources") or []
        return found

    def ids(self, kind: str = "Container") -> list[str]:
        """The ids that the state holds, those that it is about to delete too."""
        return sorted(each["id"] for each in self.state() if each["type"].endswith(f":{kind}"))

    def containers(self, service: str = "") -> list[dict[str, Any]]:
        """The stack's containers on the engine, as inspected."""
        labels = [f"causeway.stack={self.stack}"]
        labels += [f"causeway.service={service}"] if service else []
        found = self.api.containers(all=True, filters={"label": labels})
        return [self.api.inspect_container(each["Id"]) for each in found]

    def one(self, service: str) -> dict[str, Any]:
        [found] = self.containers(service)
        return found

    def kill(self, moment: Callable[[], bool], *arguments: str) -> None:
        """`pulumi up`, killed as soon as `moment` has come."""
        command = arguments or ("up", "--skip-preview")
        running = self.project.start(*command, "--yes", "--stack", self.stack)
        try:
            wait_for(moment)
        finally:
            running.kill()
            running.communicate()
        self._is_over()

    def _is_over(self) -> None:
        """Wait until the plugins of a killed run have noticed."""
        own = str(self.project.folder)

        def none_left() -> bool:
            listed = subprocess.run(
                ["ps", "-eo", "args"], capture_output=True, text=True, check=True
            ).stdout.splitlines()
            return not any(own in line and "-m causeway.provider" in line for line in listed)

        wait_for(none_left)


def wait_for(moment: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not moment():
        assert time.monotonic() < deadline, "what the test waits for does not come"
        time.sleep(0.01)


def fingerprint(container: dict[str, Any]) -> dict[str, Any]:
    """What tells that nobody has touched a container."""
    state, networks = container["State"], container["NetworkSettings"]["Networks"]
    return {
        "id": container["Id"],
        "name": container["Name"],
        "running": state["Running"],
        "started": state["StartedAt"],
        "restarts": container["RestartCount"],
        "policy": container["HostConfig"]["RestartPolicy"],
        "networks": sorted(each["NetworkID"] for each in networks.values()),
        "mounts": sorted(str(each.get("Name") or each["Source"]) for each in container["Mounts"]),
    }


def untouched(api: docker.APIClient) -> Callable[[], bool]:
    """Remember all containers of the engine; the answer tells whether they are as they were."""
    before = [fingerprint(api.inspect_container(each["Id"])) for each in api.containers(all=True)]

    def same() -> bool:
        now = [fingerprint(api.inspect_container(each["id"])) for each in before]
        assert now == before
        return True

    return same


def write(api: docker.APIClient, container: str, path: str, text: str) -> None:
    """Put data where a person would lose it."""
    made = api.exec_create(container, ["sh", "-c", f"echo {text} > {path}"])
    api.exec_start(made["Id"])
    assert api.exec_inspect(made["Id"])["ExitCode"] == 0


def read(api: docker.APIClient, container: str, path: str) -> str:
    """The data; an empty text where there is none."""
    made = api.exec_create(container, ["cat", path], stderr=False)
    return bytes(api.exec_start(made["Id"])).decode().strip()


def overlapped(api: docker.APIClient, since: int, old: str, new: str) -> bool:
    """Whether both ran at the same time, by the engine's own events; `old` ran at first."""
    events = api.events(
        since=since, until=int(time.time()) + 1, decode=True, filters={"type": "container"}
    )
    alive, together = {old}, False
    for event in events:
        if event["Actor"]["ID"] not in (old, new):
            continue
        if event["Action"] == "start":
            alive.add(event["Actor"]["ID"])
        if event["Action"] == "die":
            alive.discard(event["Actor"]["ID"])
        together = together or len(alive) > 1
    return together


def empty(api: docker.APIClient) -> None:
    """Remove all containers, networks and volumes."""
    for container in api.containers(all=True):
        api.remove_container(container["Id"], force=True, v=True)
    for network in api.networks():
        if network["Name"] not in ("bridge", "host", "none"):
            api.remove_network(network["Id"])
    for volume in api.volumes()["Volumes"] or []:
        api.remove_volume(volume["Name"], force=True)
