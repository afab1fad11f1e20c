"""What Pulumi encrypts: every text that holds a secret, wherever it is registered."""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pulumi
import pulumi_docker as docker
import pytest
from pulumi._types import input_type_py_to_pulumi_names

from causeway.model import values
from causeway.model.values import (
    Balance,
    BalanceTarget,
    Build,
    Dependency,
    Healthcheck,
    Place,
    Stack,
)
from components.concealment import Component, Concealment
from tests.components.recorder import Secret, declare, record
from tests.components.values import HERE, network, on, service, stack, volume

ROOT = Path(__file__).resolve().parents[2]
SECRETS = ("hunter2",)


def test_a_secret_is_encrypted_wherever_it_stands_and_nothing_else_is() -> None:
    recording = declare(
        stack(
            service(
                "db",
                environment=(("PASSWORD", "hunter2"), ("USER", "admin")),
                command=("serve", "--password=hunter2"),
                entrypoint=("/run", "hunter2"),
                labels=(("key", "hunter2"),),
                healthcheck=Healthcheck(test=("CMD", "ping", "hunter2")),
            )
        ),
        secrets=SECRETS,
    )

    inputs = recording["Container shop-dev-db-1"].inputs
    assert inputs["envs"] == [Secret("PASSWORD=hunter2"), "USER=admin"]
    assert inputs["command"] == ["serve", Secret("--password=hunter2")]
    assert inputs["entrypoints"] == ["/run", Secret("hunter2")]
    assert inputs["labels"][4] == {"label": "key", "value": Secret("hunter2")}
    assert inputs["healthcheck"]["tests"] == ["CMD", "ping", Secret("hunter2")]


def test_a_secret_build_argument_is_encrypted() -> None:
    build = Build(context="/srv/web", args=(("TOKEN", "hunter2"), ("MODE", "fast")))
    recording = declare(stack(service("web", image=None, build=build)), secrets=SECRETS)

    assert recording["Image shop-dev-web"].inputs["build"]["args"] == {
        "TOKEN": Secret("hunter2"),
        "MODE": "fast",
    }


