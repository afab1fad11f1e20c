"""What a resource kind is given in a test: a real engine, and a record of what it told the user."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from causeway.engine.client import Engine, connect
from causeway.provider.resource.cache import EngineCache
from causeway.provider.resource.kind import Context
from causeway.state.identity import Origin
from causeway.state.journal import Journal

URN = "urn:pulumi:dev::test::docker:test::thing"


@dataclass
class Surroundings:
    """Makes contexts; `messages` are (severity, text), `progress` the passing lines."""

    host: str | None
    config: dict[str, Any] = field(default_factory=dict)
    messages: list[tuple[str, str]] = field(default_factory=list)
    progress: list[str] = field(default_factory=list)
    journal: Journal = field(
        default_factory=lambda: Journal(Path(tempfile.mkdtemp(prefix="causeway-test-")), "this-run")
    )
    _engine: Engine | None = None

    def context(self, *, preview: bool = False, urn: str = URN) -> Context:
        return Context(
            urn=urn,
            preview=preview,
            config=self.config,
            run="this-run",
            known_ids=frozenset(),
            current=None,
            current_inputs={},
            origin=Origin(
                identity="this-state", stack="dev", project="test", checkout="me@here:/x"
            ),
            journal=self.journal,
            recorded=lambda: None,
            cache=EngineCache(self._connected),
            engine_of=self._connected,
            cancelled=lambda: False,
            log=lambda severity, message: self.messages.append((severity, message)),
            status=self.progress.append,
        )

    def close(self) -> None:
        shutil.rmtree(self.journal.folder, ignore_errors=True)
        if self._engine is not None:
            self._engine.close()

    def _connected(self) -> Engine:
        if self.host is None:
            _no_engine()
        if self._engine is None:
            self._engine = connect({"host": self.host})
        return self._engine


def _no_engine() -> NoReturn:
    raise AssertionError("this must work without an engine")
