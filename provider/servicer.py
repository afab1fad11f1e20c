"""Pulumi's provider protocol over the resource kinds: gRPC in, plain values out.

Every call runs in a thread of its own, so kinds may block on the engine. After Cancel a call gets
a few seconds to end well and is then given up; what it left is found by its label next time.
"""

from __future__ import annotations

import json
import os
import threading
import traceback
import uuid
from collections.abc import Callable
from concurrent.futures import Future, TimeoutError, wait
from typing import Any, NoReturn

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import (
    engine_pb2,
    engine_pb2_grpc,
    plugin_pb2,
    provider_pb2,
    provider_pb2_grpc,
)

from . import engine as engines
from .faults import Fault, explain
from .plain import UNKNOWN, from_struct, has_unknown, to_struct
from .resource import Context, Failure, ResourceKind, Values
from .shared import Shared

Function = Callable[[Context, Values], Values]

# How long a call may go on after Ctrl-C before its answer is given up.
CANCEL_GRACE_SECONDS = 8.0
_CANCEL_POLL_SECONDS = 0.2
_SEVERITIES = {
    "debug": engine_pb2.DEBUG,
    "info": engine_pb2.INFO,
    "warning": engine_pb2.WARNING,
    "error": engine_pb2.ERROR,
}


class Servicer(provider_pb2_grpc.ResourceProviderServicer):  # type: ignore[misc] # untyped stubs
    """Serves `kinds` and `functions` to one Pulumi engine."""

    def __init__(
        self,
        pulumi_engine: str,
        version: str,
        kinds: dict[str, ResourceKind],
        functions: dict[str, Function],
    ) -> None:
        self._version = version
        self._kinds = kinds
        self._functions = functions
        self._config: Values = {}
        self._cancel = threading.Event()
        self._run = uuid.uuid4().hex
        self._shared = Shared()
        self._docker: engines.Engine | None = None
        self._docker_error: Exception | None = None
        self._lock = threading.Lock()
        self._known: dict[str, set[str]] = {}
        self._notes: set[tuple[str, str]] = set()
        channel = grpc.insecure_channel(pulumi_engine)
        self._pulumi = engine_pb2_grpc.EngineStub(channel)

    # --- the protocol's small calls -----------------------------------------------------------

    def Handshake(self, request: Any, context: Any) -> Any:
        return provider_pb2.ProviderHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return plugin_pb2.PluginInfo(version=self._version)

    def GetSchema(self, request: Any, context: Any) -> Any:
        return provider_pb2.GetSchemaResponse(schema='{"name":"docker"}')

    def Attach(self, request: Any, context: Any) -> Any:
        return empty_pb2.Empty()

    def Cancel(self, request: Any, context: Any) -> Any:
        self._cancel.set()
        return empty_pb2.Empty()

    def CheckConfig(self, request: Any, context: Any) -> Any:
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Any) -> Any:
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)

    def Configure(self, request: Any, context: Any) -> Any:
        self._config = _decode_config(from_struct(request.args))
        return provider_pb2.ConfigureResponse(supportsPreview=True)

    # --- resources ----------------------------------------------------------------------------

    def Check(self, request: Any, context: Any) -> Any:
        kind = self._kind(request.urn, context)
        old = from_struct(request.olds) if request.HasField("olds") else None

        def work(ctx: Context) -> tuple[Values, list[Failure]]:
            # A preview of things to create asks the engine nothing else: without this, it would
            # promise what no engine is there to do.
            self._connected()
            return kind.check(ctx, ctx.name, old, from_struct(request.news), request.randomSeed)

        inputs, failures = self._do(context, request.urn, True, work)
        return provider_pb2.CheckResponse(inputs=to_struct(inputs), failures=_failures(failures))

    def Diff(self, request: Any, context: Any) -> Any:
        kind = self._kind(request.urn, context)
        self._know(request.urn, request.id)
        old_inputs, new = from_struct(request.old_inputs), from_struct(request.news)
        for name in {path.split(".")[0].split("[")[0] for path in request.ignoreChanges}:
            new.pop(name, None)
            if name in old_inputs:
                new[name] = old_inputs[name]
        diff = self._do(
            context,
            request.urn,
            True,
            lambda ctx: kind.diff(ctx, request.id, old_inputs, from_struct(request.olds), new),
        )
        if diff.reason and diff.replaces:
            self._note(request.urn, diff.reason)
        response = provider_pb2.DiffResponse
        kinds = provider_pb2.PropertyDiff
        detailed = {}
        for name, change in diff.changes.items():
            had, has = old_inputs.get(name) is not None, new.get(name) is not None
            word = "UPDATE" if had == has else "ADD" if has else "DELETE"
            suffix = "_REPLACE" if change == "replace" else ""
            detailed[name] = kinds(kind=kinds.Kind.Value(word + suffix), inputDiff=True)
        return response(
            changes=response.DIFF_SOME if diff.changes else response.DIFF_NONE,
            replaces=diff.replaces,
            diffs=list(diff.changes),
            deleteBeforeReplace=diff.delete_before_replace,
            detailedDiff=detailed,
            hasDetailedDiff=True,
        )

    def Create(self, request: Any, context: Any) -> Any:
        kind = self._kind(request.urn, context)
        inputs = from_struct(request.properties)
        identity, state = self._do(
            context,
            request.urn,
            request.preview,
            lambda ctx: kind.create(ctx, ctx.name, inputs),
        )
        if identity:
            self._know(request.urn, identity)
        return provider_pb2.CreateResponse(id=identity, properties=to_struct(state))

    def Read(self, request: Any, context: Any) -> Any:
        kind = self._kind(request.urn, context)
        self._know(request.urn, request.id)
        inputs, state = from_struct(request.inputs), from_struct(request.properties)
        found = self._do(
            context, request.urn, False, lambda ctx: kind.read(ctx, request.id, inputs, state)
        )
        if found is None:
            return provider_pb2.ReadResponse()
        identity, state, inputs = found
        self._know(request.urn, identity)
        return provider_pb2.ReadResponse(
            id=identity, properties=to_struct(state), inputs=to_struct(inputs)
        )

    def Update(self, request: Any, context: Any) -> Any:
        kind = self._kind(request.urn, context)
        self._know(request.urn, request.id)
        old, new = from_struct(request.old_inputs), from_struct(request.news)
        state = from_struct(request.olds)
        if request.preview and has_unknown(new):
            return provider_pb2.UpdateResponse(properties=to_struct({**state, **new}))
        state = self._do(
            context,
            request.urn,
            request.preview,
            lambda ctx: kind.update(ctx, request.id, old, state, new),
        )
        return provider_pb2.UpdateResponse(properties=to_struct(state))

    def Delete(self, request: Any, context: Any) -> Any:
        kind = self._kind(request.urn, context)
        self._know(request.urn, request.id)
        inputs, state = from_struct(request.old_inputs), from_struct(request.properties)
        self._do(
            context, request.urn, False, lambda ctx: kind.delete(ctx, request.id, inputs, state)
        )
        return empty_pb2.Empty()

    def Invoke(self, request: Any, context: Any) -> Any:
        function = self._functions.get(request.tok)
        if function is None:
            _abort(context, f"the function {request.tok} is not served by this plugin")
        arguments = from_struct(request.args)
        answer = self._do(context, "", False, lambda ctx: function(ctx, arguments))
        return provider_pb2.InvokeResponse(**{"return": to_struct(answer)})

    # --- surroundings of a call ---------------------------------------------------------------

    def _kind(self, urn: str, context: Any) -> ResourceKind:
        token = urn.split("::")[2].rsplit("$", 1)[-1]
        kind = self._kinds.get(token)
        if kind is None:
            known = ", ".join(sorted(name.rsplit(":", 1)[-1] for name in self._kinds))
            _abort(context, f"the resource type {token} is not served by this plugin ({known} are)")
        return kind

    def _know(self, urn: str, identity: str) -> None:
        with self._lock:
            self._known.setdefault(urn, set()).add(identity)

    def _context(self, urn: str, preview: bool) -> Context:
        with self._lock:
            known = frozenset(self._known.get(urn, ()))
        return Context(
            urn=urn,
            preview=preview,
            config=self._config,
            run=self._run,
            known_ids=known,
            shared=self._shared,
            engine_of=self._connected,
            cancelled=self._cancel.is_set,
            log=lambda severity, message: self._say(urn, severity, message, ephemeral=False),
            status=lambda message: self._say(urn, "info", message, ephemeral=True),
        )

    def _connected(self) -> engines.Engine:
        """One connection for the whole run; after a failure every later call fails at once."""
        with self._lock:
            if self._docker_error is not None:
                raise self._docker_error
            if self._docker is None:
                try:
                    self._docker = engines.connect(self._config)
                except Exception as error:
                    self._docker_error = error
                    raise
            return self._docker

    def _do(self, context: Any, urn: str, preview: bool, work: Callable[[Context], Any]) -> Any:
        """The work's result, or the call aborted with a message for the user."""
        ctx = self._context(urn, preview)
        future: Future[Any] = Future()

        def run() -> None:
            try:
                future.set_result(work(ctx))
            except BaseException as error:
                future.set_exception(error)

        if self._cancel.is_set():
            _abort(context, "cancelled")
        threading.Thread(target=run, daemon=True).start()
        patience = CANCEL_GRACE_SECONDS
        while not wait([future], timeout=_CANCEL_POLL_SECONDS).done:
            if self._cancel.is_set():
                patience -= _CANCEL_POLL_SECONDS
                if patience <= 0:
                    _abort(context, "cancelled; the engine's answer was not waited for any longer")
        try:
            return future.result(timeout=0)
        except TimeoutError:
            _abort(context, "cancelled")
        except Exception as error:
            if os.environ.get("CAUSEWAY_DEBUG"):
                self._say(urn, "error", traceback.format_exc(), ephemeral=False)
            _abort(context, explain(error, self._host()))

    def _host(self) -> str:
        try:
            return engines.address(self._config)
        except Fault:
            return "the configured context"

    def _note(self, urn: str, message: str) -> None:
        """A remark on a planned change, once for each resource and run."""
        if (urn, message) not in self._notes:
            self._notes.add((urn, message))
            self._say(urn, "info", message, ephemeral=False)

    def _say(self, urn: str, severity: str, message: str, *, ephemeral: bool) -> None:
        try:
            self._pulumi.Log(
                engine_pb2.LogRequest(
                    severity=_SEVERITIES[severity], message=message, urn=urn, ephemeral=ephemeral
                ),
                timeout=5,
            )
        except grpc.RpcError:
            # A lost progress line must not fail the work that it reports on.
            return


def _decode_config(args: Values) -> Values:
    """Provider inputs; nested ones (registryAuth, sshOpts) arrive as JSON text."""
    decoded = {}
    for key, value in args.items():
        if isinstance(value, str) and value[:1] in ("[", "{"):
            value = json.loads(value)
        decoded[key] = None if value is UNKNOWN else value
    return decoded


def _failures(failures: list[Failure]) -> list[Any]:
    return [provider_pb2.CheckFailure(property=f.path, reason=f.reason) for f in failures]


def _abort(context: Any, message: str) -> NoReturn:
    context.abort(grpc.StatusCode.UNKNOWN, message)
    raise AssertionError("abort returned")