def clear(value: Any) -> Iterator[str]:
    """Every text and number that Pulumi does not encrypt, keys too."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield from (key, *clear(part))
    elif isinstance(value, list):
        for part in value:
            yield from clear(part)
    elif not isinstance(value, Secret):
        yield str(value)


def leaks(values: Any, *secrets: str) -> list[str]:
    return [
        text for text in clear(values) for each in secrets if each.casefold() in text.casefold()
    ]


SECRET = "Hunter2 & co"
NUMBER = 47114
# Keys, and what must be of a certain form for the components to work with it.
FIXED: dict[tuple[str, str], Any] = {
    ("Service", "name"): "web",
    ("Service", "image"): None,
    ("Service", "container_name"): None,
    ("Service", "platform"): None,
    ("Service", "balance"): None,
    ("Service", "depends_on"): (),
    ("Service", "replicas"): 1,
    ("Build", "context"): "/srv/Hunter2 & co",
    ("Attachment", "network"): "front",
    ("FileMount", "source"): "token",
    ("VolumesFrom", "service"): None,
    ("FileSource", "key"): "token",
    ("FileSource", "file"): None,
    ("Healthcheck", "interval"): "1s",
    ("Healthcheck", "timeout"): "1s",
    ("Healthcheck", "start_period"): "1s",
    ("Network", "key"): "front",
    ("Network", "external"): False,
    ("Volume", "key"): "data",
    ("Volume", "external"): False,
    ("ExternalContainer", "container"): "theirs",
    ("ExternalContainer", "labels"): (),
    ("Stack", "name"): "shop-dev",
    ("FileSource", "from_variable"): False,
}


def filled(kind: Any, owner: str = "", name: str = "") -> Any:
    """A value of a type of the model with the secret in every text, the number in every number."""
    if (owner, name) in FIXED:
        return FIXED[owner, name]
    arguments = [each for each in get_args(kind) if each is not type(None)]
    if kind is Place:
        return HERE
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        hints = get_type_hints(kind, {**vars(values)})
        own = kind.__name__
        return kind(
            **{each.name: filled(hints[each.name], own, each.name) for each in fields(kind)}
        )
    if get_origin(kind) is Literal:
        return arguments[0]
    if get_origin(kind) is tuple:
        return tuple(filled(each) for each in arguments if each is not Ellipsis)
    if arguments:
        return filled(arguments[0])
    return {str: SECRET, int: NUMBER, bool: True}[kind]


def test_no_value_of_the_model_is_registered_in_clear(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    recording = declare(filled(Stack), secrets=(SECRET, str(NUMBER)))

    registered = [(each.label, each.inputs) for each in recording.registrations]
    assert leaks([list(each) for each in registered], SECRET, str(NUMBER)) == []
    assert leaks(recording.outputs, SECRET, str(NUMBER)) == []
    # A walk that fills nothing in would find nothing in clear either.
    assert repr(registered).count(SECRET) > 60


ARGUMENTS: dict[str, tuple[Any, Any]] = {
    "Container": (docker.Container, docker.ContainerArgs),
    "Image": (docker.Image, docker.ImageArgs),
    "Network": (docker.Network, docker.NetworkArgs),
    "RemoteImage": (docker.RemoteImage, docker.RemoteImageArgs),
    "Volume": (docker.Volume, docker.VolumeArgs),
}


def argument(class_: Any) -> Any:
    """Arguments with the secret in each input of the class and of those nested in it."""
    made = class_.__new__(class_)
    for name in input_type_py_to_pulumi_names(class_):
        annotation = repr(getattr(class_, name).fget.__annotations__["return"])
        nested = re.search(r"ForwardRef\('(\w+Args)'", annotation)
        one: Any = SECRET
        if nested:
            one = argument(getattr(docker, nested[1]))
        elif "str" not in annotation:
            one = True if "bool" in annotation else NUMBER
        if "Sequence" in annotation:
            one = [one]
        elif "Mapping" in annotation:
            one = {"key": one}
        pulumi.set(made, name, one)
    return made


def inputs_of_the_sdk() -> list[tuple[str, str]]:
    return [
        (kind, wire)
        for kind, (_, class_) in ARGUMENTS.items()
        for wire in input_type_py_to_pulumi_names(class_).values()
    ]


@functools.cache
def registered(kind: str) -> dict[str, Any]:
    class_, arguments = ARGUMENTS[kind]

    def program() -> None:
        top = Component("test:test:Top", "top", {}, None, Concealment.of((SECRET, str(NUMBER))))
        class_("one", argument(arguments), pulumi.ResourceOptions(parent=top))

    return record(program)[f"{kind} one"].inputs


@pytest.mark.parametrize(("kind", "name"), inputs_of_the_sdk())
def test_no_input_of_the_sdk_is_registered_in_clear(kind: str, name: str) -> None:
    assert leaks(registered(kind)[name], SECRET, str(NUMBER)) == []


def test_the_walk_knows_every_type_of_the_sdk_that_is_registered() -> None:
    sources = "".join(file.read_text() for file in (ROOT / "components").glob("*.py"))
    called = set(re.findall(r"docker\.(\w+)\(", sources))
    types = {name for name in called if isinstance(getattr(docker, name), type)}
    resources = {name for name in types if issubclass(getattr(docker, name), pulumi.Resource)}
    assert resources == ARGUMENTS.keys()
    assert len(inputs_of_the_sdk()) > 100


@pytest.mark.parametrize(
    ("secret", "text"),
    [
        ("hunter2", "postgres://admin:hunter2@db"),
        ("hunter2\n", "hunter2"),
        ("a-b.c", "CAP_A-B.C"),
        ('pa"ss', r'{"password":"pa\"ss"}'),
        ("line one\nline two", r"line one\nline two"),
        ("pässword", r"p\u00e4ssword"),
        ("hunter2", "eDogaHVudGVyMgo="),
        ("it's mine's", "its mines"),
        ("a", "a"),
        ("a", "KEY=a"),
        ("true", "key: true"),
    ],
)
def test_a_secret_is_found_however_it_is_written(secret: str, text: str) -> None:
    assert Concealment.of([secret]).holds(text)


@pytest.mark.parametrize(
    ("secret", "text"),
    [
        ("", "anything"),
        (" \n", "anything"),
        ("a", "bar"),
        ("80", "8080:80/tcp"),
        ("true", "--verify=trueish"),
        ("none", "network none here"),
        ("hunter2", "hunter"),
    ],
)
def test_an_empty_or_short_secret_hides_nothing_else(secret: str, text: str) -> None:
    assert not Concealment.of([secret]).holds(text)


@pytest.mark.parametrize(
    ("secret", "number", "hidden"),
    [
        ("47114", 47114, True),
        ("47114", 47114.0, True),
        ("80", 80, False),
        ("true", True, False),
        ("4711", 47114, False),
    ],
)
def test_a_number_is_hidden_when_it_is_the_secret(secret: str, number: float, hidden: bool) -> None:
    assert Concealment.of([secret]).holds(number) is hidden


def test_a_secret_that_a_command_splits_into_words_is_encrypted_word_by_word() -> None:
    one = service("db", command=("echo", "--p=correct", "horse", "battery"))
    recording = declare(stack(one), secrets=("correct 'horse' battery",))

    assert recording["Container shop-dev-db-1"].inputs["command"] == [
        Secret("echo"),
        Secret("--p=correct"),
        Secret("horse"),
        Secret("battery"),
    ]


def test_a_map_with_a_secret_among_its_keys_is_encrypted_as_a_whole() -> None:
    one = service("db", sysctls=(("net.hunter2", "1"),))
    recording = declare(stack(one), secrets=SECRETS)

    assert recording["Container shop-dev-db-1"].inputs["sysctls"] == Secret({"net.hunter2": "1"})


def test_outputs_that_an_older_state_holds_in_clear_are_named() -> None:
    labels = (("team", "hunter2"),)
    recording = declare(
        stack(
            service("db", image=None, build=Build("/srv", dockerfile="hunter2")),
            networks=(network("front", labels=labels, options=(("a", "hunter2"),)),),
            volumes=(volume("data", labels=labels),),
        ),
        secrets=SECRETS,
    )

    hidden = {
        each.label: each.options["additionalSecretOutputs"]
        for each in recording.registrations
        if "additionalSecretOutputs" in each.options
    }
    assert hidden == {
        "Image shop-dev-db": [
            "baseImageName",
            "build",
            "context",
            "dockerfile",
            "platform",
            "registryServer",
        ],
        "Network shop-dev-front": ["labels", "options"],
        "Volume shop-dev-data": ["labels"],
    }


def test_the_configuration_of_a_balancer_is_encrypted_when_it_holds_a_secret() -> None:
    balance = Balance(
        targets=(BalanceTarget("web", network="net"),),
        port=80,
        engine="haproxy",
        health_path="/hunter2",
    )
    recording = declare(
        stack(
            service(
                "edge",
                attachments=on("net"),
                balance=balance,
                depends_on=(Dependency("web"),),
            ),
            service("web", attachments=on("net")),
            networks=(network("net"),),
        ),
        secrets=SECRETS,
    )

    (upload,) = recording["Container shop-dev-edge-1"].inputs["uploads"]
    assert "/hunter2" in upload["content"].value
    assert leaks(upload, "hunter2") == []
