"""What the engine, its machine and the networks on it are like: asked once a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from causeway.engine.machine import Host


@dataclass(frozen=True, slots=True)
class Facts:
    """`networks` are the engine's, as listed; `drivers` are the network drivers it has loaded."""

    api: tuple[int, int]
    release: str
    drivers: tuple[str, ...]
    swarm: str
    manager: bool
    networks: tuple[dict[str, Any], ...]
    host: Host


def facts(
    api: tuple[int, int], info: dict[str, Any], networks: list[dict[str, Any]], host: Host
) -> Facts:
    """The facts in the answers of /info and /networks."""
    swarm = info.get("Swarm") or {}
    return Facts(
        api=api,
        release=str(info.get("ServerVersion") or ""),
        drivers=tuple((info.get("Plugins") or {}).get("Network") or ()),
        swarm=str(swarm.get("LocalNodeState") or "inactive"),
        manager=bool(swarm.get("ControlAvailable")),
        networks=tuple(networks),
        host=host,
    )
