"""A named volume: created under its own name, or used unchanged when it is external.

It stays on the engine, with its data, when the stack is destroyed or the volume leaves the file, as
with `docker compose down`; `causeway down --volumes` removes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pulumi
import pulumi_docker as docker

from causeway.contract import VOLUME_FUNCTION
from causeway.model.errors import StackError
from causeway.model.values import Problem
from causeway.model.values import Volume as VolumeValue

from .concealment import Component
from .labels import Owner, volume_labels
from .plugin import ask


@dataclass(frozen=True, slots=True)
class VolumeArgs:
    volume: VolumeValue
    owner: Owner


def _require(volume: VolumeValue) -> None:
    """Raises StackError when an external volume does not exist: the engine would create an empty
    one. The official plugin cannot tell."""
    answer = ask(VOLUME_FUNCTION, name=volume.name)
    if answer.get("exists") is False:
        problem = Problem(
            volume.place,
            f"volume {volume.name!r} does not exist on this engine (known: {answer['known']}); an "
            "external volume must exist before the deployment",
            code="missing-external-volume",
        )
        raise StackError([problem], str(Path.cwd()))


class Volume(Component):
    volume_name: pulumi.Output[str]

    def __init__(
        self, name: str, args: VolumeArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("causeway:components:Volume", name, {}, opts)
        volume = args.volume
        if volume.external:
            _require(volume)
            self.volume_name = pulumi.Output.from_input(volume.name)
        else:
            created = docker.Volume(
                name,
                docker.VolumeArgs(
                    name=volume.name,
                    driver=volume.driver,
                    driver_opts=dict(volume.driver_opts) or None,
                    labels=volume_labels(args.owner, volume.labels),
                ),
                pulumi.ResourceOptions(parent=self, retain_on_delete=True),
            )
            self.volume_name = created.name
        self.register_outputs({"volumeName": self.volume_name})
