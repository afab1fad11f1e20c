"""Where the old container has to stop first, it is kept until the new one stands."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import docker
import pytest

from tests.engines import Engine
from tests.harm.checkout import Checkout, fingerprint, untouched

WEB: dict[str, Any] = {
    "network_mode": "bridge",
    "ports": ["18110:80"],
    "restart": "always",
    "container_name": "h-web",
}


def stand(ours: Checkout) -> dict[str, Any]:
    ours.write({"web": WEB})
    ours.up().succeeded()
    return ours.one("web")


@pytest.mark.parametrize(
    "fault",
    [
        {"command": ["/not/there"]},
        {"healthcheck": {"test": ["CMD", "false"], "interval": "1s", "retries": 1}},
        {"command": ["false"], "restart": "no"},
    ],
    ids=["no such command", "never healthy", "ends at once"],
)
def test_a_new_container_that_fails_gives_the_old_one_its_place_back(
    ours: Checkout, api: docker.APIClient, fault: dict[str, Any]
) -> None:
    before = stand(ours)
    ours.write({"web": {**WEB, **fault}})
    said = ours.up().refused("the old container h-web serves again, after").output
    assert re.search(r"after \d+\.\d s without service", said)
    after = ours.one("web")
    assert after["State"]["Running"]
    kept = ("id", "name", "policy", "networks")
    assert [fingerprint(after)[key] for key in kept] == [fingerprint(before)[key] for key in kept]
    assert ours.ids() == [before["Id"]]


def test_after_a_failure_the_next_update_goes_well_and_leaves_one_container(
    ours: Checkout, api: docker.APIClient
) -> None:
    stand(ours)
    ours.write({"web": {**WEB, "command": ["/not/there"]}})
    ours.up().refused("serves again")
    ours.write({"web": {**WEB, "environment": {"VERSION": "2"}}})
    said = ours.up().succeeded().output
    assert "without service, until the new container was running" in said
    assert ours.ids() == [ours.one("web")["Id"]]
    assert ours.one("web")["HostConfig"]["RestartPolicy"]["Name"] == "always"
    ours.preview("--expect-no-changes").succeeded()


@pytest.mark.parametrize("then", ["the same again", "back to what it was"])
def test_an_update_killed_between_stop_and_start_is_mended_by_the_next(
    ours: Checkout, api: docker.APIClient, then: str
) -> None:
    before = stand(ours)
    # The new one is not healthy for a while: the kill comes when the old one has stopped.
    slow = {"healthcheck": {"test": ["CMD", "false"], "interval": "5s", "retries": 9}}
    ours.write({"web": {**WEB, **slow}})

    def stopped() -> bool:
        return not api.inspect_container(before["Id"])["State"]["Running"]

    ours.kill(stopped)
    if then == "the same again":
        ours.write({"web": {**WEB, "environment": {"VERSION": "2"}}})
    else:
        ours.write({"web": WEB})
    ours.up().succeeded()
    found = ours.one("web")
    assert found["State"]["Running"]
    assert found["Name"] == "/h-web"
    assert found["HostConfig"]["RestartPolicy"]["Name"] == "always"
    assert ours.ids() == [found["Id"]]
    assert (found["Id"] == before["Id"]) == (then == "back to what it was")
    ours.preview("--refresh", "--expect-no-changes").succeeded()


def test_a_restart_of_the_engine_does_not_bring_a_stopped_predecessor_back(
    ours: Checkout, api: docker.APIClient
) -> None:
    """What fails later in the same update leaves it for the next one to remove."""
    ours.write({"db": {**WEB, "container_name": "h-db"}, "web": {"network_mode": "none"}})
    ours.up().succeeded()
    old = ours.one("db")["Id"]
    broken = {"network_mode": "none", "command": ["/not/there"], "depends_on": ["db"]}
    new = {**WEB, "container_name": "h-db", "environment": {"VERSION": "2"}}
    ours.write({"db": new, "web": broken})
    ours.up().refused("/not/there")
    parked = api.inspect_container(old)
    assert not parked["State"]["Running"]
    assert parked["HostConfig"]["RestartPolicy"]["Name"] in ("no", "")
    assert [each for each in ours.containers("db") if each["State"]["Running"]] != []
    ours.write({"db": new, "web": {"network_mode": "none"}})
    ours.up().succeeded()
    assert ours.ids() == sorted(each["Id"] for each in ours.containers())


def test_a_port_that_a_container_of_others_has_is_found_in_the_preview(
    ours: Checkout, api: docker.APIClient
) -> None:
    stand(ours)
    host = api.create_host_config(port_bindings={80: 18111})
    theirs = api.create_container("causeway-test/tiny:1", host_config=host, ports=[80])["Id"]
    api.start(theirs)
    same = untouched(api)
    ours.write({"web": {**WEB, "ports": ["18111:80"]}})
    for outcome in (ours.preview(), ours.up()):
        outcome.refused(
            "port 18111/tcp of the Docker host is in use by container", "not created by"
        )
    assert same()


def test_a_port_that_a_program_of_the_machine_has_is_found_in_the_preview(
    ours: Checkout, api: docker.APIClient, engine: Engine
) -> None:
    stand(ours)
    same = untouched(api)
    with listening(engine, 18112):
        ours.write({"web": {**WEB, "ports": ["18112:80"]}})
        for outcome in (ours.preview(), ours.up()):
            outcome.refused("port 18112/tcp is in use by a program on the Docker host")
    assert same()


@contextmanager
def listening(engine: Engine, port: int) -> Iterator[None]:
    """A program that listens on a port in the engine's network namespace."""
    command = "import socket,sys,time; s=socket.socket(); s.bind(('0.0.0.0', int(sys.argv[1]))); "
    command += "s.listen(); print('ready', flush=True); time.sleep(600)"
    program = subprocess.Popen(
        ["nsenter", f"--net=/run/netns/{engine.netns}", sys.executable, "-c", command, str(port)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert program.stdout is not None
    try:
        assert program.stdout.readline() == "ready\n"
        yield
    finally:
        program.kill()
        program.wait()
        program.stdout.close()
