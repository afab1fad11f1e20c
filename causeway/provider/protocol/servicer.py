"""Pulumi's provider protocol, served by the resource kinds: gRPC outside, plain values inside."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from google.protobuf import empty_pb2  # type: ignore[import-untyped] # it brings no types
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from causeway.engine.faults import visible
from causeway.provider.inputs.plain import (
    UNKNOWN,
    from_struct,
    has_unknown,
    to_struct,
    without_secret_marks,
)
from causeway.provider.resource.engine_identity import OtherEngine, require_swarm
from causeway.provider.resource.kind import Context, ResourceKind
from causeway.provider.resource.source_lines import located
from causeway.provider.resource.values import Diff, Failure, Values
from causeway.provider.resource_types import Function

from .session import Session, abort

# The settings that locate the engine.
ENGINE_KEYS = (
    "version",
    "host",
    "context",
    "certPath",
    "caMaterial",
    "certMaterial",
    "keyMaterial",
)


class Servicer(provider_pb2_grpc.ResourceProviderServicer):
    """Serves `kinds` and `functions` to one Pulumi engine."""

    def __init__(
        self,
        pulumi_engine: str,
        package: str,
        version: str,
        kinds: Mapping[str, ResourceKind],
        functions: Mapping[str, Function],
    ) -> None:
        self._package = package
        self._version = version
        self._kinds = kinds
        self._functions = functions
        self._session = Session(pulumi_engine)

    @property
    def is_busy(self) -> bool:
        """Whether a call is running."""
        return self._session.is_busy

    def end(self) -> None:
        """Close the journal: Pulumi ends this run normally, with all results in its state."""
        self._session.journal.close()

    # --- the protocol's small calls -----------------------------------------------------------

    def Handshake(self, request: Any, context: Any) -> Any:
        return provider_pb2.ProviderHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return plugin_pb2.PluginInfo(version=self._version)

    def GetSchema(self, request: Any, context: Any) -> Any:
        if self._package != "docker":
            return provider_pb2.GetSchemaResponse(schema=json.dumps({"name": self._package}))
        command = [sys.executable, "-m", f"{__package__}.schema", *self._kinds]
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if done.returncode:
            abort(context, f"the package's schema cannot be read: {done.stderr.strip()}")
        return provider_pb2.GetSchemaResponse(schema=done.stdout)

    def Attach(self, request: Any, context: Any) -> Any:
        return empty_pb2.Empty()

    def Cancel(self, request: Any, context: Any) -> Any:
        self._session.cancel()
        return empty_pb2.Empty()

    def CheckConfig(self, request: Any, context: Any) -> Any:
        # Pulumi passes all `causeway:` settings of the stack; the others belong to the program.
        known = {
            key: value
            for key, value in from_struct(request.news).items()
            if self._package == "docker" or key in ENGINE_KEYS
        }
        try:
            ids = self._session.identify(_decode_config(known), from_struct(request.olds))
        except OtherEngine as fault:
            return provider_pb2.CheckResponse(
                failures=[provider_pb2.CheckFailure(property="host", reason=visible(str(fault)))]
            )
        return provider_pb2.CheckResponse(inputs=to_struct({**known, **ids}))

    def DiffConfig(self, request: Any, context: Any) -> Any:
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)

    def Configure(self, request: Any, context: Any) -> Any:
        config = _decode_config(from_struct(request.args))
        self._session.configure(config, request.id, request.urn)
        return provider_pb2.ConfigureResponse(supportsPreview=True)

    # --- resources ----------------------------------------------------------------------------

    def Check(self, request: Any, context: Any) -> Any:
        kind = self._kind(request.urn, context)
        old = from_struct(request.olds) if request.HasField("olds") else None

        def work(ctx: Context) -> tuple[Values, list[Failure]]:
            # A preview of new objects asks the engine nothing else: without this, it would succeed
            # even when no engine can create them.
            ctx.api  # noqa: B018 - connects
            return kind.check(ctx, ctx.name, old, from_struct(request.news), request.randomSeed)

        inputs, failures = self._session.do(context, request.urn, True, work)
        return provider_pb2.CheckResponse(
            inputs=to_struct(inputs), failures=_failures(request.urn, failures)
        )

    def Diff(self, request: Any, context: Any) -> Any:
        kind = self._kind(request.urn, context)
        old_inputs = from_struct(request.old_inputs)
        self._session.set_current(request.urn, request.id, old_inputs)
        # Mostly nothing has changed; comparing the messages is faster than comparing their values.
        new = dict(old_inputs) if request.news == request.old_inputs else from_struct(request.news)
        for name in {path.split(".")[0].split("[")[0] for path in request.ignoreChanges}:
            new.pop(name, None)
            if name in old_inputs:
                new[name] = old_inputs[name]
        state = from_struct(request.olds)

        def work(ctx: Context) -> Diff:
            diff = kind.diff(ctx, request.id, old_inputs, state, new)
            if (why := kind.missing_reason(ctx, request.id, old_inputs, state)) is not None:
                diff.changes["id"] = "replace"
                # The old object is gone: it blocks nothing, unless both have the same id.
                diff.reason = f"replaced because {why}"
                diff.delete_before_replace = kind.reuses_id
            if not diff.changes and self._session.has_leftover(ctx, request.urn):
                diff.changes["id"] = "update"
                diff.reason = "removes what a killed update left of it"
            return diff

        diff = self._session.do(context, request.urn, True, work)
        if diff.reason:
            self._session.show_once(request.urn, diff.reason)
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

        def work(ctx: Context) -> tuple[str, Values]:
            return kind.create(ctx, ctx.name, inputs)

        if request.preview:
            identity, state = self._session.do(context, request.urn, True, work)
        else:
            identity, state = self._session.change(context, request.urn, work)
            self._session.add_known_id(identity)
            self._session.journal.end(request.urn)
        return provider_pb2.CreateResponse(id=identity, properties=to_struct(state))

    def Read(self, request: Any, context: Any) -> Any:
        kind = self._kind(request.urn, context)
        self._session.add_known_id(request.id)
        inputs, state = from_struct(request.inputs), from_struct(request.properties)

        def work(ctx: Context) -> tuple[str, Values, Values] | None:
            _require_swarm(ctx, kind, state)
            return kind.read(ctx, request.id, inputs, state)

        found = self._session.do(context, request.urn, False, work)
        if found is None:
            return provider_pb2.ReadResponse()
        identity, now, wanted = found
        self._session.add_known_id(identity)
        # Most of a refresh finds no change, and can return the message as it came.
        return provider_pb2.ReadResponse(
            id=identity,
            properties=request.properties if now == state else to_struct(now),
            inputs=request.inputs if wanted == inputs else to_struct(wanted),
        )

    def Update(self, request: Any, context: Any) -> Any:
        kind = self._kind(request.urn, context)
        self._session.add_known_id(request.id)
        old, new = from_struct(request.old_inputs), from_struct(request.news)
        state = from_struct(request.olds)
        if request.preview and has_unknown(new):
            follow = [
                out for name, out in kind.unknown_outputs.items() if has_unknown(new.get(name))
            ]
            unknown = {name: UNKNOWN for name in follow}
            return provider_pb2.UpdateResponse(properties=to_struct({**state, **new, **unknown}))

        def work(ctx: Context) -> Values:
            _require_swarm(ctx, kind, state)
            return kind.update(ctx, request.id, old, state, new)

        if request.preview:
            now = self._session.do(context, request.urn, True, work)
        else:
            now = self._session.change(context, request.urn, work)
        return provider_pb2.UpdateResponse(properties=to_struct(now))

    def Delete(self, request: Any, context: Any) -> Any:
        kind = self._kind(request.urn, context)
        self._session.add_known_id(request.id)
        inputs, state = from_struct(request.old_inputs), from_struct(request.properties)

        def work(ctx: Context) -> None:
            _require_swarm(ctx, kind, state)
            kind.delete(ctx, request.id, inputs, state)

        self._session.change(context, request.urn, work)
        return empty_pb2.Empty()

    def Invoke(self, request: Any, context: Any) -> Any:
        function = self._functions.get(request.tok)
        if function is None:
            abort(context, f"this plugin does not support the function {request.tok}")
        arguments = from_struct(request.args)
        answer = self._session.do(context, "", False, lambda ctx: function(ctx, arguments))
        return provider_pb2.InvokeResponse(**{"return": to_struct(answer)})

    def _kind(self, urn: str, context: Any) -> ResourceKind:
        token = urn.split("::")[2].rsplit("$", 1)[-1]
        kind = self._kinds.get(token)
        if kind is None:
            known = ", ".join(sorted(name.rsplit(":", 1)[-1] for name in self._kinds))
            abort(context, f"this plugin does not support the type {token} (known: {known})")
        return kind


def _require_swarm(ctx: Context, kind: ResourceKind, state: Values) -> None:
    if kind.lives_in_swarm(state):
        require_swarm(ctx.api, ctx.config)


def _decode_config(args: Values) -> Values:
    """The provider's inputs; nested ones (registryAuth, sshOpts) arrive as JSON text."""
    decoded = {}
    for key, given in args.items():
        value = without_secret_marks(given)
        if isinstance(value, str) and value[:1] in ("[", "{"):
            value = without_secret_marks(json.loads(value))
        decoded[key] = None if value is UNKNOWN else value
    return decoded


def _failures(urn: str, failures: list[Failure]) -> list[Any]:
    """The failures, with the line and key path of the stack file where these are known."""
    told = provider_pb2.CheckFailure
    return [
        told(reason=visible(text))
        if (text := located(urn, failure))
        else told(property=visible(failure.path), reason=visible(failure.reason))
        for failure in failures
    ]
