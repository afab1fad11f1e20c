"""Forty changes to one living stack, each on top of those before it. `SHORT` are ten of them.

A change sets keys to absolute values, so that a part of the list is a sequence as well.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

GONE: Any = None
SERVE = ["python3", "-IS", "/serve.py", "80", "81", "53"]


def server(*networks: str, **keys: Any) -> dict[str, Any]:
    return {
        "image": "causeway-base/debian-python:12-3.11",
        "command": SERVE,
        "volumes": ["../serve.py:/serve.py:ro"],
        "stop_grace_period": "1s",
        "networks": {name: {} for name in networks},
        **keys,
    }


TOOL = {"command": ["python3", "-IS", "/serve.py", "8081", "8053"], "expose": ["8081"]}
BASE: dict[str, Any] = {
    "services": {
        "web": server("front", ports=["18200:80"]),
        "app": server("front", "back", expose=["80"]),
        "database": server("back", expose=["80", "53/udp"]),
        "tool": server("tools", **TOOL),
    },
    "networks": {"front": {}, "back": {"internal": True}, "tools": {}},
}


@dataclass(frozen=True, slots=True)
class Edit:
    """`keys`: path of keys, with dots, to what is there afterwards; GONE removes."""

    title: str
    keys: dict[str, Any]


def edit(title: str, **keys: Any) -> Edit:
    """`services__web__ports=[...]` in place of dots."""
    return Edit(title, {key.replace("__", "."): value for key, value in keys.items()})


def edited(stack: dict[str, Any], change: Edit) -> dict[str, Any]:
    made = copy.deepcopy(stack)
    for path, value in change.keys.items():
        *parents, last = path.split(".")
        place = made
        for name in parents:
            place = place.setdefault(name, {})
        if value is GONE:
            place.pop(last, None)
        else:
            place[last] = copy.deepcopy(value)
    return made


BRIDGE = "com.docker.network.bridge."
EDITS = (
    edit("tool joins front", services__tool__networks={"tools": {}, "front": {}}),
    edit("tool leaves front", services__tool__networks={"tools": {}}),
    edit("web joins back by mistake", services__web__networks={"front": {}, "back": {}}),
    edit("web leaves back", services__web__networks={"front": {}}),
    edit("back gets a way out", networks__back__internal=False),
    edit("back is internal again", networks__back__internal=True),
    edit("app is published", services__app__ports=["18201:80"]),
    edit("app is published on another port", services__app__ports=["18202:80"]),
    edit("app is bound to loopback", services__app__ports=["127.0.0.1:18202:80"]),
    edit("app is not published", services__app__ports=GONE),
    edit("database publishes UDP, which stays shut", services__database__ports=["18253:53/udp"]),
    edit("database gets a way out", services__database__networks={"back": {}, "tools": {}}),
    edit("its UDP moves to loopback", services__database__ports=["127.0.0.1:18253:53/udp"]),
    edit("its UDP is not published", services__database__ports=GONE),
    edit("database is shut in again", services__database__networks={"back": {}}),
    edit(
        "front keeps its containers apart",
        networks__front__driver_opts={BRIDGE + "enable_icc": "false"},
    ),
    edit("front lets them talk again", networks__front__driver_opts=GONE),
    edit("tool is the host", services__tool__networks=GONE, services__tool__network_mode="host"),
    edit("tool is alone", services__tool__network_mode="none"),
    edit(
        "tool lives in the namespace of web",
        services__tool__network_mode="service:web",
        services__tool__expose=GONE,
    ),
    edit(
        "tool is on its own network again",
        services__tool__network_mode=GONE,
        services__tool__networks={"tools": {}},
        services__tool__expose=["8081"],
    ),
    edit("app gets a second replica", services__app__deploy={"replicas": 2}),
    edit("app gets a third replica", services__app__deploy={"replicas": 3}),
    edit("app has one replica", services__app__deploy=GONE),
    edit("a cache is added", services__cache=server("back", expose=["80"])),
    edit("cache gets an alias", services__cache__networks={"back": {"aliases": ["store"]}}),
    edit("cache declares another port", services__cache__expose=["80", "81"]),
    edit("cache is removed", services__cache=GONE),
    edit(
        "web moves to the default bridge",
        services__web__networks=GONE,
        services__web__network_mode="bridge",
    ),
    edit(
        "web comes back to front",
        services__web__network_mode=GONE,
        services__web__networks={"front": {}},
    ),
    edit(
        "front binds to loopback by default",
        networks__front__driver_opts={BRIDGE + "host_binding_ipv4": "127.0.0.1"},
    ),
    edit("front binds everywhere again", networks__front__driver_opts=GONE),
    edit(
        "app and tool get a network of their own",
        networks__spare={},
        services__app__networks={"front": {}, "back": {}, "spare": {}},
        services__tool__networks={"tools": {}, "spare": {}},
    ),
    edit("that network is internal", networks__spare__internal=True),
    edit(
        "that network is removed",
        networks__spare=GONE,
        services__app__networks={"front": {}, "back": {}},
        services__tool__networks={"tools": {}},
    ),
    edit("web publishes a second port", services__web__ports=["18200:80", "18210:81"]),
    edit("web publishes the first one only", services__web__ports=["18200:80"]),
    edit("web has no replicas", services__web__deploy={"replicas": 0}),
    edit("web runs again", services__web__deploy=GONE),
    edit("database gets an environment", services__database__environment={"SIZE": "2"}),
    edit("front is removed from app", services__app__networks={"back": {}}),
    edit(
        "all join one network",
        **{
            f"services__{name}__networks": {"front": {}}
            for name in ("web", "app", "database", "tool")
        },
    ),
)
SHORT = (
    "tool joins front",
    "web joins back by mistake",
    "back gets a way out",
    "app is published",
    "app is bound to loopback",
    "app is not published",
    "front keeps its containers apart",
    "tool is the host",
    "app gets a second replica",
    "a cache is added",
)
