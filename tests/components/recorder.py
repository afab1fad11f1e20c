"""Runs a program against Pulumi's mocks and records every registration with all its options."""

from __future__ import annotations

import asyncio
import atexit
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pulumi
from google.protobuf.json_format import MessageToDict  # type: ignore[import-untyped] # no types
from pulumi.runtime.mocks import MockCallArgs, MockMonitor, MockResourceArgs, Mocks

from causeway.model.values import Stack as StackValue
from components.labels import Owner
from components.stack import Stack, StackArgs

SIGNATURE = "4dabf18193072939515e22adb298388d"
# Pulumi asks for the current loop; Python makes one by itself up to 3.11 only. Its root resource
# lives as long as the process, and so does the loop.
LOOP = asyncio.new_event_loop()
atexit.register(LOOP.close)
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


@dataclass(frozen=True)
class Secret:
    """An input that Pulumi encrypts."""

    value: Any


@dataclass(frozen=True)
class Registration:
    """`type` without its package, `parent` and `dependencies` as "type name"."""

    type: str
    name: str
    parent: str
    inputs: dict[str, Any]
    dependencies: tuple[str, ...]
    options: dict[str, Any]

    @property
    def label(self) -> str:
        return f"{self.type} {self.name}"


@dataclass
class Recording:
    registrations: list[Registration]
    invokes: list[tuple[str, dict[str, Any]]]
    result: Any = None
    # What components register at their end, and the stack exports, by label.
    outputs: dict[str, dict[str, Any]] = field(default_factory=dict)

    def labels(self) -> list[str]:
        return sorted(registration.label for registration in self.registrations)

    def __getitem__(self, label: str) -> Registration:
        found = [each for each in self.registrations if each.label == label]
        assert len(found) == 1, f"{label}: {len(found)} of {self.labels()}"
        return found[0]


class _Outputs(Mocks):
    """Ids and outputs that look like Docker's, made of the logical name."""

    def __init__(
        self, exit_code: int, state: dict[str, Any], engine: dict[str, Any] | None
    ) -> None:
        self.exit_code = exit_code
        self.engine = engine
        self.invokes: list[tuple[str, dict[str, Any]]] = []
        self.state = state

    def call(self, args: MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        if args.token == "pulumi:pulumi:readStackResourceOutputs":
            return {"name": args.args["stackName"], "outputs": self.state}, []
        self.invokes.append((args.token, args.args))
        if args.token == "docker:index/getEngine:getEngine":
            # Pulumi passes a plugin's refusal on as a failure of the call.
            return (self.engine or {}), ([] if self.engine is not None else [("", "unknown")])
        name = args.args["name"]
        return {
            "id": f"{name}-id",
            "name": name,
            "containers": [],
            "driver": "bridge",
            "internal": False,
            "ipamConfigs": [],
            "options": {},
            "scope": "local",
        }, []

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        outputs: dict[str, Any] = dict(args.inputs)
        kind = args.typ.rsplit(":", 1)[-1]
        outputs.setdefault("name", args.name)
        if kind == "Image":
            outputs["repoDigest"] = f"sha256:{args.name}"
        if kind == "RemoteImage":
            outputs["imageId"] = f"sha256:{args.name}"
        if kind == "Container":
            outputs["exitCode"] = self.exit_code
            outputs["networkDatas"] = [
                {"networkName": network["name"].removesuffix("-id"), "ipAddress": "172.18.0.2"}
                for network in _decrypted(args.inputs.get("networksAdvanced", []))
            ]
        return f"{args.name}-id", outputs


class _Monitor(MockMonitor):
    def __init__(self, mocks: Mocks) -> None:
        super().__init__(mocks)
        self.recorded: list[Registration] = []
        self.outputs: dict[str, dict[str, Any]] = {}

    def RegisterResource(self, request: Any) -> Any:
        if request.type != "pulumi:pulumi:Stack":
            self.recorded.append(
                Registration(
                    type=_short(request.type),
                    name=request.name,
                    parent=_label(request.parent),
                    inputs=_plain(MessageToDict(request.object)),
                    dependencies=tuple(sorted(_label(urn) for urn in request.dependencies)),
                    options=_options(request),
                )
            )
        return super().RegisterResource(request)  # type: ignore[no-untyped-call]  # Pulumi's

    def RegisterResourceOutputs(self, request: Any) -> Any:
        self.outputs[_label(request.urn)] = _plain(MessageToDict(request.outputs))
        return super().RegisterResourceOutputs(request)  # type: ignore[no-untyped-call]  # Pulumi's


def record(
    program: Callable[[], Any],
    *,
    preview: bool = False,
    exit_code: int = 0,
    stack: str = "dev",
    state: dict[str, Any] | None = None,
    engine: dict[str, Any] | None = None,
) -> Recording:
    """Run `program` as project "shop"; every container is said to end with `exit_code`.

    `state` holds the outputs of the last update: `{urn: {"type": ..., "outputs": ...}}`;
    `engine` is what the plugin tells of the engine, None is one that has no such function.
    """
    asyncio.set_event_loop(LOOP)
    mocks = _Outputs(exit_code, state or {}, engine)
    monitor = _Monitor(mocks)
    pulumi.runtime.set_mocks(mocks, "shop", stack, preview, monitor=monitor)
    results: list[Any] = []

    def run() -> None:
        results.append(program())

    pulumi.runtime.test(run)()  # type: ignore[no-untyped-call]  # Pulumi's
    return Recording(monitor.recorded, mocks.invokes, results[0], monitor.outputs)


def declare(stack: StackValue, *, secrets: tuple[str, ...] = (), **options: Any) -> Recording:
    """Record the resources of a model."""
    return record(
        lambda: Stack(stack.name, StackArgs(stack, Owner("shop", "dev"), secrets)),
        **options,
    )


def _short(type_: str) -> str:
    return type_.rsplit(":", 1)[-1]


def _label(urn: str) -> str:
    if not urn:
        return ""
    _, _, type_, name = urn.removeprefix("urn:pulumi:").split("::", 3)
    return f"{_short(type_)} {name}"


def _options(request: Any) -> dict[str, Any]:
    """The options that are set, beyond parent and dependencies."""
    found = {
        "protect": request.protect,
        "deleteBeforeReplace": request.deleteBeforeReplace
        if request.deleteBeforeReplaceDefined
        else None,
        "replaceOnChanges": list(request.replaceOnChanges),
        "additionalSecretOutputs": sorted(request.additionalSecretOutputs),
        "ignoreChanges": list(request.ignoreChanges),
        "retainOnDelete": request.retainOnDelete,
        "aliases": [alias.urn or alias.spec.name for alias in request.aliases],
        "provider": request.provider,
    }
    return {key: value for key, value in found.items() if value not in (None, False, "", [])}


def _decrypted(value: Any) -> Any:
    """The value as a plugin gets it."""
    if isinstance(value, dict):
        if SIGNATURE in value:
            return _decrypted(value["value"])
        return {key: _decrypted(item) for key, item in value.items()}
    return [_decrypted(item) for item in value] if isinstance(value, list) else value


def _plain(value: Any) -> Any:
    """Protobuf's JSON form as values: whole floats as integers, secrets as Secret."""
    if isinstance(value, dict):
        if SIGNATURE in value:
            return Secret(_plain(value["value"]))
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return "(unknown)" if value == UNKNOWN else value
