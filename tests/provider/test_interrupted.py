"""Runs that end in the middle: the plugin killed, the engine killed, hung, or Ctrl-C pressed."""

from __future__ import annotations

import random
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import docker
import pytest

from tests.engines import Engine
from tests.provider.plugin import CONTAINER, NETWORK, PLUGIN, Deployed, Plugin, Refused
from tests.tiny_image import TINY, import_tiny

CONTAINERS = 4


@pytest.fixture(scope="module")
def own_engine() -> Iterator[Engine]:
    """An engine that these tests may kill and freeze."""
    with Engine.start() as running:
        client = running.api()
        import_tiny(client)
        client.close()
        yield running


@pytest.fixture
def own_api(own_engine: Engine) -> Iterator[docker.APIClient]:
    client = own_engine.api()
    yield client
    for container in client.containers(all=True):
        client.remove_container(container["Id"], force=True)
    for network in client.networks():
        if network["Name"].startswith("net"):
            client.remove_network(network["Id"])
    client.close()


def start_all(plugin: Plugin, pool: ThreadPoolExecutor) -> dict[str, Future[Deployed]]:
    """Two networks, then the containers on them, all at once."""
    made: dict[str, Future[Deployed]] = {
        name: pool.submit(plugin.create, NETWORK, name, {}) for name in ("net-a", "net-b")
    }

    def container(name: str) -> Deployed:
        places = [{"name": made[net].result().id} for net in ("net-a", "net-b")]
        inputs = {"image": TINY, "networksAdvanced": places, "stopTimeout": 0}
        return plugin.create(CONTAINER, name, inputs)

    for number in range(CONTAINERS):
        made[f"web-{number}"] = pool.submit(container, f"web-{number}")
    return made


def outcome(future: Future[Deployed]) -> Deployed | None:
    try:
        return future.result(timeout=120)
    except (Refused, ValueError):
        return None


def interrupted(host: str, disturb: Callable[[Plugin], None]) -> dict[str, Deployed]:
    """What Pulumi has recorded of a run that `disturb` ended in the middle."""
    plugin = Plugin(host)
    with ThreadPoolExecutor(16) as pool:
        made = start_all(plugin, pool)
        disturb(plugin)
        recorded = {name: outcome(future) for name, future in made.items()}
    plugin.close()
    return {name: each for name, each in recorded.items() if each is not None}


def following(host: str, recorded: dict[str, Deployed]) -> dict[str, str]:
    """The ids after the next `pulumi up`: what is recorded is compared, the rest is created."""
    with Plugin(host) as plugin:
        ids: dict[str, str] = {}
        for name in ("net-a", "net-b", *(f"web-{number}" for number in range(CONTAINERS))):
            if name in recorded:
                inputs = dict(recorded[name].inputs)
            else:
                inputs = {} if name.startswith("net") else {"image": TINY, "stopTimeout": 0}
            if not name.startswith("net"):
                inputs["networksAdvanced"] = [{"name": ids["net-a"]}, {"name": ids["net-b"]}]
            if name in recorded:
                ids[name] = plugin.apply(recorded[name], inputs).id
            else:
                token = NETWORK if name.startswith("net") else CONTAINER
                ids[name] = plugin.create(token, name, inputs).id
        return ids


def agrees(api: docker.APIClient, ids: dict[str, str]) -> None:
    """The engine has just these, all running, each container on both networks."""
    found = {each["Id"]: each for each in api.containers(all=True)}
    assert set(found) == {each for name, each in ids.items() if name.startswith("web")}
    assert {each["State"] for each in found.values()} == {"running"}
    networks = {each["Id"] for each in api.networks() if each["Name"].startswith("net")}
    assert networks == {ids["net-a"], ids["net-b"]}
    for each in found.values():
        places = each["NetworkSettings"]["Networks"].values()
        assert {place["NetworkID"] for place in places} == networks


@pytest.mark.parametrize("seed", range(3))
def test_a_killed_plugin_leaves_nothing_that_the_next_run_does_not_find(
    own_engine: Engine, own_api: docker.APIClient, seed: int
) -> None:
    delay = random.Random(seed).uniform(0.05, 2.0)

    def kill(plugin: Plugin) -> None:
        time.sleep(delay)
        plugin.kill()

    recorded = interrupted(own_engine.host, kill)
    agrees(own_api, following(own_engine.host, recorded))


