"""Load balancing: parses `x-causeway: balance` and generates configurations of nginx or HAProxy."""

from model.balance.declared import declared
from model.balance.prepare import CONFIGURATION, prepared

__all__ = ["CONFIGURATION", "declared", "prepared"]
