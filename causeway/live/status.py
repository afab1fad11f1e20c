"""The running part of a stack, found on its engine by label, as values of the model.

Replicas of a service are one service of the model; their ids and addresses are kept beside it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from causeway.contract import REPLICA_LABEL, SERVICE_LABEL, STACK_LABEL
from causeway.engine.client import Engine
from causeway.engine.faults import EngineError
from causeway.model.reach.values import Endpoint, EngineFacts, engine_version, firewall_of
from causeway.model.values import Attachment, Network, Pairs, Place, Port, Service, Stack, Subnet

from .stack import manages_swarm, of_stack

NOWHERE = Place("", 0, "")
DEFAULT_BRIDGE = "bridge"


@dataclass(frozen=True, slots=True)
class Published:
    """A published port; `host` is the address of the host that it is bound to."""

    target: Endpoint
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Container:
    """A running container; `namespace` is `host` or the id of the container that owns it."""

    id: str
    name: str
    service: str
    replica: int
    namespace: str
    addresses: Pairs = ()  # network -> IPv4 address, of the namespace's owner
    gateway: str = ""  # the network with the default route, if the engine tells one
    published: tuple[Published, ...] = ()


@dataclass(frozen=True, slots=True)
class Status:
    """A running stack: its containers by service, and the same as a value of the model."""

    project: str
    stack: str
    containers: Mapping[str, tuple[Container, ...]]
    networks: tuple[Network, ...]  # every network that its containers are on
    running: Stack

    @property
    def name(self) -> str:
        return f"{self.project}-{self.stack}"


def status(api: Engine, project: str, stack: str, only: Collection[str] = ()) -> Status:
    """Empty when nothing of the stack runs. `only`: the ids of the containers that count, as
    amid an update, when some that are replaced still run."""
    found = [
        _inspected(api, each["Id"])
        for each in api.call("GET", "/containers/json", params=of_stack(project, stack))
        if each["State"] == "running" and (not only or each["Id"] in only)
    ]
    # A load balancer is two containers; the one that holds its networks stands for both.
    found = list({each.get("Id"): each for each in (_holder(api, one) for one in found)}.values())
    services: dict[str, list[dict[str, Any]]] = {}
    for each in found:
        if each and each["Config"]["Labels"].get(SERVICE_LABEL):
            services.setdefault(each["Config"]["Labels"][SERVICE_LABEL], []).append(each)
    prefix = f"{project}-{stack}"
    attached = {name for each in found if each for name in _networks(each)}
    networks = tuple(
        sorted((_network(api, name, prefix) for name in attached), key=lambda one: one.key)
    )
    keys = {network.name: network.key for network in networks}
    owners = {each["Id"]: each for each in found if each}
    containers = {
        service: tuple(
            sorted((_container(api, each, owners) for each in group), key=lambda one: one.replica)
        )
        for service, group in sorted(services.items())
    }
    running = Stack(
        name=prefix,
        files=(),
        services=tuple(_service(name, services[name], keys, owners) for name in containers),
        networks=tuple(each for each in networks if each.name != DEFAULT_BRIDGE),
    )
    return Status(project, stack, containers, networks, running)


def _inspected(api: Engine, container: str) -> dict[str, Any]:
    # Empty where it removed since it was listed.
    return dict(api.find(f"/containers/{container}/json") or {})


def _holder(api: Engine, found: dict[str, Any]) -> dict[str, Any]:
    """The container of the same service whose namespace this one joins, else itself."""
    mode = found["HostConfig"]["NetworkMode"] if found else ""
    if not mode.startswith("container:"):
        return found
    owner = _inspected(api, mode.partition(":")[2])
    same = owner and owner["Config"]["Labels"].get(SERVICE_LABEL) == found["Config"]["Labels"].get(
        SERVICE_LABEL
    )
    return owner if same else found


def _networks(found: Mapping[str, Any]) -> list[str]:
    mode = found["HostConfig"]["NetworkMode"]
    if mode in ("host", "none") or mode.startswith("container:"):
        return []
    return list(found["NetworkSettings"]["Networks"])


def _container(
    api: Engine, found: dict[str, Any], owners: Mapping[str, dict[str, Any]]
) -> Container:
    owner = _owner(api, found, owners)
    is_host = owner["HostConfig"]["NetworkMode"] == "host"
    labels = found["Config"]["Labels"]
    endpoints = owner["NetworkSettings"]["Networks"]
    return Container(
        id=found["Id"],
        name=found["Name"].lstrip("/"),
        service=labels[SERVICE_LABEL],
        replica=int(labels.get(REPLICA_LABEL) or 1),
        namespace="host" if is_host else owner["Id"],
        addresses=tuple(
            (name, endpoints[name]["IPAddress"])
            for name in sorted(_networks(owner))
            if endpoints[name]["IPAddress"]
        ),
        gateway=_gateway(endpoints),
        published=tuple(sorted(_published(owner), key=str)),
    )


def _gateway(endpoints: Mapping[str, dict[str, Any]]) -> str:
    """The network with the default route, in the order in which the engine chooses it."""
    order = {
        name: (-(each.get("GwPriority") or 0), not each.get("IPv6Gateway"), name)
        for name, each in endpoints.items()
        if each.get("Gateway")
    }
    return min(order, key=order.__getitem__, default="")


def _owner(
    api: Engine, found: dict[str, Any], owners: Mapping[str, dict[str, Any]]
) -> dict[str, Any]:
    """The container that owns the namespace: this one, or one that it joins, directly or not."""
    for _ in range(16):
        mode = found["HostConfig"]["NetworkMode"]
        if not mode.startswith("container:"):
            break
        identifier = mode.partition(":")[2]
        found = owners.get(identifier) or _inspected(api, identifier) or found
    return found


def _published(owner: Mapping[str, Any]) -> Iterable[Published]:
    """The ports that the engine published; those requested where it published none, as on internal
    networks."""
    asked = owner["HostConfig"].get("PortBindings") or {}
    done = owner["NetworkSettings"].get("Ports") or {}
    for target in sorted({*asked, *done}):
        number, _, protocol = target.partition("/")
        for binding in done.get(target) or asked.get(target) or ():
            address, port = binding.get("HostIp") or "0.0.0.0", binding.get("HostPort")
            if ":" not in address and port and port != "0":
                yield Published(Endpoint(int(number), protocol or "tcp"), address, int(port))


def _service(
    name: str,
    group: Sequence[dict[str, Any]],
    keys: Mapping[str, str],
    owners: Mapping[str, dict[str, Any]],
) -> Service:
    """The service, read from its first replica; all replicas are the same."""
    first = min(group, key=lambda each: int(each["Config"]["Labels"].get(REPLICA_LABEL) or 1))
    mode: str | None = first["HostConfig"]["NetworkMode"]
    if mode is not None and mode.startswith("container:"):
        other = owners.get(mode.partition(":")[2])
        service = other["Config"]["Labels"].get(SERVICE_LABEL) if other else None
        mode = f"service:{service}" if service else mode
    elif mode not in ("host", "none"):
        mode = None
    endpoints = first["NetworkSettings"]["Networks"]
    return Service(
        name=name,
        place=NOWHERE,
        replicas=len(group),
        network_mode=mode,
        attachments=tuple(
            Attachment(keys[network], gw_priority=endpoints[network].get("GwPriority") or None)
            for network in sorted(_networks(first))
            if network in keys and network != DEFAULT_BRIDGE
        ),
        ports=tuple(_ports(first["HostConfig"].get("PortBindings") or {})),
        expose=tuple(sorted(first["Config"].get("ExposedPorts") or {})),
    )


def _ports(bindings: Mapping[str, Any]) -> Iterable[Port]:
    for target, hosts in sorted(bindings.items()):
        number, _, protocol = target.partition("/")
        for host in hosts or ():
            published = int(host["HostPort"]) if host.get("HostPort") else None
            yield Port(int(number), published, host.get("HostIp") or None, protocol or "tcp")


def _network(api: Engine, name: str, prefix: str) -> Network:
    found: dict[str, Any] = api.call("GET", f"/networks/{name}")
    own = name.startswith(f"{prefix}_")
    return Network(
        key=name.removeprefix(f"{prefix}_"),
        name=name,
        place=NOWHERE,
        driver=found["Driver"],
        options=tuple(sorted((found["Options"] or {}).items())),
        external=not own and STACK_LABEL not in (found["Labels"] or {}),
        internal=found["Internal"],
        enable_ipv6=bool(found.get("EnableIPv6")) or None,
        subnets=tuple(
            Subnet(subnet=each.get("Subnet"), gateway=each.get("Gateway"))
            for each in found["IPAM"]["Config"] or ()
        ),
    )


def engine_facts(api: Engine, *, userland_proxy: bool = True) -> EngineFacts:
    """The facts that verdicts depend on, as far as the engine reports them; its userland proxy is
    not read."""
    options = api.call("GET", f"/networks/{DEFAULT_BRIDGE}")["Options"] or {}
    return EngineFacts(
        version=engine_version(api.version),
        firewall=firewall_of((api.info.get("FirewallBackend") or {}).get("Driver")),
        userland_proxy=userland_proxy,
        ip_forward=bool(api.info["IPv4Forwarding"]),
        icc=options.get("com.docker.network.bridge.enable_icc") != "false",
    )


def swarm_services(api: Engine) -> tuple[str, ...]:
    """The names of Swarm services, whose tasks are not read here; none without a swarm."""
    if not manages_swarm(api):
        return ()
    try:
        listed = api.call("GET", "/services")
    except EngineError:
        return ()  # a swarm without a quorum cannot answer, and the rest does not need it
    return tuple(sorted(str(each["Spec"]["Name"]) for each in listed))
