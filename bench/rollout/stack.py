"""The stack that changes under load: replicas of a small application behind a balancer."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.end_to_end.project import Outcome, Project

PORT = 8090
APP = Path(__file__).parent / "app.py"
DOCKERFILE = """ARG PYTHON_IMAGE=python:3.9-slim
FROM ${PYTHON_IMAGE}
COPY app.py version /
CMD ["python3", "-B", "/app.py"]
"""
READY = (
    'exec 3<>/dev/tcp/127.0.0.1/5000 && printf "GET /healthz HTTP/1.0\\r\\n\\r\\n" >&3 '
    '&& read -r _ code _ <&3 && [ "$$code" = 200 ]'
)
HEALTHCHECK = {
    "test": ["CMD", "bash", "-c", READY],
    "interval": "1s",
    "timeout": "5s",
    "retries": 10,
}


@dataclass(slots=True)
class RolloutStack:
    """The Pulumi stack `name` in a copy of the project. Change a field, then call `up()`."""

    project: Project
    name: str
    balance: dict[str, Any]
    port: int = PORT
    replicas: int = 2
    drain: int | None = None
    version: str = "1"
    environment: dict[str, str] = field(default_factory=dict)
    networks: tuple[str, ...] = ("front",)
    balancer: dict[str, Any] = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)
    _begun: bool = False

    @property
    def folder(self) -> Path:
        return self.project.folder / "stacks" / self.name

    def write(self) -> None:
        """Write the files of the stack according to its fields."""
        if not self._begun:
            self.project.write_stack(self.name, "", "")
            self._begun = True
        context = self.folder / "app"
        context.mkdir(exist_ok=True)
        shutil.copy(APP, context / "app.py")
        (context / "Dockerfile").write_text(DOCKERFILE)
        (context / "version").write_text(f"{self.version}\n")
        # JSON is YAML, and needs no writer of its own.
        (self.folder / "compose.yaml").write_text(json.dumps(self.compose(), indent=2))

    def compose(self) -> dict[str, Any]:
        app: dict[str, Any] = {
            "build": {
                "context": "./app",
                "args": {"PYTHON_IMAGE": "${PYTHON_IMAGE:-python:3.9-slim}"},
            },
            "environment": self.environment,
            "networks": list(self.networks),
            "scale": self.replicas,
            "stop_grace_period": "10s",
            "healthcheck": HEALTHCHECK,
        }
        if self.drain is not None:
            app["x-causeway"] = {"update": {"drain": f"{self.drain}s"}}
        balancer: dict[str, Any] = {
            "ports": [f"{self.port}:80"],
            "networks": ["front"],
            "x-causeway": {"balance": {"to": "app", "port": 5000, **self.balance}},
            **self.balancer,
        }
        networks = {"front", *self.networks}
        return {
            "services": {"app": app, "balancer": balancer, **self.more},
            "networks": {name: {} for name in sorted(networks)},
        }

    def up(self, *arguments: str) -> Outcome:
        self.write()
        return self.project.pulumi("up", "--stack", self.name, *arguments)

    def destroy(self) -> Outcome:
        return self.project.pulumi("destroy", "--stack", self.name)
