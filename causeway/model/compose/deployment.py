"""Settings that a service has in two places, at the top level and under `deploy`: replicas,
restarts, resources."""

from __future__ import annotations

from collections.abc import Callable

from causeway.model.document import integer, mapping, pairs, sequence, strings, text
from causeway.model.units import size
from causeway.model.values import DeviceRequest, Resources

ALL_GPUS = (DeviceRequest(count=-1), DeviceRequest(driver="nvidia", count=-1))


def device_requests(keys: object) -> tuple[DeviceRequest, ...]:
    """The device requests of a service: `gpus` and `deploy.resources.reservations.devices`."""
    found = mapping(keys)
    reservations = _deploy(found, "resources", "reservations")
    listed = [*sequence(found.get("gpus")), *sequence(reservations.get("devices"))]
    return tuple(_device_request(each) for each in listed)


def _device_request(value: object) -> DeviceRequest:
    """Without a number and ids, all devices, as in Compose."""
    get = mapping(value).get
    count, ids = integer(get("count")), strings(get("device_ids"))
    return DeviceRequest(
        driver=text(get("driver")),
        count=-1 if count is None and not ids else count,
        ids=ids,
        capabilities=strings(get("capabilities")) or ("gpu",),
        options=pairs(get("options")),
    )


def _deploy(keys: object, *names: str) -> dict[str, object]:
    found: object = mapping(keys).get("deploy")
    for name in names:
        found = mapping(found).get(name)
    return dict(mapping(found))


def replicas(keys: object) -> int:
    """The number of containers, 1 by default; the loader ensures that both keys agree.

    A global service has one container on each node, and there is one node.
    """
    found = mapping(keys)
    if text(_deploy(keys).get("mode")) == "global":
        return 1
    for value in (_deploy(keys).get("replicas"), found.get("scale")):
        count = integer(value)
        if count is not None:
            return count
    return 1


def restart_policy(keys: object) -> tuple[str, int]:
    """Policy and retries; `deploy.restart_policy` wins over `restart`, as in Compose."""
    policy = _deploy(keys, "restart_policy")
    if policy:
        condition = text(policy.get("condition")) or "any"
        name = {"none": "no", "any": "always"}.get(condition, condition)
        return name, (integer(policy.get("max_attempts")) or 0) if name == "on-failure" else 0
    written = text(mapping(keys).get("restart")) or "no"
    name, _, retries = written.partition(":")
    return name, int(retries) if retries.isdigit() else 0


def resources(keys: object) -> Resources:
    """Limits and reservations from either place; the loader ensures that they agree."""
    get: Callable[[str], object] = mapping(keys).get
    limits = _deploy(keys, "resources", "limits")
    reservations = _deploy(keys, "resources", "reservations")

    def first(*values: object) -> object:
        return next((value for value in values if value is not None), None)

    return Resources(
        cpus=text(first(get("cpus"), limits.get("cpus"))),
        memory=size_of(first(get("mem_limit"), limits.get("memory"))),
        memory_reservation=size_of(first(get("mem_reservation"), reservations.get("memory"))),
        memory_swap=size_of(get("memswap_limit")),
        pids=integer(first(get("pids_limit"), limits.get("pids"))),
        cpu_shares=integer(get("cpu_shares")),
        cpu_set=text(get("cpuset")),
        cpu_period=integer(get("cpu_period")),
        cpu_quota=integer(get("cpu_quota")),
    )


def size_of(value: object) -> int | None:
    """Bytes of a canonical size, None when it is not given."""
    found = text(value)
    return None if found is None else size(found)
