"""What the engine or the connection says becomes a message with a way out."""

from __future__ import annotations

import pytest

from causeway.engine.client import connect
from causeway.engine.faults import CallTimeout, EngineError, Fault, Unreachable, explain
from causeway.provider.network import network
from tests.provider.surroundings import Surroundings
from tests.provider.talker import Talks, answer

HOST = "unix:///run/docker.sock"


def refusal(said: str) -> EngineError:
    return EngineError(500, said)


@pytest.mark.parametrize(
    ("said", "way_out"),
    [
        (
            "driver failed: Bind for 0.0.0.0:80 failed: port is already allocated",
            "publish another port",
        ),
        ("listen tcp4 0.0.0.0:80: bind: address already in use", "publish another port"),
        (
            "could not find an available, non-overlapping IPv4 address pool among the defaults",
            "docker network prune",
        ),
        ("Pool overlaps with other one on this address space", "choose another subnet"),
        ("write /var/lib/docker/tmp: no space left on device", "docker system prune"),
        ("No such image: nope:1", "check the spelling"),
        (
            'Conflict. The container name "/a" is already in use by container "b"',
            "remove or rename it",
        ),
        ("error while removing network: network a has active endpoints", "disconnect them first"),
        ("Client sent an HTTP request to an HTTPS server.", "set docker:certPath to the folder"),
        ("Address already in use", "another endpoint of this network has that address"),
        ("This node is not a swarm manager", "docker swarm init"),
        ("-o parent interface was not found on the host: eth9", "parent interface must exist"),
        ("No such container: 0123", "pulumi up --refresh"),
        ("could not find a network matching network mode a: network a not found", "--replace"),
        (
            "failed to set up container networking: Address already in use",
            "another endpoint of this network has that address",
        ),
    ],
)
def test_what_the_engine_says_comes_with_the_way_out(said: str, way_out: str) -> None:
    first, second = explain(refusal(said), HOST).split("\n")
    assert first == said
    assert second.startswith("  what to do: ")
    assert way_out in second


def test_an_unknown_word_of_the_engine_is_passed_on_as_it_is() -> None:
    assert explain(refusal("something new"), HOST) == "something new"


def test_a_fault_is_shown_as_it_is() -> None:
    assert explain(Fault("plainly wrong"), HOST) == "plainly wrong"


def test_an_engine_that_does_not_answer_is_named() -> None:
    message = explain(CallTimeout("timed out"), HOST)
    assert message.startswith(f"the Docker engine at {HOST} did not answer in time\n  what to do: ")


def test_an_engine_that_is_not_there_is_named_with_the_cause() -> None:
    message = explain(Unreachable("Connection refused"), HOST)
    assert message.startswith(f"no Docker engine answers at {HOST} (Connection refused)\n")


def test_an_engine_that_cannot_be_believed_is_told_from_one_that_is_not_there() -> None:
    first, second = explain(Unreachable("certificate verify failed: x"), HOST).split("\n")
    assert first == (f"TLS to the Docker engine at {HOST} failed (certificate verify failed: x)")
    assert "docker:certPath" in second


def test_a_missing_file_is_named() -> None:
    error = FileNotFoundError(2, "No such file or directory", "conf/app.ini")
    assert explain(error, HOST) == "No such file or directory: conf/app.ini"


def test_an_error_of_our_own_names_its_kind() -> None:
    assert explain(KeyError("x"), HOST) == "KeyError: 'x'"


def test_ssh_is_refused_with_the_way_round() -> None:
    with pytest.raises(Fault) as refused:
        connect({"host": "ssh://me@far"})
    assert str(refused.value) == (
        "the engine at ssh://me@far cannot be reached: ssh:// is not supported, use "
        "unix:///PATH or tcp://HOST:PORT\n"
        "  what to do: forward its socket into a folder that only you can write, "
        "`mkdir -p ~/.docker/run; ssh -nNT -L $HOME/.docker/run/engine.sock:/var/run/docker.sock "
        "ssh://me@far`, and set DOCKER_HOST=unix://$HOME/.docker/run/engine.sock"
    )


@pytest.mark.parametrize(
    ("containers", "words"),
    [
        ("{}", "no containers left, but the engine still counts some.*restart the engine"),
        ('{"0123": {"Name": "web"}}', "active endpoints$"),
    ],
    ids=["the-engine-lost-count", "one-is-left"],
)
def test_a_network_that_an_engine_does_not_let_go_of_is_told_apart_by_what_is_on_it(
    talks: Talks, monkeypatch: pytest.MonkeyPatch, containers: str, words: str
) -> None:
    monkeypatch.setattr(network, "ENDPOINT_SECONDS", 0)
    found = answer(f'{{"Name": "front", "Containers": {containers}}}'.encode())
    refused = answer(b'{"message": "network front has active endpoints"}', "403 Forbidden")
    # Of a container on it: that it is gone, and that it is disconnected.
    gone = answer(b'{"message": "No such container: 0123"}', "404 Not Found")
    between = [gone, answer(b"")] if "web" in containers else []
    surroundings = Surroundings(talks(found, *between, refused).host)
    with pytest.raises((Fault, EngineError), match=f"(?s){words}"):
        network.remove(surroundings.context(), "front")
    surroundings.close()
