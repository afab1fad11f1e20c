"""The test engine itself: reachable, apart from the machine, gone afterwards."""

from __future__ import annotations

import socket
import subprocess
import sys
import textwrap
import time
from contextlib import closing, suppress
from pathlib import Path

import docker
import pytest
import requests

from tests import engine_host
from tests.engines import Engine
from tests.tiny_image import TINY

pytestmark = pytest.mark.engine

ROOT = Path(__file__).parents[2]


def test_a_published_port_answers_at_the_engines_address(
    engine: Engine, api: docker.APIClient, scratch: str
) -> None:
    container = api.create_container(
        TINY,
        ["nc", "-ll", "-p", "80", "-e", "echo", "hello"],
        name=f"{scratch}-listener",
        ports=[80],
        host_config=api.create_host_config(port_bindings={80: 18080}),
    )
    api.start(container)
    received, deadline = b"", time.monotonic() + 20
    while not received and time.monotonic() < deadline:
        with (
            suppress(ConnectionRefusedError),  # the listener may start later than its port
            socket.create_connection((engine.address, 18080), timeout=5) as connection,
        ):
            received = connection.recv(100)
    assert received == b"hello\n"


def test_the_tiny_image_is_there_and_says_what_it_is(api: docker.APIClient) -> None:
    assert api.inspect_image(TINY)["Config"]["Labels"] == {"causeway.test": "tiny"}


def test_a_paused_engine_answers_again_after_resume() -> None:
    with Engine.start() as own:
        own.pause()
        with (
            closing(docker.APIClient(own.host, version="1.41", timeout=1)) as client,
            pytest.raises(requests.exceptions.Timeout),
        ):
            client.ping()
        own.resume()
        with closing(own.api()) as client:
            assert client.ping() is True


def test_a_killed_engine_refuses_until_it_is_restarted() -> None:
    with Engine.start() as own:
        own.kill()
        with socket.socket(socket.AF_UNIX) as connection, pytest.raises(ConnectionRefusedError):
            connection.connect(own.host.removeprefix("unix://"))
        own.restart()
        with closing(own.api()) as client:
            assert client.ping() is True


def test_what_a_killed_run_left_behind_is_removed_by_the_next_start() -> None:
    killed = textwrap.dedent(
        """
        import os
        from tests.engines import Engine
        from tests.tiny_image import import_tiny
        engine = Engine.start()
        api = engine.api()
        api.start(api.create_container(import_tiny(api)))
        print(engine.name, flush=True)
        os._exit(9)
        """
    )
    done = subprocess.run(
        [sys.executable, "-c", killed], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 9, done.stderr
    left = done.stdout.strip()
    assert (engine_host.RUN / left / "dockerd.pid").exists()
    with Engine.start() as fresh, closing(fresh.api()) as client:
        assert client.containers(all=True) == []
        assert not any(
            left in name and name != fresh.name
            for names in engine_host.names_in_use().values()
            for name in names
        )


def test_two_engines_at_once_have_different_names_and_addresses() -> None:
    with Engine.start() as one, Engine.start() as other:
        assert one.name != other.name
        assert one.address != other.address
        with closing(one.api()) as first, closing(other.api()) as second:
            assert first.info()["ID"] != second.info()["ID"]


def test_a_stopped_engine_leaves_nothing_behind() -> None:
    with Engine.start() as own:
        name, slot = own.name, own.slot
        assert Path(f"/run/netns/{name}").exists()
    assert name not in engine_host.names_in_use().get(slot, set())
    assert name not in Path("/proc/self/mounts").read_text()
    assert not Path(f"/sys/class/net/cwt{slot}").exists()
