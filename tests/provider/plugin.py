"""Drives the plugin as Pulumi does: its own process, its own protocol, no Pulumi CLI around it.

`Plugin.apply` goes the way of one `pulumi up` for one resource: check, diff, then create, update
or replace; it returns what a user would see in the state.
"""

from __future__ import annotations

import atexit
import json
import os
import shutil
import signal
import subprocess
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc  # type: ignore[import-untyped] # it brings no types
from google.protobuf import empty_pb2  # type: ignore[import-untyped] # it brings no types
from pulumi.runtime.proto import engine_pb2_grpc, provider_pb2, provider_pb2_grpc

from causeway.provider.inputs.plain import from_struct, to_struct

ROOT = Path(__file__).resolve().parents[2]
PLUGIN = str(ROOT / "causeway" / "provider" / "pulumi-resource-docker")
NETWORK = "docker:index/network:Network"
CONTAINER = "docker:index/container:Container"
SERVICE = "docker:index/service:Service"
# The identity of the state that plugins of these tests work for, unless a test says otherwise.
IDENTITY = "5f0c3a52-0000-4000-8000-000000000001"
# Journals, and what stands for Pulumi's states.
STATE_HOME = Path(tempfile.mkdtemp(prefix="causeway-plugin-tests-"))
_RECORDING = threading.Lock()
atexit.register(shutil.rmtree, STATE_HOME, ignore_errors=True)


class Refused(Exception):
    """The plugin answered with an error; its message is what a user reads."""


@dataclass
class Deployed:
    """A resource as Pulumi's state would hold it; `steps` is what the last apply did to it."""

    urn: str
    id: str
    inputs: dict[str, Any]
    state: dict[str, Any]
    steps: list[str] = field(default_factory=list)


class _PulumiEngine(engine_pb2_grpc.EngineServicer):
    def __init__(self) -> None:
        self.messages: list[str] = []

    def Log(self, request: Any, context: Any) -> Any:
        if not request.ephemeral:
            self.messages.append(request.message)
        return empty_pb2.Empty()


class RecordedState:
    """What Pulumi's state holds, as `pulumi stack export` prints it; shared by all runs for it."""

    def __init__(self, identity: str) -> None:
        self._file = STATE_HOME / f"{identity}.json"
        self.program = STATE_HOME / f"export-{identity}"
        with _RECORDING:
            if not self._file.exists():
                self._write([{"type": "pulumi:providers:docker", "custom": True, "id": identity}])
                self.program.write_text(f"#!/bin/sh\ncat {self._file}\n")
                self.program.chmod(0o755)

    def add(self, urn: str, identity: str) -> None:
        with _RECORDING:
            entry = {"type": urn.split("::")[2], "custom": True, "urn": urn, "id": identity}
            self._write([*self._resources(), entry])

    def leaves(self, identity: str) -> None:
        """It is replaced, and held until it is deleted."""
        with _RECORDING:
            found = self._resources()
            self._write([{**e, "delete": True} if e["id"] == identity else e for e in found])

    def remove(self, urn: str, identity: str) -> None:
        with _RECORDING:
            found = self._resources()
            self._write([e for e in found if (e.get("urn"), e["id"]) != (urn, identity)])

    def _resources(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self._file.read_text())["deployment"]["resources"]
        return found

    def _write(self, resources: list[dict[str, Any]]) -> None:
        # A plugin may read it at this moment: it is whole or the old one.
        unfinished = self._file.with_suffix(".unfinished")
        unfinished.write_text(json.dumps({"deployment": {"resources": resources}}))
        unfinished.replace(self._file)


