"""Converts a container's inputs to an Engine API create body, and an inspected container to inputs.

Pure functions; the table in `container_fields` lists the inputs and their API paths.
"""

from __future__ import annotations

from typing import Any

from causeway.provider.resource.values import Values

from . import label_inputs
from .endpoints import (
    ALL_AT_CREATE_API,
    ENDPOINT_MAC_API,
    Entry,
    in_order_of_creation,
    network_datas,
    read_back,
    to_settings,
)
from .fields import FIELDS
from .values import Body, capability

# networkMode values that are not networks: a container with one cannot join any network.
_EXCLUSIVE_MODES = ("host", "none")


# The SDK documents that `cpus` overrides them; the engine rejects both together.
QUOTAS = ("cpuPeriod", "cpuQuota")


def is_exclusive(mode: Any) -> bool:
    """Whether this networkMode excludes networksAdvanced."""
    return isinstance(mode, str) and (mode in _EXCLUSIVE_MODES or mode.startswith("container:"))


def attachments(inputs: Values) -> list[Entry]:
    """The networks that a container joins: the declared ones, or else the default bridge."""
    declared: list[Entry] = inputs.get("networksAdvanced") or []
    if declared:
        return declared
    mode = inputs.get("networkMode") or "bridge"
    if is_exclusive(mode):
        return []
    return [{"name": "bridge" if mode == "default" else mode}]


def to_body(inputs: Values, api: tuple[int, int]) -> Body:
    """The body of POST /containers/create for an engine with API version `api`."""
    body: Body = {"HostConfig": {}}
    for field in FIELDS:
        value = inputs.get(field.name)
        if value is not None and not (field.name in QUOTAS and inputs.get("cpus")):
            field.write(body, value)
    host = body["HostConfig"]
    capabilities = inputs.get("capabilities") or {}
    for key, api_key in (("adds", "CapAdd"), ("drops", "CapDrop")):
        if capabilities.get(key):
            host[api_key] = [capability(name) for name in capabilities[key]]
    if inputs.get("ports"):
        body["ExposedPorts"] = {key: {} for key in host["PortBindings"]}
    for volume in inputs.get("volumes") or []:
        if volume.get("fromContainer"):
            mode = ":ro" if volume.get("readOnly") else ""
            host.setdefault("VolumesFrom", []).append(volume["fromContainer"] + mode)
        elif not (volume.get("hostPath") or volume.get("volumeName")):
            body.setdefault("Volumes", {})[volume["containerPath"]] = {}
    label_inputs.write(body, inputs)
    if inputs.get("stdinOpen"):
        body["AttachStdin"] = True
    host["RestartPolicy"] = {"Name": "no", **host.get("RestartPolicy", {})}
    _place(body, inputs, api)
    return body


def _place(body: Body, inputs: Values, api: tuple[int, int]) -> None:
    """Add the first network to the body, or all of them where the API accepts several."""
    declared = in_order_of_creation(inputs.get("networksAdvanced") or [], api)
    if not declared:
        body["HostConfig"].setdefault("NetworkMode", "bridge")
        return
    first = declared[0]
    # From Docker 26 on, a container whose mode names a replaced network joins no other network and
    # does not start again. "bridge" always exists, and the container does not join it here.
    any_network = api >= ALL_AT_CREATE_API and not is_exclusive(first["name"])
    body["HostConfig"]["NetworkMode"] = "bridge" if any_network else first["name"]
    at_once = declared if api >= ALL_AT_CREATE_API else declared[:1]
    body["NetworkingConfig"] = {
        "EndpointsConfig": {entry["name"]: to_settings(entry) for entry in at_once}
    }
    if first.get("macAddress") and api < ENDPOINT_MAC_API:
        body["MacAddress"] = first["macAddress"]


def placed_later(inputs: Values, api: tuple[int, int]) -> list[Entry]:
    """The declared networks that the create body does not contain."""
    declared = in_order_of_creation(inputs.get("networksAdvanced") or [], api)
    return [] if api >= ALL_AT_CREATE_API else declared[1:]


def is_running(found: Body) -> bool:
    """Whether it runs and is not paused; a container between two restarts counts as running."""
    state = found["State"]
    return bool(state.get("Running") or state.get("Restarting")) and not state.get("Paused")


def own_names(found: Body) -> frozenset[str]:
    """The names that a container has on its networks by default."""
    return frozenset({found["Id"][:12], found["Config"].get("Hostname") or ""})


def must_run(inputs: Values) -> bool:
    """Whether these inputs keep the container running."""
    kept = inputs.get("mustRun", True) and inputs.get("start", True)
    return bool(kept) and not inputs.get("attach")


# Inputs whose value can change on an existing container, manually or by the engine.
_MUTABLE = (
    "restart", "maxRetryCount", "memory", "memoryReservation", "memorySwap", "cpus", "cpuShares",
    "cpuSet", "cpuPeriod", "cpuQuota",
)  # fmt: skip


