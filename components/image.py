"""An image: built by the engine from a build context, or pulled. Containers refer to it by its id.

So a container is replaced when, and only when, the content of its image changes. Nothing is pushed,
and a pulled image stays on the engine when the stack is removed.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pulumi
import pulumi_docker as docker

from causeway.model.values import Build

from .concealment import Component
from .paths import generated, portable


@dataclass(frozen=True, slots=True)
class BuiltImageArgs:
    image_name: str
    build: Build
    platform: str | None = None


class BuiltImage(Component):
    image_id: pulumi.Output[str]

    def __init__(
        self, name: str, args: BuiltImageArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("causeway:components:BuiltImage", name, {}, opts)
        build = args.build
        image = docker.Image(
            name,
            docker.ImageArgs(
                image_name=args.image_name,
                build=docker.DockerBuildArgs(
                    context=portable(build.context),
                    dockerfile=_dockerfile(name, build),
                    args=dict(build.args) or None,
                    target=build.target,
                    network=build.network,
                    add_hosts=list(build.extra_hosts) or None,
                    cache_from=docker.CacheFromArgs(images=list(build.cache_from))
                    if build.cache_from
                    else None,
                    platform=build.platform or args.platform,
                ),
                skip_push=True,
            ),
            pulumi.ResourceOptions(parent=self),
        )
        # Without a push, the digest is the image id on the engine.
        self.image_id = image.repo_digest
        self.register_outputs({"imageId": self.image_id})


@dataclass(frozen=True, slots=True)
class PulledImageArgs:
    image: str
    platform: str | None = None


class PulledImage(Component):
    image_id: pulumi.Output[str]

    def __init__(
        self, name: str, args: PulledImageArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("causeway:components:PulledImage", name, {}, opts)
        image = docker.RemoteImage(
            name,
            docker.RemoteImageArgs(name=args.image, platform=args.platform, keep_locally=True),
            pulumi.ResourceOptions(parent=self),
        )
        self.image_id = image.image_id
        self.register_outputs({"imageId": self.image_id})


def _dockerfile(name: str, build: Build) -> str:
    if build.dockerfile_inline is not None:
        return generated(f"{name}.Dockerfile", build.dockerfile_inline)
    return portable(str(Path(build.context) / build.dockerfile))
