"""The same stack with docker-compose 5.6.1: nginx in front of the application."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench import clock
from bench.rollout.course import Step
from bench.rollout.stack import APP, DOCKERFILE, HEALTHCHECK
from tests.end_to_end.project import Project

HEAD = "events {} pid /tmp/nginx.pid; error_log /dev/stderr; http { access_log off; "
# nginx as in tutorials, and with the usual fix: it looks up the name again every second.
LITERAL = HEAD + "server { listen 80; location / { proxy_pass http://app:5000; } } }\n"
ASKING = HEAD + (
    "resolver 127.0.0.11 valid=1s ipv6=off; server { listen 80; location / { "
    "set $app app; proxy_pass http://$app:5000; proxy_connect_timeout 2s; } } }\n"
)


@dataclass(slots=True)
class ComposeStack:
    project: Project
    images: dict[str, str]
    configuration: str
    port: int
    replicas: int = 2

    @property
    def folder(self) -> Path:
        return self.project.folder.parent / "compose-rollout"

    def write(self, version: str) -> None:
        context = self.folder / "app"
        context.mkdir(parents=True, exist_ok=True)
        shutil.copy(APP, context / "app.py")
        (context / "Dockerfile").write_text(DOCKERFILE)
        (context / "version").write_text(f"{version}\n")
        (self.folder / "nginx.conf").write_text(self.configuration)
        base = {"PYTHON_IMAGE": self.images["python:3.9-slim"]}
        services = {
            "app": {
                "build": {"context": "./app", "args": base},
                "scale": self.replicas,
                "healthcheck": HEALTHCHECK,
            },
            "nginx": {
                "image": self.images["nginx:1.28"],
                "command": ["nginx", "-c", "/etc/nginx/nginx.conf", "-g", "daemon off;"],
                "volumes": ["./nginx.conf:/etc/nginx/nginx.conf:ro"],
                "ports": [f"{self.port}:80"],
                "depends_on": {"app": {"condition": "service_healthy"}},
            },
        }
        (self.folder / "compose.yaml").write_text(json.dumps({"services": services}))

    def run(self, *arguments: str) -> None:
        program = str(Path(sys.prefix) / "bin" / "docker-compose")
        # The engine's classic builder: Debian's docker.io has no other.
        clock.run(
            [program, "--progress", "quiet", *arguments],
            self.folder,
            self.project.variables | {"DOCKER_BUILDKIT": "0"},
        )

    def up(self, version: str) -> None:
        self.write(version)
        self.run("build")
        self.run("up", "--detach", "--wait")

    def changes(self, images: int) -> Iterator[Step]:
        for number in range(images):
            yield f"image update {number + 1}", partial(self.up, str(number + 2))

    def down(self) -> None:
        self.run("down", "--timeout", "2", "--rmi", "local")