def read_inputs(declared: Values, found: Body) -> Values:
    """The declared inputs, with every value that can change replaced by the one in effect."""
    inputs = dict(declared)
    for field in FIELDS:
        if field.name not in _MUTABLE:
            continue
        actual = field.read(found)
        if not declared.get(field.name):
            actual = _undefault(field.name, actual, found)
        wanted = declared.get(field.name, field.default)
        if wanted in (0, ""):
            wanted = field.default
        normal = [None if v is None else field.normal(v) for v in (actual, wanted)]
        if normal[0] != normal[1] and not (actual is None and wanted == field.default):
            if actual is None:
                inputs.pop(field.name, None)
            else:
                inputs[field.name] = actual
    if declared.get("name") and declared["name"] != found["Name"].removeprefix("/"):
        inputs["name"] = found["Name"].removeprefix("/")
    wanted_networks = attachments(declared)
    networks = found["NetworkSettings"].get("Networks") or {}
    if wanted_networks:
        entries = read_back(wanted_networks, networks, own_names(found))
        if entries != wanted_networks:
            # "none" means on no network at all. An empty list would mean the default network.
            inputs["networksAdvanced"] = entries or [{"name": "none"}]
    if must_run(declared) and not is_running(found):
        inputs["mustRun"] = False
    return inputs


def _undefault(name: str, value: Any, found: Body) -> Any:
    """The value, or None where the engine set it by default."""
    host = found["HostConfig"]
    if name == "restart" and value in ("no", ""):
        return None
    if name == "memorySwap" and host.get("MemorySwap") in (-1, 2 * (host.get("Memory") or 0)):
        return None
    return value


# The engine's defaults, which an import does not need to declare.
_ENGINE_DEFAULTS: dict[str, tuple[Any, ...]] = {
    "restart": ("no",),
    "logDriver": ("json-file",),
    "shmSize": (64,),
    "ipcMode": ("private", "shareable"),
    "cgroupnsMode": ("host", "private"),
    "runtime": ("runc",),
    "networkMode": ("default", "bridge"),
}
_FROM_IMAGE = {
    "command": "Cmd",
    "entrypoints": "Entrypoint",
    "workingDir": "WorkingDir",
    "user": "User",
    "stopSignal": "StopSignal",
    "healthcheck": "Healthcheck",
}


def import_inputs(found: Body, image: Body) -> Values:
    """The inputs of an imported container, without the image's values and the engine's defaults."""
    inputs: Values = {"name": found["Name"].removeprefix("/"), "image": found["Image"]}
    config, own = found["Config"], image.get("Config") or {}
    for field in FIELDS:
        if field.path is None or field.name in inputs or field.name == "gpus":
            continue
        key = _FROM_IMAGE.get(field.name)
        if key and config.get(key) == own.get(key):
            continue
        value = _undefault(field.name, field.read(found), found)
        if value is None or value in _ENGINE_DEFAULTS.get(field.name, ()):
            continue
        inputs[field.name] = value
    _subtract_image(inputs, found, own)
    host = found["HostConfig"]
    if host.get("VolumesFrom"):
        inputs["volumes"] = [*inputs.get("volumes", []), *map(_from_container, host["VolumesFrom"])]
    capabilities = {k: host.get(a) for k, a in (("adds", "CapAdd"), ("drops", "CapDrop"))}
    if any(capabilities.values()):
        inputs["capabilities"] = {
            key: sorted(capability(name) for name in names)
            for key, names in capabilities.items()
            if names
        }
    if inputs.get("hostname") == found["Id"][:12]:
        del inputs["hostname"]
    networks = found["NetworkSettings"].get("Networks") or {}
    entries = read_back([], networks, own_names(found))
    if not is_exclusive(inputs.get("networkMode")):
        inputs.pop("networkMode", None)
        if [entry["name"] for entry in entries] != ["bridge"]:
            inputs["networksAdvanced"] = entries
    if not is_running(found):
        inputs["mustRun"] = False
    return inputs


def _from_container(written: str) -> Values:
    name, _, mode = written.partition(":")
    return {"fromContainer": name, **({"readOnly": True} if mode == "ro" else {})}


def _subtract_image(inputs: Values, found: Body, own: Body) -> None:
    """Remove the environment variables and labels that come from the image."""
    envs = [line for line in inputs.get("envs") or [] if line not in (own.get("Env") or [])]
    labels = [
        item
        for item in inputs.get("labels") or []
        if (own.get("Labels") or {}).get(item["label"]) != item["value"]
    ]
    for key, value in (("envs", envs), ("labels", labels)):
        if value:
            inputs[key] = value
        else:
            inputs.pop(key, None)


# Outputs that the engine sets when the program does not.
_COMPUTED = (
    "hostname", "command", "entrypoints", "ipcMode", "logDriver", "runtime", "securityOpts",
    "shmSize", "stopSignal", "cgroupnsMode", "init",
)  # fmt: skip
OUTPUTS_ONLY = ("bridge", "containerLogs", "exitCode", "networkDatas")


def to_state(inputs: Values, found: Body, *, logs: str | None = None) -> Values:
    """The outputs that the SDK declares for a container."""
    state = with_defaults(inputs)
    for field in FIELDS:
        if field.name in _COMPUTED and state.get(field.name) is None:
            state[field.name] = field.read(found)
    networks = found["NetworkSettings"].get("Networks") or {}
    state["name"] = found["Name"].removeprefix("/")
    state["bridge"] = found["NetworkSettings"].get("Bridge") or ""
    state["exitCode"] = None if is_running(found) else found["State"].get("ExitCode")
    state["networkDatas"] = network_datas(networks)
    if logs is not None:
        state["containerLogs"] = logs
    return state


def with_defaults(inputs: Values) -> Values:
    """The inputs with the SDK's documented defaults filled in."""
    defaults = {field.name: field.default for field in FIELDS if field.default is not None}
    return {**defaults, **inputs}
