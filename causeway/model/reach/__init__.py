"""Who can reach whom: computed from stacks and what is known of the engine, nothing is run."""

from .compute import reach
from .matrix import Matrix
from .values import (
    ANY,
    DNS,
    HOST,
    INTERNET,
    LAN,
    WORLD,
    Cell,
    Endpoint,
    EngineFacts,
    Hop,
    Leak,
    LeakKind,
    Node,
    NodeKind,
    PathKind,
    Reason,
    Verdict,
)

__all__ = [
    "ANY",
    "DNS",
    "HOST",
    "INTERNET",
    "LAN",
    "WORLD",
    "Cell",
    "Endpoint",
    "EngineFacts",
    "Hop",
    "Leak",
    "LeakKind",
    "Matrix",
    "Node",
    "NodeKind",
    "PathKind",
    "Reason",
    "Verdict",
    "reach",
]
