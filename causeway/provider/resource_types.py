"""The resource types and functions of this plugin, each imported at first use.

A program uses only a few of them, and Pulumi waits for the plugin to start.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import Any, TypeVar

from causeway.contract import ATTACHMENT_TYPE, ENGINE_FUNCTION, VERIFICATION_TYPE, VOLUME_FUNCTION
from causeway.provider.resource.kind import Context, ResourceKind
from causeway.provider.resource.values import Values

Function = Callable[[Context, Values], Values]
T = TypeVar("T")


class LazyTable(Mapping[str, T]):
    """Token -> the result of `take` for `module.NAME` of this package, computed once."""

    def __init__(self, places: Mapping[str, str], take: Callable[[Any], T]) -> None:
        self._places = places
        self._take = take
        self._made: dict[str, T] = {}
        self._lock = threading.Lock()

    def __getitem__(self, token: str) -> T:
        module, _, name = self._places[token].rpartition(".")
        with self._lock:
            if token not in self._made:
                found = getattr(import_module(f".{module}", __package__), name)
                self._made[token] = self._take(found)
            return self._made[token]

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


def _kind(found: type[ResourceKind]) -> ResourceKind:
    return found()


def _function(found: Function) -> Function:
    return found


KINDS: Mapping[str, ResourceKind] = LazyTable(
    {
        "docker:index/buildxBuilder:BuildxBuilder": "image.buildx_builder.BuildxBuilderKind",
        "docker:index/container:Container": "container.container.ContainerKind",
        "docker:index/image:Image": "image.image.ImageKind",
        "docker:index/network:Network": "network.network.NetworkKind",
        "docker:index/plugin:Plugin": "plugin.PluginKind",
        "docker:index/registryImage:RegistryImage": "image.registry_image.RegistryImageKind",
        "docker:index/remoteImage:RemoteImage": "image.remote_image.RemoteImageKind",
        "docker:index/secret:Secret": "swarm.file.SecretKind",
        "docker:index/service:Service": "swarm.service.ServiceKind",
        "docker:index/serviceConfig:ServiceConfig": "swarm.file.ServiceConfigKind",
        "docker:index/tag:Tag": "image.tag.TagKind",
        "docker:index/volume:Volume": "volume.VolumeKind",
    },
    _kind,
)
# The second package: resource types that `docker` does not have.
OWN_KINDS: Mapping[str, ResourceKind] = LazyTable(
    {
        ATTACHMENT_TYPE: "container.attachment.NetworkAttachmentKind",
        VERIFICATION_TYPE: "verification.VerificationKind",
    },
    _kind,
)
FUNCTIONS: Mapping[str, Function] = LazyTable(
    {
        "docker:index/getNetwork:getNetwork": "functions.get_network",
        "docker:index/getRemoteImage:getRemoteImage": "functions.get_remote_image",
        "docker:index/getRegistryImage:getRegistryImage": "functions.get_registry_image",
        "docker:index/getRegistryImageManifests:getRegistryImageManifests": (
            "functions.get_registry_image_manifests"
        ),
        "docker:index/getPlugin:getPlugin": "functions.get_plugin",
        "docker:index/getLogs:getLogs": "functions.get_logs",
        # Additions of this plugin, which the SDK does not have.
        VOLUME_FUNCTION: "functions.get_volume",
        ENGINE_FUNCTION: "engine_version.get_engine",
    },
    _function,
)
