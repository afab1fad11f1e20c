from __future__ import annotations

from model.values import Build, Healthcheck
from tests.components.recorder import Secret, declare
from tests.components.values import service, stack

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