def test_an_engine_killed_in_the_middle_is_named_and_the_next_run_converges(
    own_engine: Engine, own_api: docker.APIClient
) -> None:
    def kill(plugin: Plugin) -> None:
        time.sleep(0.7)
        own_engine.kill()

    recorded = interrupted(own_engine.host, kill)
    with (
        Plugin(own_engine.host) as plugin,
        pytest.raises(Refused, match="no Docker engine answers"),
    ):
        plugin.create(NETWORK, "net-a", {})
    own_engine.restart()
    agrees(own_api, following(own_engine.host, recorded))


def test_an_engine_restarted_in_the_middle_is_survived_by_the_next_run(
    own_engine: Engine, own_api: docker.APIClient
) -> None:
    def restart(plugin: Plugin) -> None:
        time.sleep(0.7)
        own_engine.restart()

    recorded = interrupted(own_engine.host, restart)
    agrees(own_api, following(own_engine.host, recorded))


def made_in_full(host: str) -> dict[str, Deployed]:
    """All of it, by an undisturbed run."""
    recorded = interrupted(host, lambda plugin: None)
    assert len(recorded) == 2 + CONTAINERS
    return recorded


def test_an_engine_killed_during_a_refresh_is_an_error_and_loses_nothing(
    own_engine: Engine, own_api: docker.APIClient
) -> None:
    recorded = made_in_full(own_engine.host)
    refused: list[str] = []

    def read(plugin: Plugin, each: Deployed) -> None:
        try:
            found = plugin.read(each)
        except Refused as error:
            refused.append(str(error))
        else:
            assert (found and found.id) == each.id

    with Plugin(own_engine.host) as plugin, ThreadPoolExecutor(8) as pool:
        reads = [pool.submit(read, plugin, each) for _ in range(100) for each in recorded.values()]
        reads[0].result()
        own_engine.kill()
        for each in reads:
            each.result()
    assert refused
    assert {error.split(" at ")[0] for error in refused} == {"no Docker engine answers"}
    own_engine.restart()
    agrees(own_api, following(own_engine.host, recorded))


def test_an_engine_stopped_during_a_destroy_is_named_and_the_next_one_ends_it(
    own_engine: Engine, own_api: docker.APIClient
) -> None:
    recorded = made_in_full(own_engine.host)
    containers = [each for name, each in recorded.items() if name.startswith("web")]
    networks = [each for name, each in recorded.items() if name.startswith("net")]

    with Plugin(own_engine.host) as plugin, ThreadPoolExecutor(8) as pool:
        first, *others = containers
        plugin.delete(first)
        begun = [pool.submit(plugin.delete, each) for each in others[:-1]]
        # One at least is asked for when the engine cannot answer any more.
        own_engine.pause()
        waiting = pool.submit(plugin.delete, others[-1])
        own_engine.kill()
        assert isinstance(waiting.exception(), Refused)
        assert [
            error for each in begun if not isinstance(error := each.exception(), Refused | None)
        ] == []
        with pytest.raises(Refused, match="no Docker engine answers"):
            plugin.delete(networks[0])
    own_engine.restart()
    with Plugin(own_engine.host) as plugin:
        for each in (*others, *networks):
            plugin.delete(each)
    assert own_api.containers(all=True) == []
    assert [each for each in own_api.networks() if each["Name"].startswith("net")] == []


@pytest.fixture
def hung_engine(own_engine: Engine, own_api: docker.APIClient) -> Iterator[Engine]:
    """The engine, which is frozen between `pause` and the end of the test."""
    yield own_engine
    own_engine.resume()


def test_a_call_to_a_hung_engine_has_a_limit(hung_engine: Engine) -> None:
    with Plugin(hung_engine.host, CAUSEWAY_CALL_SECONDS="2") as plugin:
        kept = plugin.create(NETWORK, "net-a", {})
        hung_engine.pause()
        plugin.patience = 45  # less than the limit of a call that says nothing of it
        with pytest.raises(Refused, match="did not answer in time\n  what to do: check whether it"):
            plugin.read(kept)
        hung_engine.resume()


def test_the_plugin_ends_when_pulumi_is_gone() -> None:
    """Its parent here is a shell that is killed."""
    shell = subprocess.Popen(
        [
            "sh",
            "-c",
            f"{PLUGIN} 127.0.0.1:1 & echo $!; wait",
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert shell.stdout is not None
    pid, port = (int(shell.stdout.readline()) for _ in range(2))
    assert port > 0
    shell.kill()
    shell.wait()
    shell.stdout.close()
    deadline = time.monotonic() + 60
    while _runs(pid):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _runs(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
