"""Load balancing: `x-causeway: balance` read, and the configuration of nginx or HAProxy made."""

from model.balance.declared import declared
from model.balance.prepare import CONFIGURATION, prepared

__all__ = ["CONFIGURATION", "declared", "prepared"]
