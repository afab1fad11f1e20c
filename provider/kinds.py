"""The resource types and functions that this plugin serves."""

from __future__ import annotations

from . import functions
from .attachment import NetworkAttachmentKind
from .builder import BuildxBuilderKind
from .container import ContainerKind
from .engine_plugin import PluginKind
from .image import ImageKind
from .network import NetworkKind
from .registry_image import RegistryImageKind
from .remote_image import RemoteImageKind
from .resource import ResourceKind
from .servicer import Function
from .swarm_file import SecretKind, ServiceConfigKind
from .swarm_service import ServiceKind
from .tag import TagKind
from .verification import VerificationKind
from .volume import VolumeKind

_ALL: tuple[ResourceKind, ...] = (
    BuildxBuilderKind(),
    ContainerKind(),
    ImageKind(),
    NetworkKind(),
    PluginKind(),
    RegistryImageKind(),
    RemoteImageKind(),
    SecretKind(),
    ServiceConfigKind(),
    ServiceKind(),
    TagKind(),
    VolumeKind(),
)
KINDS: dict[str, ResourceKind] = {kind.token: kind for kind in _ALL}
# The second package: what `docker` has no resource type for.
OWN_KINDS: dict[str, ResourceKind] = {
    NetworkAttachmentKind.token: NetworkAttachmentKind(),
    VerificationKind.token: VerificationKind(),
}
FUNCTIONS: dict[str, Function] = dict(functions.FUNCTIONS)
