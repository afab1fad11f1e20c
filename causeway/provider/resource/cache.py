"""Answers of the engine that all resources of a run share."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from causeway.contract import URN_LABEL
from causeway.engine import machine
from causeway.engine.client import Engine, filters

from . import source_lines
from .facts import Facts, facts
from .ownership import Claim, is_ours

# The first API version of which no engine has the fault that `removing` avoids.
SAFE_COUNT_API = (1, 52)
TURN_SECONDS = 1.0
Listed = dict[str, dict[str, Any]]
# Host port and protocol -> the containers that publish it: id, name, ip, labels, created.
Publishing = dict[tuple[int, str], list[dict[str, Any]]]
# DNS name -> the containers that have it, as inspected.
Named = dict[str, list[dict[str, Any]]]


class EngineCache:
    """Answers cached for the life of the plugin process, that is, for one Pulumi operation.

    They describe the engine before this run changed anything; the run tracks its own changes.
    """

    def __init__(self, engine_of: Callable[[], Engine]) -> None:
        self._engine_of = engine_of
        self._lock = threading.Lock()
        self._answers: dict[str, Listed | Exception] = {}
        self._facts: Facts | None = None
        self._names: dict[str, Named] = {}
        self._publishing: Publishing | None = None
        self._said: set[str] = set()
        self._door = threading.Lock()
        self._before = threading.Event()
        self._before.set()

    @contextmanager
    def one_removal_at_a_time(self) -> Iterator[None]:
        """A turn to remove a container: after the previous one, or a second after that began.

        Engines such as Docker 20.10 count a network's connections. They can lose count when several
        containers leave at once, and can then never delete the network.
        """
        if self._engine_of().api_version >= SAFE_COUNT_API:
            yield
            return
        with self._door:
            self._before.wait(TURN_SECONDS)
            mine = self._before = threading.Event()
        try:
            yield
        finally:
            mine.set()

    def once(self, key: str, say: Callable[[], None]) -> None:
        """Call `say` for the first `key` only."""
        with self._lock:
            if key in self._said:
                return
            self._said.add(key)
        say()

    def is_dropped(self, urn: str) -> bool:
        """Whether this run's program certainly no longer has such a resource."""
        return source_lines.is_dropped(urn)

    def publishing(self) -> Publishing:
        """All running containers on the engine, by the host ports that they publish."""
        with self._lock:
            if self._publishing is None:
                self._publishing = {}
                for container in self._engine_of().call("GET", "/containers/json"):
                    for port in container.get("Ports") or []:
                        if not port.get("PublicPort"):
                            continue
                        key = int(port["PublicPort"]), str(port.get("Type") or "tcp")
                        self._publishing.setdefault(key, []).append(
                            {
                                "id": container["Id"],
                                "name": (container.get("Names") or ["?"])[0].lstrip("/"),
                                "ip": port.get("IP") or "",
                                "labels": container.get("Labels") or {},
                                "created": _moment(container.get("Created")),
                            }
                        )
            return self._publishing

    def containers(self) -> Listed:
        """The containers that this plugin created, by id."""
        return self._ask("/containers/json", all=1)

    def networks(self) -> Listed:
        """The networks that this plugin created, by id."""
        return self._ask("/networks")

    def volumes(self) -> Listed:
        """The volumes that this plugin created, by name."""
        return self._ask("/volumes")

    def add_network(self, network: dict[str, Any]) -> None:
        """Add a network that this run has created."""
        known = self.networks()
        with self._lock:
            known[network["Id"]] = network

    def facts(self) -> Facts:
        """The facts about the engine, its host and its networks, for `limits`."""
        with self._lock:
            if self._facts is None:
                engine = self._engine_of()
                info, networks = engine.info, engine.call("GET", "/networks")
                seen = machine.look(engine.host, info)
                self._facts = facts(engine.api_version, info, networks, seen)
            return self._facts

    def names_on(self, claim: Claim, network: str) -> Named:
        """The DNS names on a network of another owner, such as another stack; empty for this
        stack's own networks, which the checks of the stack file cover."""
        known = self.networks()
        made = known.get(network) or next(
            (each for each in known.values() if each["Name"] == network), {}
        )
        if made and is_ours(claim, made.get("Labels"), made["Id"]):
            return {}
        with self._lock:
            if network not in self._names:
                found = self._engine_of().find(f"/networks/{network}") or {}
                names: Named = {}
                for identity in found.get("Containers") or {}:
                    container = self._engine_of().find(f"/containers/{identity}/json")
                    places = (container or {}).get("NetworkSettings", {}).get("Networks") or {}
                    settings = places.get(found["Name"]) or {}
                    for name in {
                        *(settings.get("Aliases") or ()),
                        *(settings.get("DNSNames") or ()),
                    }:
                        names.setdefault(name, []).append(container)
                self._names[network] = names
            return self._names[network]

    def _ask(self, path: str, **params: Any) -> Listed:
        with self._lock:
            if path not in self._answers:
                params |= filters(label=[URN_LABEL])
                try:
                    found = self._engine_of().call("GET", path, params=params)
                    items = found if isinstance(found, list) else found["Volumes"] or []
                    self._answers[path] = {item.get("Id") or item["Name"]: item for item in items}
                except Exception as error:
                    # Cached too: with a hung engine, only one resource waits.
                    self._answers[path] = error
            answer = self._answers[path]
        if isinstance(answer, Exception):
            raise answer
        return answer


def _moment(seconds: Any) -> str:
    """Seconds since 1970, which the engine's lists contain, in the text form of its inspections."""
    if not isinstance(seconds, int):
        return ""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
