"""The resource types and functions that this plugin serves."""

from __future__ import annotations

from .container import ContainerKind
from .network import NetworkKind
from .resource import ResourceKind
from .servicer import Function

KINDS: dict[str, ResourceKind] = {kind.token: kind for kind in (ContainerKind(), NetworkKind())}
FUNCTIONS: dict[str, Function] = {}
