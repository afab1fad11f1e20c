"""One run of the plugin: its connection, what Pulumi has reported, and the execution of calls.

The work of a call runs in its own thread, so kinds may block on the engine. After Cancel, a call
gets a few seconds to finish and is then abandoned; the next run finds in the journal what it left.
"""

from __future__ import annotations

import os
import threading
import traceback
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NoReturn

import grpc  # type: ignore[import-untyped] # it brings no types
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

from causeway.engine import address
from causeway.engine import client as engines
from causeway.engine.faults import Fault, explain, visible
from causeway.provider.inputs.plain import has_unknown
from causeway.provider.resource import recorded
from causeway.provider.resource.cache import EngineCache
from causeway.provider.resource.engine_identity import (
    ENGINE,
    SWARM,
    OtherEngine,
    kept_swarm,
    require_engine,
    swarm_of,
)
from causeway.provider.resource.kind import Context
from causeway.provider.resource.values import Values
from causeway.state import identity as origin
from causeway.state import journal

# The number of calls that work at the same time. Pulumi's --parallel decides how many it sends; the
# others wait.
WORKERS = 64
# How long a call may continue after Ctrl-C before it is abandoned.
CANCEL_GRACE_SECONDS = 8.0
_CANCEL_POLL_SECONDS = 0.2
_SEVERITIES = {
    "debug": engine_pb2.DEBUG,
    "info": engine_pb2.INFO,
    "warning": engine_pb2.WARNING,
    "error": engine_pb2.ERROR,
}


