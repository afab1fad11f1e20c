"""The resource types and functions that this plugin serves."""

from __future__ import annotations

from . import functions
from .container import ContainerKind
from .image import ImageKind
from .network import NetworkKind
from .remote_image import RemoteImageKind
from .resource import ResourceKind
from .servicer import Function
from .volume import VolumeKind

KINDS: dict[str, ResourceKind] = {
    kind.token: kind
    for kind in (ContainerKind(), ImageKind(), NetworkKind(), RemoteImageKind(), VolumeKind())
}
FUNCTIONS: dict[str, Function] = dict(functions.FUNCTIONS)
