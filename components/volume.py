"""A named volume: created under its own name, or used unchanged when it is external.

It stays on the engine, with its data, when the stack is destroyed or the volume leaves the file, as
with `docker compose down`; `causeway down --volumes` removes it.
"""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_docker as docker

from causeway.model.values import Volume as VolumeValue

from .concealment import Component
from .labels import Owner, volume_labels


@dataclass(frozen=True, slots=True)
class VolumeArgs:
    volume: VolumeValue
    owner: Owner


class Volume(Component):
    volume_name: pulumi.Output[str]

    def __init__(
        self, name: str, args: VolumeArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("causeway:components:Volume", name, {}, opts)
        volume = args.volume
        if volume.external:
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