class Session:
    """The state that the calls of one Pulumi operation share; `config` is the provider's."""

    def __init__(self, pulumi_engine: str) -> None:
        self.config: Values = {}
        self._cancelled = threading.Event()
        self._run = uuid.uuid4().hex
        self._cache = EngineCache(self._connected)
        self._docker: engines.Engine | None = None
        self._docker_error: Exception | None = None
        self._engine_id: str | None = None
        self._connecting = threading.Lock()
        self._lock = threading.Lock()
        self._under_way = 0
        self._workers = ThreadPoolExecutor(WORKERS)
        self._known: set[str] = set()
        self._current: dict[str, tuple[str, Values]] = {}
        self._origin = origin.Origin()
        self.journal = journal.Journal(origin.state_home() / "journal" / "none", self._run)
        self._left = journal.KilledRuns()
        self._settling = threading.Lock()
        self._unsettled: frozenset[str] | None = None
        self._recorded: list[recorded.Recorded | None] = []
        self._reading = threading.Lock()
        self._notes: set[tuple[str, str]] = set()
        self._pulumi = engine_pb2_grpc.EngineStub(grpc.insecure_channel(pulumi_engine))

    def identify(self, config: Values, before: Values) -> Values:
        """The ids of the engine and swarm that these settings lead to, for the state, which holds
        those in `before`.

        Raises OtherEngine. Where no engine answers, the known ids stay; calls that need the engine
        report that. The connection is kept for them.
        """
        known = {key: str(before[key]) for key in (ENGINE, SWARM) if before.get(key)}
        if has_unknown(config):
            return known
        self.config = {**config, **known}
        try:
            swarm = swarm_of(self._connected())
        except OtherEngine:
            raise
        except Exception:
            return known
        return {ENGINE: self._engine_id, SWARM: kept_swarm(known.get(SWARM), swarm)}

    def configure(self, config: Values, identity: str, urn: str) -> None:
        """Set the configuration, and work for the state whose provider has this id and URN."""
        if _settings(config) != _settings(self.config):
            self._docker = self._docker_error = None  # connected with other settings before
        self.config = config
        self._origin = origin.origin(identity, urn)
        if self._origin.identity:
            folder = origin.state_home() / "journal" / self._origin.identity
            self.journal = journal.Journal(folder, self._run)
            self._left = journal.killed_runs(folder, self._run)

    def cancel(self) -> None:
        """Ask running calls to end, and reject further ones."""
        self._cancelled.set()

    @property
    def is_busy(self) -> bool:
        """Whether a call is running."""
        with self._lock:
            return self._under_way > 0

    def add_known_id(self, identity: str) -> None:
        # The ids of all resources together: one renamed with an alias keeps its old URN's label.
        with self._lock:
            self._known.add(identity)

    def set_current(self, urn: str, identity: str, inputs: Values) -> None:
        """Record the object that Pulumi compares this resource's new inputs with."""
        self.add_known_id(identity)
        with self._lock:
            self._current[urn] = identity, inputs

    def read_state(self) -> recorded.Recorded | None:
        """The contents of Pulumi's state, read at most once."""
        with self._reading:
            if not self._recorded:
                self._recorded.append(recorded.read(self._origin))
            return self._recorded[0]

    def has_leftover(self, ctx: Context, urn: str) -> bool:
        """Whether a killed run left an object of this resource that the next change removes."""
        with self._settling:
            if not self._left.files:
                return False
            if self._unsettled is None:
                from .recovery import resources_with_leftovers

                self._unsettled = resources_with_leftovers(ctx, self._left)
            return urn in self._unsettled

    def _settled(self, work: Callable[[Context], Any]) -> Callable[[Context], Any]:
        """The work, preceded by the cleanup after killed runs."""

        def first(ctx: Context) -> Any:
            with self._settling:
                if self._left.files:
                    from .recovery import clean_up  # imported here: a run seldom needs it

                    clean_up(ctx, self._left)
                    self._left = journal.KilledRuns()
            return work(ctx)

        return first

    def _context(self, urn: str, preview: bool) -> Context:
        with self._lock:
            known = frozenset(self._known)
            current, inputs = self._current.get(urn, (None, {}))
        return Context(
            urn=urn,
            preview=preview,
            config=self.config,
            run=self._run,
            known_ids=known,
            current=current,
            current_inputs=inputs,
            origin=self._origin,
            journal=self.journal,
            recorded=self.read_state,
            cache=self._cache,
            engine_of=self._connected,
            cancelled=self._cancelled.is_set,
            log=lambda severity, message: self._say(urn, severity, message, ephemeral=False),
            status=lambda message: self._say(urn, "info", message, ephemeral=True),
        )

    def _connected(self) -> engines.Engine:
        """The connection for the whole run; after a failure, every later call fails at once."""
        with self._connecting:
            if self._docker_error is not None:
                raise self._docker_error
            if self._docker is None:
                try:
                    self._docker = engines.connect(self.config)
                    self._engine_id = require_engine(self._docker, self.config)
                except Exception as error:
                    self._docker_error = error
                    raise
            return self._docker

    def change(self, context: Any, urn: str, work: Callable[[Context], Any]) -> Any:
        """`do` for work that changes the engine."""
        return self.do(context, urn, False, self._settled(work))

    def do(self, context: Any, urn: str, preview: bool, work: Callable[[Context], Any]) -> Any:
        """The result of the work; aborts the call with a message for the user when it fails."""
        with self._lock:
            self._under_way += 1
        try:
            return self._done(context, urn, preview, work)
        finally:
            with self._lock:
                self._under_way -= 1

    def _done(self, context: Any, urn: str, preview: bool, work: Callable[[Context], Any]) -> Any:
        ctx = self._context(urn, preview)
        if self._cancelled.is_set():
            abort(context, "cancelled")
        future = self._workers.submit(work, ctx)
        patience = CANCEL_GRACE_SECONDS
        while True:
            try:
                error = future.exception(timeout=_CANCEL_POLL_SECONDS)
                break
            except TimeoutError:
                if self._cancelled.is_set():
                    if future.cancel():  # it has not started, and must not start any more
                        abort(context, "cancelled")
                    patience -= _CANCEL_POLL_SECONDS
                if patience <= 0:
                    abort(context, "cancelled without waiting for the engine's answer")
        if error is None:
            return future.result(timeout=0)
        if os.environ.get("CAUSEWAY_DEBUG"):
            self._say(urn, "error", "".join(traceback.format_exception(error)), ephemeral=False)
        abort(context, explain(error, self._host()))

    def _host(self) -> str:
        try:
            return str(address.chosen(self.config))
        except Fault:
            return "the configured context"

    def show_once(self, urn: str, message: str) -> None:
        """Show a message about a planned change, once per resource and run."""
        with self._lock:
            known = (urn, message) in self._notes
            self._notes.add((urn, message))
        if not known:
            self._say(urn, "info", message, ephemeral=False)

    def _say(self, urn: str, severity: str, message: str, *, ephemeral: bool) -> None:
        try:
            self._pulumi.Log(
                engine_pb2.LogRequest(
                    severity=_SEVERITIES[severity],
                    message=visible(message),
                    urn=urn,
                    ephemeral=ephemeral,
                ),
                timeout=5,
            )
        except grpc.RpcError:
            # A lost message must not fail the work that it reports on.
            return


def _settings(config: Values) -> Values:
    return {
        key: value
        for key, value in config.items()
        if key not in (ENGINE, SWARM) and value is not None
    }


def abort(context: Any, message: str) -> NoReturn:
    """End a call with an error message."""
    context.abort(grpc.StatusCode.UNKNOWN, visible(message))
    raise AssertionError("abort returned")
