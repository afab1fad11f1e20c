"""Short ways to write model values in tests."""

from __future__ import annotations

from typing import Any

from causeway.model.values import Attachment, Network, Place, Service, Stack, Volume

HERE = Place("stack.yaml", 1, "")


def service(name: str, **values: Any) -> Service:
    values.setdefault("image", "tiny:1")
    return Service(name=name, place=HERE, **values)


def network(key: str, **values: Any) -> Network:
    values.setdefault("name", f"shop-dev_{key}")
    return Network(key=key, place=HERE, **values)


def volume(key: str, **values: Any) -> Volume:
    values.setdefault("name", f"shop-dev_{key}")
    return Volume(key=key, place=HERE, **values)


def on(*networks: str) -> tuple[Attachment, ...]:
    return tuple(Attachment(network=key) for key in networks)


def stack(*services: Service, **values: Any) -> Stack:
    return Stack(name="shop-dev", files=("stack.yaml",), services=services, **values)
