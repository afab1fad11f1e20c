"""Imports Pulumi's protocol messages and gRPC without the packages around them.

The plugin's process imports this module first. The protocol needs only `pulumi.runtime.proto`, but
a normal import of that runs the whole SDK, a third of the plugin's start, which every preview waits
for. A third of gRPC's own import is its asyncio part, which nothing here uses.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from types import ModuleType


def stand_in(name: str) -> None:
    """Register an empty stand-in for the package `name`, whose modules can then be imported.

    A package that is already imported, as in a test, is left alone.
    """
    spec = importlib.util.find_spec(name)
    if name in sys.modules or spec is None or spec.submodule_search_locations is None:
        return
    package = ModuleType(name)
    package.__path__ = list(spec.submodule_search_locations)
    package.__spec__ = spec
    sys.modules[name] = package


class _Unused(ModuleType):
    """A module whose names are only referenced while another module is imported."""

    def __getattr__(self, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {})


def grpc_alone() -> None:
    """Import gRPC without asyncio, which other code can still import.

    Does nothing in a process that has imported one of the two already, such as a test.
    """
    if "asyncio" in sys.modules or "grpc" in sys.modules:
        return
    sys.modules |= {name: _Unused(name) for name in ("asyncio", "grpc.aio")}
    try:
        importlib.import_module("grpc")
    finally:
        del sys.modules["asyncio"]


grpc_alone()
for _name in ("pulumi", "pulumi.runtime", "pulumi.runtime.proto"):
    stand_in(_name)
