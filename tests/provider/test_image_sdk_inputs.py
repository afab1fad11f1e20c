"""Every input that the SDK offers for images and volumes is honoured or refused in check."""

from __future__ import annotations

import re
from typing import Any

import pulumi_docker
import pytest
from pulumi._types import input_type_py_to_pulumi_names
from pulumi_docker import ImageArgs, RegistryImageArgs, RemoteImageArgs, VolumeArgs

from causeway.provider import volume
from causeway.provider.image import image, registry_image, remote_image
from causeway.provider.image import options as build_options
from causeway.provider.image.image import ImageKind
from causeway.provider.image.registry_image import RegistryImageKind
from causeway.provider.image.remote_image import RemoteImageKind
from causeway.provider.resource.kind import ResourceKind
from causeway.provider.volume import VolumeKind
from tests.provider.surroundings import Surroundings

TYPES: list[tuple[type, dict[str, str], ResourceKind]] = [
    (ImageArgs, image.INPUTS, ImageKind()),
    (RemoteImageArgs, remote_image.INPUTS, RemoteImageKind()),
    (RegistryImageArgs, registry_image.INPUTS, RegistryImageKind()),
    (VolumeArgs, volume.INPUTS, VolumeKind()),
]
REFUSED = [
    pytest.param(kind, path, verdict, id=f"{arguments.__name__}.{path}")
    for arguments, table, kind in TYPES
    for path, verdict in table.items()
    if verdict != "honoured"
]


def leaves(arguments: type, refused: set[str], prefix: str = "") -> set[str]:
    """The paths of all inputs of an SDK class, down to plain values or to what is refused whole."""
    found: set[str] = set()
    for attribute, name in input_type_py_to_pulumi_names(arguments).items():
        path = f"{prefix}{name}"
        annotation = repr(getattr(arguments, attribute).fget.__annotations__["return"])
        nested = re.search(r"ForwardRef\('(\w+Args)'", annotation)
        if nested and path not in refused:
            found |= leaves(getattr(pulumi_docker, nested[1]), refused, f"{path}.")
        else:
            found.add(path)
    return found


@pytest.mark.parametrize(
    ("arguments", "table"), [pytest.param(a, t, id=a.__name__) for a, t, _ in TYPES]
)
def test_table_lists_exactly_the_inputs_of_the_sdk(arguments: type, table: dict[str, str]) -> None:
    refused = {path for path, verdict in table.items() if verdict != "honoured"}
    assert leaves(arguments, refused) == set(table)


@pytest.mark.parametrize(
    ("arguments", "table"), [pytest.param(a, t, id=a.__name__) for a, t, _ in TYPES]
)
def test_refusal_has_a_reason(arguments: type, table: dict[str, str]) -> None:
    assert [
        verdict for verdict in table.values() if not re.match(r"honoured$|refused: .", verdict)
    ] == []


@pytest.mark.parametrize(("kind", "path", "verdict"), REFUSED)
def test_refused_input_fails_in_check(kind: ResourceKind, path: str, verdict: str) -> None:
    value: Any = "something"
    for key in reversed(path.split(".")):
        value = {key: value}
    _, failures = kind.check(Surroundings(None).context(), "x", None, value, b"seed")
    reasons = {failure.path: failure.reason for failure in failures}
    assert reasons[path] == verdict.removeprefix("refused: ")


def test_value_that_asks_for_nothing_is_not_refused() -> None:
    inputs = {"name": "a:1", "build": {"context": "/none", "sbom": "false", "secrets": []}}
    _, failures = RemoteImageKind().check(Surroundings(None).context(), "x", None, inputs, b"seed")
    assert [failure.path for failure in failures] == ["build.context"]


def test_every_honoured_build_input_reaches_the_engine() -> None:
    inputs = {
        "name": "a:1",
        "build": {
            "buildArgs": {"A": "1"},
            "target": "t",
            "platform": "linux/amd64",
            "networkMode": "host",
            "extraHosts": ["h:1.2.3.4"],
            "cacheFroms": ["c:1"],
            "label": {"one": "1"},
            "labels": {"two": "2"},
            "tags": ["b:1"],
            "noCache": True,
            "pullParent": True,
            "remove": False,
            "forceRemove": True,
            "suppressOutput": True,
            "squash": True,
            "isolation": "default",
            "cgroupParent": "g",
            "cpuPeriod": 1,
            "cpuQuota": 2,
            "cpuSetCpus": "0",
            "cpuSetMems": "0",
            "cpuShares": 3,
            "memory": 4,
            "memorySwap": -1,
            "shmSize": 5,
            "ulimits": [{"name": "nofile", "soft": 6, "hard": 7}],
            "buildId": "i",
        },
    }
    assert build_options.parameters_of(inputs, {"A": "1"}, "urn") == {
        "buildargs": '{"A": "1"}',
        "target": "t",
        "platform": "linux/amd64",
        "networkmode": "host",
        "extrahosts": ["h:1.2.3.4"],
        "cachefrom": '["c:1"]',
        "labels": '{"one": "1", "two": "2", "causeway.image": "urn"}',
        "t": ["a:1", "b:1"],
        "nocache": "1",
        "pull": "1",
        "forcerm": "1",
        "q": "1",
        "squash": "1",
        "isolation": "default",
        "cgroupparent": "g",
        "cpuperiod": 1,
        "cpuquota": 2,
        "cpusetcpus": "0",
        "cpusetmems": "0",
        "cpushares": 3,
        "memory": 4,
        "memswap": -1,
        "shmsize": 5,
        "ulimits": '[{"Name": "nofile", "Soft": 6, "Hard": 7}]',
        "buildid": "i",
    }
