"""Inputs of a container that pulumi_docker lacks and that labels carry, as JSON.

Other plugins take them for plain labels. `causeway.create-bind-sources` lists the targets of bind
mounts whose missing source the engine creates; `causeway.expose` lists ports (`80`, `53/udp`).
These two matter at a container's creation only, so a new value waits for the next replacement.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from causeway.contract import (
    ANNOTATIONS_LABEL,
    CREATE_SOURCES_LABEL,
    DEVICE_CGROUP_RULES_LABEL,
    EXPOSE_LABEL,
    OOM_KILL_LABEL,
    OOM_SCORE_LABEL,
    PIDS_LIMIT_LABEL,
    SWAPPINESS_LABEL,
    UTS_LABEL,
)
from causeway.provider.inputs.plain import objects
from causeway.provider.resource.values import Failure, Values

from .endpoints import needs
from .values import Body

ANNOTATIONS_API = (1, 43)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _is_mapping(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(each, str) for each in value.values())


@dataclass(frozen=True, slots=True)
class LabelInput:
    """A label, the key of `HostConfig` that it sets (None: see `write`), and what it may hold."""

    label: str
    key: str | None
    fits: Callable[[Any], bool]
    form: str


LABEL_INPUTS = (
    LabelInput(ANNOTATIONS_LABEL, "Annotations", _is_mapping, "a JSON object of texts"),
    LabelInput(CREATE_SOURCES_LABEL, None, _is_list, "a JSON list of mount targets"),
    LabelInput(DEVICE_CGROUP_RULES_LABEL, "DeviceCgroupRules", _is_list, "a JSON list of rules"),
    LabelInput(EXPOSE_LABEL, None, _is_list, "a JSON list of ports"),
    LabelInput(OOM_KILL_LABEL, "OomKillDisable", lambda value: value is True, "`true`"),
    LabelInput(OOM_SCORE_LABEL, "OomScoreAdj", _is_whole, "a whole number"),
    LabelInput(PIDS_LIMIT_LABEL, "PidsLimit", _is_whole, "a whole number"),
    LabelInput(SWAPPINESS_LABEL, "MemorySwappiness", _is_whole, "a whole number"),
    LabelInput(UTS_LABEL, "UTSMode", _is_text, "a JSON text"),
)
_BY_LABEL = {each.label: each for each in LABEL_INPUTS}
_INVALID = object()


def failures(inputs: Values, api: tuple[int, int]) -> Iterable[Failure]:
    """Labels whose value does not have its form, or that the engine is too old for."""
    for index, item in objects(inputs, "labels"):
        known, value = _BY_LABEL.get(str(item.get("label"))), item.get("value")
        if known is None or not isinstance(value, str):
            continue
        path = f"labels[{index}].value"
        if not known.fits(_parsed(value)):
            yield Failure(path, f"{value!r} is not {known.form}, which {known.label} needs")
        elif known.label == ANNOTATIONS_LABEL and api < ANNOTATIONS_API:
            yield Failure(path, f"annotations: {needs('Docker 24', ANNOTATIONS_API, api)}")


def created_sources(inputs: Values) -> frozenset[str]:
    """The targets of bind mounts whose missing source the engine creates."""
    for _, item in objects(inputs, "labels"):
        if item.get("label") == CREATE_SOURCES_LABEL and isinstance(item.get("value"), str):
            given = _parsed(item["value"])
            return frozenset(given) if _is_list(given) else frozenset()
    return frozenset()


def write(body: Body, inputs: Values) -> None:
    """Put what the labels say into a create body."""
    for _, item in objects(inputs, "labels"):
        known, value = _BY_LABEL.get(str(item.get("label"))), item.get("value")
        if known is None or not isinstance(value, str):
            continue
        given = _parsed(value)
        if known.key is not None:
            body["HostConfig"][known.key] = given
        elif known.label == EXPOSE_LABEL:
            ports: Body = {port: {} for each in given for port in _ports(each)}
            body["ExposedPorts"] = {**ports, **body.get("ExposedPorts", {})}
        else:
            _bind(body["HostConfig"], given)


def _parsed(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return _INVALID


def _ports(written: str) -> list[str]:
    """`80`, `80-82` and `53/udp` in the engine's form."""
    span, _, protocol = written.partition("/")
    first, _, last = span.partition("-")
    return [f"{port}/{protocol or 'tcp'}" for port in range(int(first), int(last or first) + 1)]


def _bind(host: Body, targets: list[str]) -> None:
    """Turn these mounts into binds, whose missing source every engine creates."""
    mounts, binds = [], []
    for mount in host.get("Mounts") or []:
        source = str(mount.get("Source") or "")
        if mount["Type"] != "bind" or mount["Target"] not in targets or ":" in source:
            mounts.append(mount)  # a bind cannot have a colon in its source
            continue
        propagation = (mount.get("BindOptions") or {}).get("Propagation")
        flags = ["ro" if mount.get("ReadOnly") else "rw", *([propagation] if propagation else [])]
        binds.append(f"{source}:{mount['Target']}:{','.join(flags)}")
    if binds:
        host["Mounts"] = mounts
        host["Binds"] = [*(host.get("Binds") or []), *binds]
