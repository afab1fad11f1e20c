"""Reachability between services: computed from stacks and facts about the engine, without running
anything."""

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
    Firewall,
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
    "Firewall",
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