class Plugin:
    """One run of the plugin; a new one stands for the next `pulumi up`."""

    def __init__(
        self,
        host: str,
        project: str = "test",
        config: dict[str, Any] | None = None,
        identity: str = IDENTITY,
        **variables: str,
    ) -> None:
        # Seconds for a call to the plugin, which must end before by itself.
        self.patience = 180.0
        self._engine = _PulumiEngine()
        self._server = grpc.server(ThreadPoolExecutor(max_workers=4))
        engine_pb2_grpc.add_EngineServicer_to_server(self._engine, self._server)
        port = self._server.add_insecure_port("127.0.0.1:0")
        self._server.start()
        self.recorded = RecordedState(identity)
        own = {"XDG_STATE_HOME": str(STATE_HOME), "CAUSEWAY_PULUMI": str(self.recorded.program)}
        environment = {**os.environ, **own, "DOCKER_HOST": host, **variables}
        self._process = subprocess.Popen(
            [PLUGIN, f"127.0.0.1:{port}"],
            stdout=subprocess.PIPE,
            env=environment,
            text=True,
        )
        assert self._process.stdout is not None
        number = self._process.stdout.readline().strip()
        assert number.isdigit(), "the plugin did not print a port"
        self._channel = grpc.insecure_channel(f"127.0.0.1:{number}")
        self._stub = provider_pb2_grpc.ResourceProviderStub(self._channel)
        self._project = project
        # Pulumi sends nested provider inputs as JSON text.
        args = {key: json.dumps(value) for key, value in (config or {}).items()}
        urn = f"urn:pulumi:dev::{project}::pulumi:providers:docker::default"
        self._call(
            "Configure",
            provider_pb2.ConfigureRequest(args=to_struct(args), id=identity, urn=urn),
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def messages(self) -> list[str]:
        """What the plugin told the user, without progress lines."""
        return self._engine.messages

    def kill(self) -> None:
        """SIGKILL, as at any moment of a run; calls under way fail."""
        self._process.kill()
        self._process.wait()

    def cancel(self, timeout: float = 180) -> None:
        """What Ctrl-C makes Pulumi send."""
        self._call("Cancel", empty_pb2.Empty(), timeout)

    def close(self) -> None:
        self._channel.close()
        self._server.stop(None)
        self._process.send_signal(signal.SIGINT)  # as Pulumi does at the end of a run
        self._process.wait(timeout=20)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def __enter__(self) -> Plugin:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def urn(self, token: str, name: str) -> str:
        return f"urn:pulumi:dev::{self._project}::{token}::{name}"

    def _call(self, method: str, request: Any, timeout: float | None = None) -> Any:
        try:
            return getattr(self._stub, method)(request, timeout=timeout or self.patience)
        except grpc.RpcError as error:
            raise Refused(error.details()) from None

    def check(self, urn: str, inputs: dict[str, Any], old: dict[str, Any] | None = None) -> Any:
        request = provider_pb2.CheckRequest(urn=urn, news=to_struct(inputs), randomSeed=b"seed")
        if old is not None:
            request.olds.CopyFrom(to_struct(old))
        return self._call("Check", request)

    def failures(self, token: str, inputs: dict[str, Any]) -> list[str]:
        """What check finds wrong, as `path: reason`."""
        answer = self.check(self.urn(token, "x"), inputs)
        return [f"{failure.property}: {failure.reason}" for failure in answer.failures]

    def diff(self, old: Deployed, inputs: dict[str, Any]) -> Any:
        return self._call(
            "Diff",
            provider_pb2.DiffRequest(
                urn=old.urn,
                id=old.id,
                olds=to_struct(old.state),
                old_inputs=to_struct(old.inputs),
                news=to_struct(inputs),
            ),
        )

    def create(
        self,
        token: str,
        name: str,
        inputs: dict[str, Any],
        preview: bool = False,
        record: bool = True,
    ) -> Deployed:
        """Without `record`, Pulumi is killed before it writes down what it was told."""
        urn = self.urn(token, name)
        answer = self.check(urn, inputs)
        if answer.failures:
            raise Refused("; ".join(f"{f.property}: {f.reason}" for f in answer.failures))
        checked = from_struct(answer.inputs)
        made = self._call(
            "Create",
            provider_pb2.CreateRequest(urn=urn, properties=to_struct(checked), preview=preview),
        )
        if made.id and record:
            self.recorded.add(urn, made.id)
        return Deployed(urn, made.id, checked, from_struct(made.properties), ["create"])

    def read(self, old: Deployed) -> Deployed | None:
        """What `pulumi refresh` would leave in the state."""
        answer = self._call(
            "Read",
            provider_pb2.ReadRequest(
                urn=old.urn,
                id=old.id,
                properties=to_struct(old.state),
                inputs=to_struct(old.inputs),
            ),
        )
        if not answer.id:
            self.recorded.remove(old.urn, old.id)
            return None
        return Deployed(
            old.urn, answer.id, from_struct(answer.inputs), from_struct(answer.properties), ["read"]
        )

    def read_existing(self, old: Deployed) -> Deployed:
        """As `read`, of what must be there."""
        found = self.read(old)
        assert found is not None, f"{old.id} does not exist"
        return found

    def read_import(self, token: str, name: str, identity: str) -> Deployed:
        """What `pulumi import` would put into the state."""
        found = self.read_existing(Deployed(self.urn(token, name), identity, {}, {}))
        self.recorded.add(found.urn, found.id)
        return found

    def apply(self, old: Deployed, inputs: dict[str, Any]) -> Deployed:
        """Bring a deployed resource to new inputs, as `pulumi up` does."""
        answer = self.check(old.urn, inputs, old.inputs)
        if answer.failures:
            raise Refused("; ".join(f"{f.property}: {f.reason}" for f in answer.failures))
        checked = from_struct(answer.inputs)
        diff = self.diff(old, checked)
        if diff.changes != provider_pb2.DiffResponse.DIFF_SOME:
            return Deployed(old.urn, old.id, checked, old.state, [])
        if diff.replaces:
            token, name = old.urn.split("::")[2:4]
            if diff.deleteBeforeReplace:
                self.delete(old)
                new = self.create(token, name, inputs)
                return Deployed(new.urn, new.id, new.inputs, new.state, ["delete", "create"])
            new = self.create(token, name, inputs)
            self.delete(old)
            return Deployed(new.urn, new.id, new.inputs, new.state, ["create", "delete"])
        updated = self._call(
            "Update",
            provider_pb2.UpdateRequest(
                urn=old.urn,
                id=old.id,
                olds=to_struct(old.state),
                old_inputs=to_struct(old.inputs),
                news=to_struct(checked),
            ),
        )
        return Deployed(old.urn, old.id, checked, from_struct(updated.properties), ["update"])

    def preview_update(self, old: Deployed, inputs: dict[str, Any]) -> dict[str, Any]:
        """The outputs that a preview of a change in place shows."""
        answer = self._call(
            "Update",
            provider_pb2.UpdateRequest(
                urn=old.urn,
                id=old.id,
                olds=to_struct(old.state),
                old_inputs=to_struct(old.inputs),
                news=to_struct(inputs),
                preview=True,
            ),
        )
        return from_struct(answer.properties)

    def delete(self, old: Deployed) -> None:
        self._call(
            "Delete",
            provider_pb2.DeleteRequest(
                urn=old.urn,
                id=old.id,
                properties=to_struct(old.state),
                old_inputs=to_struct(old.inputs),
            ),
        )
        self.recorded.remove(old.urn, old.id)

    def invoke(self, function: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """The answer of a function such as `getLogs`."""
        token = f"docker:index/{function}:{function}"
        answer = self._call(
            "Invoke", provider_pb2.InvokeRequest(tok=token, args=to_struct(arguments))
        )
        return from_struct(getattr(answer, "return"))
