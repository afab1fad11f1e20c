"""Imported first by the plugin's process: the Pulumi SDK's messages without the SDK around them.

The protocol needs `pulumi.runtime.proto` alone. Importing that the usual way runs the whole SDK,
a third of the plugin's start, for which every preview would wait.
"""

from __future__ import annotations

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


for _name in ("pulumi", "pulumi.runtime", "pulumi.runtime.proto"):
    stand_in(_name)
