"""Load balancing: parses `x-causeway: balance` and generates configurations of nginx or HAProxy."""

from .apply import apply_extensions
from .prepare import CONFIGURATION, prepared

__all__ = ["CONFIGURATION", "apply_extensions", "prepared"]
