"""Load balancing: `x-causeway: balance` read, and the configuration of nginx or HAProxy made."""

from .declared import declared
from .prepare import CONFIGURATION, prepared

__all__ = ["CONFIGURATION", "declared", "prepared"]
