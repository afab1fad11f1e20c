"""HTTP to the engine: addresses, streams, frames, limits."""

from __future__ import annotations

import io
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NoReturn

import pytest

from causeway.engine import wire
from causeway.engine.client import Engine
from causeway.engine.faults import (
    CallTimeout,
    ConnectionLost,
    EngineError,
    Fault,
    NotFound,
    Unreachable,
    explain,
)
from tests.provider.plugin import NETWORK, Plugin, Refused
from tests.provider.talker import Speaks, Talker, Talks, answer


@pytest.mark.parametrize(
    ("host", "words"),
    [
        ("ftp://far", "'ftp://far' is not a valid engine address: use unix:///PATH or tcp:"),
        ("far:2375", "'far:2375' is not a valid engine address"),
        ("unix://", "'unix://' is not a valid engine address"),
        ("tcp://far:port", "'tcp://far:port' is not a valid engine address: Port could not be"),
        ("tcp://", "use tcp://HOST:PORT"),
        ("tcp://far/docker", "use tcp://HOST:PORT"),
        ("ssh://me@far", "; ssh -nNT -L $HOME/.docker/run/engine.sock:"),
    ],
)
def test_a_bad_address_is_refused_before_anything_is_sent(host: str, words: str) -> None:
    with pytest.raises(Fault) as refused:
        wire.Wire(host, {})
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("host", "port"),
    [("tcp://far", 2375), ("tcp://far:99", 99), ("http://far", 2375), ("https://far", 2376)],
)
def test_a_connection_goes_to_the_port_of_the_address(
    host: str, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[object] = []

    def refuse(place: object, *_: object, **__: object) -> NoReturn:
        tried.append(place)
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.delenv("DOCKER_TLS_VERIFY", raising=False)
    with pytest.raises(Unreachable, match=r"^Connection refused$"):
        Engine(host, {})
    assert tried == [("far", port)]


def test_certificates_that_are_not_there_are_named(tmp_path: Path) -> None:
    with pytest.raises(Fault) as refused:
        wire.Wire("tcp://far", {"certPath": str(tmp_path)})
    assert str(refused.value).startswith(
        f"the certificates for the engine in {tmp_path} cannot be read: "
        "ca.pem: No such file or directory\n"
    )


def test_an_engine_is_asked_for_its_version_first_and_then_by_it(speaks: Speaks) -> None:
    engine, talker = speaks(answer(b'{"a": 1}'))
    assert engine.api_version == (1, 41)
    assert engine.call("GET", "/x y", params={"all": 1, "none": None, "f": "[]"}) == {"a": 1}
    first, second = (request.split(b"\r\n")[0] for request in talker.requests)
    assert first == b"GET /version HTTP/1.1"
    assert second == b"GET /v1.41/x%20y?all=1&f=%5B%5D HTTP/1.1"


def test_a_body_is_sent_as_json_and_a_refusal_is_told_in_the_engines_words(
    speaks: Speaks,
) -> None:
    refusals = [
        answer(b'{"message": "bad parameter"}\n', "400 Bad Request"),
        answer(b"page not found\n", "404 Not Found"),
        answer(b"", "503 Service Unavailable"),
    ]
    engine, talker = speaks(*refusals)
    with pytest.raises(EngineError, match=r"^bad parameter$") as refused:
        engine.call("POST", "/make", body={"a": [1]})
    assert refused.value.status == 400
    assert talker.requests[1].endswith(b'\r\n\r\n{"a": [1]}')
    assert b"\r\nContent-Type: application/json\r\n" in talker.requests[1]
    with pytest.raises(NotFound, match=r"^page not found$"):
        engine.call("GET", "/x")
    with pytest.raises(EngineError, match=r"^503 Service Unavailable$"):
        engine.call("GET", "/x")


def test_events_come_one_by_one_across_the_pieces_of_the_stream(speaks: Speaks) -> None:
    pieces = [b'{"n": 1}\n{"n"', b": 2}\n\n", b'{"n": 3}']
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    head = b"HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    whole, broken = head + chunks + b"0\r\n\r\n", head + chunks
    engine, _ = speaks(whole, broken)
    with engine.events("POST", "/images/create") as events:
        assert list(events) == [{"n": 1}, {"n": 2}, {"n": 3}]
    with engine.events("POST", "/images/create") as events:
        assert [next(events), next(events)] == [{"n": 1}, {"n": 2}]
        with pytest.raises(ConnectionLost):
            next(events)


def test_a_connection_is_used_again_until_the_engine_ends_it(speaks: Speaks) -> None:
    endless = b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{"n": 3}\n\r\n'
    kept = [answer(b"1", stays=True), answer(b"2", stays=True)]
    engine, talker = speaks(*kept, endless, answer(b"4"))
    assert [engine.call("GET", "/x"), engine.call("GET", "/x")] == [1, 2]
    assert len(talker.connections) == 2  # one for the version, which ended
    with engine.events("GET", "/x") as events:
        assert next(events) == {"n": 3}  # not read to its end: nobody knows what else will come
    assert engine.call("GET", "/x") == 4
    assert len(talker.connections) == 3


def test_an_answer_before_all_was_sent_is_heard(speaks: Speaks) -> None:
    engine, _ = speaks(answer(b'{"message": "too large"}', "413 Request Entity Too Large"))
    body = io.BytesIO(bytes(8_000_000))
    with (
        pytest.raises(EngineError, match=r"^too large$"),
        engine.events("POST", "/build", body=body),
    ):
        pass


def test_an_error_among_the_progress_is_raised(speaks: Speaks) -> None:
    progress = answer(b'{"status": "pulling"}\n{"error": "no such thing"}\n')
    engine, _ = speaks(progress)
    with pytest.raises(Fault, match=r"^no such thing$"):
        engine.follow("POST", "/plugins/pull")


@pytest.mark.parametrize("status", ["301 Moved Permanently", "307 Temporary Redirect"])
def test_a_way_elsewhere_is_not_taken_for_an_answer(speaks: Speaks, status: str) -> None:
    engine, talker = speaks(answer(b"", status))
    with pytest.raises(EngineError, match=f"^{status}$"):
        engine.call("POST", "/make")
    assert asked(talker) == ["/version", "/make"]


def test_what_is_so_already_is_no_refusal(speaks: Speaks) -> None:
    engine, _ = speaks(answer(b"", "304 Not Modified"))
    assert engine.call("POST", "/containers/web/start") is None


def test_half_an_answer_is_told_with_the_question(speaks: Speaks) -> None:
    half = b'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{"Id": "01'
    engine, talker = speaks(half, half)
    with pytest.raises(Fault) as refused:
        engine.call("GET", "/networks/front")
    assert str(refused.value).startswith(
        f"the response of {talker.host} to /networks/front is not valid JSON: "
    )
    with (
        pytest.raises(Fault, match="to /build is not valid JSON: "),
        engine.events("POST", "/build") as events,
    ):
        list(events)


@pytest.mark.parametrize("said", [b"[]", b"{}", b'{"ApiVersion": "1.x"}', b'{"ApiVersion": "7"}'])
def test_what_tells_no_version_is_no_engine(tmp_path: Path, said: bytes) -> None:
    talker = Talker(tmp_path / "other.sock", (), version=said)
    with pytest.raises(Fault, match="is not a Docker engine: it does not report an API version"):
        Engine(talker.host, {})
    talker.close()


def test_a_call_whose_answer_is_lost_is_not_sent_again(speaks: Speaks) -> None:
    # The engine has taken the call, on a connection that was used before, and ends.
    engine, talker = speaks(answer(b"1", stays=True), b"HTTP/1.1 Connection: close", answer(b"2"))
    assert engine.call("GET", "/x") == 1
    with pytest.raises(ConnectionLost):
        engine.call("POST", "/make")
    assert asked(talker) == ["/version", "/x", "/make"]


def test_a_silent_engine_is_given_up_and_named(speaks: Speaks) -> None:
    engine, talker = speaks(b"")
    with pytest.raises(CallTimeout) as given_up:
        engine.call("GET", "/x", timeout=0.2)
    assert "did not answer in time" in explain(given_up.value, talker.host)


def asked(talker: Talker) -> list[str]:
    """The paths of all requests, without the version."""
    lines = (request.split(b"\r\n")[0].decode().split()[1] for request in talker.requests)
    return [line.removeprefix("/v1.41") for line in lines]


def test_an_engine_that_let_a_call_pass_is_asked_for_a_word_before_the_next(
    speaks: Speaks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "SILENCE_SECONDS", 60)
    monkeypatch.setattr(wire, "PROBE_SECONDS", 0.2)
    engine, talker = speaks(b"", b"", b"")
    with pytest.raises(CallTimeout):
        engine.call("GET", "/x", timeout=0.2)
    for _ in range(2):  # the second has not even that word asked for: it is too soon
        with pytest.raises(CallTimeout):
            engine.call("POST", "/y")
    assert asked(talker) == ["/version", "/x", "/_ping"]


def test_an_engine_that_comes_back_is_used_again(
    speaks: Speaks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "SILENCE_SECONDS", 0)
    monkeypatch.setattr(wire, "PROBE_SECONDS", 0.2)
    engine, talker = speaks(b"", b"", answer(b"OK"), answer(b"1"), answer(b"2"))
    with pytest.raises(CallTimeout):
        engine.call("GET", "/x", timeout=0.2)
    with pytest.raises(CallTimeout):
        engine.call("GET", "/y")
    monkeypatch.setattr(wire, "PROBE_SECONDS", 60)
    assert [engine.call("GET", "/y"), engine.call("GET", "/z")] == [1, 2]
    assert asked(talker) == ["/version", "/x", "/_ping", "/_ping", "/y", "/z"]


def test_a_call_that_takes_long_beside_others_that_are_answered_costs_them_nothing(
    speaks: Speaks,
) -> None:
    listens = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"
    engine, talker = speaks(listens, answer(b"1"))
    end = engine.wait_for_exit("web", 0.2)  # the head of the answer is there, the end is not
    with pytest.raises(CallTimeout):
        end()
    assert engine.call("GET", "/x") == 1
    assert asked(talker)[2:] == ["/x"]


@pytest.mark.parametrize("at_once", [1, 8])
def test_networks_behind_a_hung_engine_do_not_wait_one_after_the_other(
    talks: Talks, at_once: int
) -> None:
    talker = talks(*[b""] * 12)
    with (
        Plugin(talker.host, CAUSEWAY_CALL_SECONDS="1") as plugin,
        ThreadPoolExecutor(at_once) as pool,
    ):
        for made in [pool.submit(plugin.create, NETWORK, f"net-{n}", {}) for n in range(8)]:
            with pytest.raises(Refused, match="did not answer in time"):
                made.result()
    # The engine's id is asked for first of all; without it nothing else is.
    assert asked(talker) == ["/version", "/info"]


def test_no_socket_is_told_with_its_cause(tmp_path: Path) -> None:
    host = f"unix://{tmp_path}/none.sock"
    with pytest.raises(Unreachable) as failed:
        Engine(host, {})
    told = explain(failed.value, host)
    assert told.startswith(f"no Docker engine answers at {host} (No such file or directory)\n")


def test_output_is_taken_out_of_its_frames() -> None:
    frames = b"\x01\0\0\0\0\0\0\x03out\x02\0\0\0\0\0\x01\x00" + b"e" * 256
    assert wire.without_frames(frames) == b"out" + b"e" * 256
    assert wire.without_frames(b"") == b""


def test_the_plugin_starts_without_what_it_seldom_needs() -> None:
    """Each preview waits for the plugin's start, of which these would be a quarter."""
    program = (
        "import sys, causeway.provider.__main__\n"
        "seldom = ('docker', 'requests', 'urllib3', 'pulumi.output', "
        "'causeway.provider.image.image')\n"
        "print([name for name in seldom if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "[]\n"


def test_frames_that_have_not_come_whole_stay() -> None:
    raw = b"\x01\0\0\0\0\0\0\x03out" + b"\x02\0\0\0\0\0\0\x05er"
    assert wire.frames(raw) == ([(1, b"out")], b"\x02\0\0\0\0\0\0\x05er")
    assert wire.without_frames(raw) == b"outer"


UPGRADED = b"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n"


def test_an_attached_stream_goes_both_ways_from_its_first_byte(speaks: Speaks) -> None:
    engine, talker = speaks(UPGRADED + b"with the head")
    stream = engine.attach("c")
    assert b"Upgrade: tcp" in talker.requests[-1]
    assert stream.receive(5) == b"with the head"
    stream.send(b"asked")
    other = talker.connections[-1]
    assert other.recv(100) == b"asked"
    other.sendall(b"answered")
    assert stream.receive(5) == b"answered"
    with pytest.raises(CallTimeout):
        stream.receive(0.01)
    stream.close()
    assert other.recv(100) == b""


def test_the_end_of_an_attached_stream_is_empty(speaks: Speaks) -> None:
    engine, talker = speaks(UPGRADED)
    stream = engine.attach("c")
    talker.connections[-1].close()
    assert stream.receive(5) == b""
    with pytest.raises(ConnectionLost):
        stream.send(b"asked")
    stream.close()


def test_a_stream_that_is_not_handed_over_is_told(speaks: Speaks) -> None:
    engine, _ = speaks(answer(b""))
    with pytest.raises(ConnectionLost, match="was not handed over"):
        engine.attach("c")
