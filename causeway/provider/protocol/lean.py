"""Imported first by the plugin's process: messages and gRPC without what is around them.

The protocol needs `pulumi.runtime.proto` alone. Importing that the usual way runs the whole SDK,
a third of the plugin's start, for which every preview would wait. A third of gRPC's own import is
its half for asyncio, which nothing here uses.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from types import ModuleType


def stand_in(name: str) -> None:
    """Put an empty package in the place of `name`, whose modules can be imported from it.

    A package that is imported already, as in a test, stays.
    """
    spec = importlib.util.find_spec(name)
    if name in sys.modules or spec is None or spec.submodule_search_locations is None:
        return
    package = ModuleType(name)
    package.__path__ = list(spec.submodule_search_locations)
    package.__spec__ = spec
    sys.modules[name] = package


class _Unused(ModuleType):
    """A module whose names are only mentioned while another module is imported."""

    def __getattr__(self, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {})


def grpc_alone() -> None:
    """Import gRPC without asyncio, which stays importable for others.

    In a process that has one of the two already, as a test, nothing is done.
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
