"""Load balancing: parses `x-causeway: balance` and generates configurations of nginx or HAProxy."""

from .declared import declared
from .prepare import CONFIGURATION, prepared

__all__ = ["CONFIGURATION", "declared", "prepared"]
