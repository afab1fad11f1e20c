"""Checks a container's inputs without asking the engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from causeway.provider.inputs.durations import to_nanoseconds
from causeway.provider.inputs.plain import UNKNOWN, objects
from causeway.provider.inputs.table import refusals
from causeway.provider.resource.values import Failure, Values

from . import label_inputs
from .body import is_exclusive
from .endpoints import needs, unsupported
from .fields import INPUTS
from .reload import failures as _control

Rule = Callable[[Values], Iterable[Failure]]

_RESTART = ("no", "on-failure", "always", "unless-stopped")
_PROTOCOLS = ("tcp", "udp", "sctp")
_MOUNT_TYPES = ("bind", "volume", "tmpfs", "npipe", "cluster")


def check(inputs: Values, api: tuple[int, int]) -> list[Failure]:
    """The problems from all rules, for an engine with API version `api`, sorted by path."""
    failures = [failure for rule in _RULES for failure in rule(inputs)]
    failures += label_inputs.failures(inputs, api)
    failures += unsupported(objects(inputs, "networksAdvanced"), api)
    failures += _too_new(inputs, api)
    return sorted(failures, key=lambda failure: failure.path)


def _unknown_inputs(inputs: Values) -> Iterable[Failure]:
    return refusals(inputs, INPUTS)


def _too_new(inputs: Values, api: tuple[int, int]) -> Iterable[Failure]:
    """Inputs that an older engine would silently ignore."""
    health = inputs.get("healthcheck")
    if isinstance(health, dict) and health.get("startInterval") and api < (1, 44):
        yield Failure("healthcheck.startInterval", needs("Docker 25", (1, 44), api))
    for index, mount in objects(inputs, "mounts"):
        options = mount.get("volumeOptions")
        if isinstance(options, dict) and options.get("subpath") and api < (1, 45):
            path = f"mounts[{index}].volumeOptions.subpath"
            yield Failure(path, needs("Docker 26", (1, 45), api))
    for index, request in objects(inputs, "deviceRequests"):
        if request.get("driver") == "cdi" and api < (1, 44):
            yield Failure(f"deviceRequests[{index}].driver", needs("Docker 25", (1, 44), api))


def _image(inputs: Values) -> Iterable[Failure]:
    if not inputs.get("image"):
        yield Failure("image", "required: the id or name of an image")


def _networks(inputs: Values) -> Iterable[Failure]:
    mode = inputs.get("networkMode")
    if inputs.get("networksAdvanced") and is_exclusive(mode):
        yield Failure("networksAdvanced", f"cannot be combined with networkMode {mode!r}")
    seen: set[str] = set()
    for index, entry in objects(inputs, "networksAdvanced"):
        name = entry.get("name")
        if not name:
            yield Failure(f"networksAdvanced[{index}].name", "required: a network's name or id")
        elif isinstance(name, str):
            if name in seen:
                yield Failure(f"networksAdvanced[{index}].name", f"{name!r} is listed twice")
            seen.add(name)
        for option in entry.get("driverOpts") or []:
            if isinstance(option, str) and "=" not in option:
                yield Failure(
                    f"networksAdvanced[{index}].driverOpts",
                    f"{option!r} does not have the form key=value",
                )


def _restart(inputs: Values) -> Iterable[Failure]:
    restart = inputs.get("restart")
    if restart not in (None, UNKNOWN, *_RESTART):
        yield Failure("restart", f"{restart!r} is not one of {', '.join(_RESTART)}")
    if inputs.get("rm") is True and restart not in (None, UNKNOWN, "no"):
        yield Failure("rm", "cannot be combined with a restart policy")


def _ports(inputs: Values) -> Iterable[Failure]:
    for index, port in objects(inputs, "ports"):
        for key in ("internal", "external"):
            number = port.get(key)
            if isinstance(number, int) and not 0 <= number <= 65535:
                yield Failure(f"ports[{index}].{key}", f"{number} is not a port number")
        if port.get("protocol") not in (None, UNKNOWN, *_PROTOCOLS):
            yield Failure(
                f"ports[{index}].protocol",
                f"{port['protocol']!r} is not one of {', '.join(_PROTOCOLS)}",
            )


def _health(inputs: Values) -> Iterable[Failure]:
    health = inputs.get("healthcheck")
    if not isinstance(health, dict):
        return
    tests = health.get("tests")
    # No test at all means that of the image.
    if isinstance(tests, list) and tests and tests[0] not in ("CMD", "CMD-SHELL", "NONE", UNKNOWN):
        yield Failure("healthcheck.tests", "must begin with CMD, CMD-SHELL or NONE")
    for key in ("interval", "timeout", "startPeriod", "startInterval"):
        text = health.get(key)
        if isinstance(text, str) and text:
            try:
                to_nanoseconds(text)
            except ValueError as error:
                yield Failure(f"healthcheck.{key}", str(error))


def _uploads(inputs: Values) -> Iterable[Failure]:
    for index, upload in objects(inputs, "uploads"):
        given = [k for k in ("content", "contentBase64", "source") if upload.get(k) is not None]
        if len(given) != 1:
            yield Failure(
                f"uploads[{index}]", "set exactly one of content, contentBase64 and source"
            )
        mode = upload.get("permissions")
        if isinstance(mode, str) and (not mode or set(mode) - set("01234567")):
            yield Failure(f"uploads[{index}].permissions", f"{mode!r} is not an octal file mode")


def _storage(inputs: Values) -> Iterable[Failure]:
    for index, volume in objects(inputs, "volumes"):
        if not volume.get("fromContainer") and not volume.get("containerPath"):
            yield Failure(f"volumes[{index}]", "set containerPath or fromContainer")
        named = any(volume.get(key) for key in ("fromContainer", "hostPath", "volumeName"))
        if volume.get("readOnly") and not named:
            yield Failure(
                f"volumes[{index}].readOnly", "has no use on an anonymous volume, which is empty"
            )
    for index, mount in objects(inputs, "mounts"):
        if mount.get("type") not in (UNKNOWN, *_MOUNT_TYPES):
            yield Failure(
                f"mounts[{index}].type",
                f"{mount.get('type')!r} is not one of {', '.join(_MOUNT_TYPES)}",
            )


def _limits(inputs: Values) -> Iterable[Failure]:
    cpus: Any = inputs.get("cpus")
    if isinstance(cpus, str) and not _is_number(cpus):
        yield Failure("cpus", f"{cpus!r} is not a number of CPUs such as 1.5")
    if inputs.get("gpus") and inputs.get("deviceRequests"):
        yield Failure("gpus", "cannot be combined with deviceRequests")
    if inputs.get("logs") and inputs.get("rm"):
        yield Failure("logs", "cannot be combined with rm, which removes the logs as well")
    if inputs.get("logs") is True and not inputs.get("attach"):
        yield Failure("logs", "requires attach, because the logs are read when the container exits")


def _is_number(text: str) -> bool:
    try:
        return float(text) >= 0
    except ValueError:
        return False


_RULES: tuple[Rule, ...] = (
    _unknown_inputs, _image, _networks, _restart, _ports, _health, _uploads, _storage, _limits,
    _control,
)  # fmt: skip
