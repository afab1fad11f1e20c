"""TLS to an engine: where the material is looked for, and that nothing is believed without it."""

from __future__ import annotations

import socket
import ssl
import tempfile
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from causeway.engine import tls
from causeway.engine.address import chosen
from causeway.engine.client import Engine, connect
from causeway.engine.faults import ConnectionLost, Fault, Unreachable
from causeway.provider.verification import _environment
from tests.certificates import certified, docker_context
from tests.provider.talker import VERSION, answer


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certified(tmp_path_factory.mktemp("tls") / "material", "127.0.0.1")


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certified(tmp_path_factory.mktemp("tls") / "foreign", "127.0.0.1")


@pytest.fixture(scope="module")
def server(material: Path) -> Iterator[str]:
    """An engine that says its version by TLS alone, to clients with a certificate alone."""
    security = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(material / "ca.pem"))
    security.load_cert_chain(material / "server-cert.pem", material / "server-key.pem")
    security.verify_mode = ssl.CERT_REQUIRED
    security.verify_flags &= ~ssl.VERIFY_X509_STRICT  # as Docker
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with suppress(OSError), security.wrap_socket(connection, server_side=True) as secured:
                secured.recv(65536)
                secured.sendall(answer(VERSION))

    threading.Thread(target=serve, daemon=True).start()
    yield f"tcp://127.0.0.1:{listening.getsockname()[1]}"
    listening.close()


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH", "DOCKER_HOST", "DOCKER_CONTEXT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker"))


def texts(folder: Path, *names: str) -> dict[str, str]:
    return {f"{name}Material": (folder / f"{name}.pem").read_text() for name in names}


def test_verification_without_a_folder_takes_that_of_the_docker_command(
    server: str, material: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_TLS_VERIFY", "1")
    monkeypatch.setenv("DOCKER_CONFIG", str(material))
    assert connect({"host": server}).api_version == (1, 41)


def test_the_folder_of_the_docker_command_is_in_the_home_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_TLS_VERIFY", "1")
    monkeypatch.delenv("DOCKER_CONFIG")
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(Fault) as refused:
        connect({"host": "tcp://127.0.0.1:1"})
    assert str(refused.value) == (
        f"the certificates for the engine in {tmp_path}/.docker cannot be read: "
        "ca.pem: No such file or directory\n"
        "  what to do: put ca.pem, cert.pem and key.pem there, or name their folder in "
        "docker:certPath or DOCKER_CERT_PATH"
    )


def test_an_empty_variable_asks_for_no_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_TLS_VERIFY", "")
    assert tls.security({}, "tcp", None) is None


def test_a_docker_context_is_reached_with_its_material(
    server: str, material: Path, tmp_path: Path
) -> None:
    docker_context(tmp_path / "docker", "far", server, material)
    assert chosen({"context": "far"}).host == server
    assert connect({"context": "far"}).api_version == (1, 41)


def test_another_authority_is_refused_unless_the_context_skips_verification(
    server: str, material: Path, foreign: Path, tmp_path: Path
) -> None:
    for name, skips in (("strict", False), ("lax", True)):
        folder = docker_context(tmp_path / "docker", name, server, material, skips=skips)
        (folder / "ca.pem").write_text((foreign / "ca.pem").read_text())
    with pytest.raises(Unreachable, match="certificate verify failed"):
        connect({"context": "strict"})
    assert connect({"context": "lax"}).api_version == (1, 41)


@pytest.mark.parametrize(
    ("lost", "words"),
    [
        (("key.pem",), "key.pem: No such file or directory"),
        (("cert.pem",), "cert.pem: No such file or directory"),
        (("ca.pem", "cert.pem", "key.pem"), "cert.pem: No such file or directory"),
    ],
    ids=["key", "certificate", "all"],
)
def test_a_docker_context_that_lost_material_is_refused(
    server: str, material: Path, tmp_path: Path, lost: tuple[str, ...], words: str
) -> None:
    folder = docker_context(tmp_path / "docker", "far", server, material)
    for name in lost:
        (folder / name).unlink()
    with pytest.raises(Fault, match=words):
        connect({"context": "far"})


def test_a_docker_context_that_leads_to_the_port_of_tls_needs_material(tmp_path: Path) -> None:
    docker_context(tmp_path / "docker", "far", "tcp://127.0.0.1:2376", None)
    with pytest.raises(Fault, match="'far' uses the TLS port 2376 and has no cert"):
        connect({"context": "far"})


def test_a_docker_context_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(Fault, match="there is no docker context 'far'"):
        connect({"context": "far"})
    folder = docker_context(tmp_path / "docker", "far", "tcp://127.0.0.1:1", None)
    meta = folder.parents[2] / "meta" / folder.parent.name / "meta.json"
    meta.write_text('{"Name": "far"')
    with pytest.raises(Fault, match=f"the docker context 'far' cannot be read from {meta}"):
        connect({"context": "far"})


def test_material_as_text_leaves_nothing_on_the_disk(
    server: str, material: Path, foreign: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    config = texts(material, "ca", "cert", "key")
    assert Engine(server, config).api_version == (1, 41)
    with pytest.raises(Unreachable, match="certificate verify failed"):
        Engine(server, config | texts(foreign, "ca"))
    with pytest.raises(Fault, match="cannot be read: certMaterial with keyMaterial: "):
        Engine(server, config | texts(foreign, "key"))
    with pytest.raises(Fault, match="cannot be read: caMaterial: "):
        Engine(server, config | {"caMaterial": "nonsense"})
    assert list(temporary.iterdir()) == []


def test_a_certificate_without_its_key_is_refused(server: str, material: Path) -> None:
    with pytest.raises(Fault, match="certMaterial and keyMaterial of the provider need each other"):
        Engine(server, texts(material, "ca", "cert"))


def test_an_engine_is_verified_with_the_systems_authorities_where_no_other_is_given(
    server: str, material: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = texts(material, "cert", "key")
    with pytest.raises(Unreachable, match="certificate verify failed"):
        Engine(server, config)
    monkeypatch.setenv("SSL_CERT_FILE", str(material / "ca.pem"))
    assert Engine(server, config).api_version == (1, 41)


def test_a_chosen_docker_context_is_reached_with_its_material(
    server: str, material: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    docker_context(tmp_path / "docker", "far", server, material)
    monkeypatch.setenv("DOCKER_CONTEXT", "far")
    assert connect({}).api_version == (1, 41)
    monkeypatch.setenv("DOCKER_HOST", server)
    with pytest.raises(ConnectionLost):  # without TLS: nothing else asks for it
        connect({})


def test_another_program_is_led_to_the_same_engine(
    material: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    docker_context(tmp_path / "docker", "far", "tcp://far:2376", material)
    monkeypatch.setenv("DOCKER_HOST", "unix:///elsewhere.sock")
    with _environment({"context": "far"}) as environment:
        assert chosen({}, environment).host == "tcp://far:2376"
        assert chosen({}, environment).context == chosen({"context": "far"}).context
    with _environment({"context": "far", "certPath": str(material)}) as environment:
        assert chosen({}, environment).host == "tcp://far:2376"
        assert environment["DOCKER_CERT_PATH"] == str(material)
    with _environment({}) as environment:
        assert chosen({}, environment).host == "unix:///elsewhere.sock"


def test_another_program_finds_the_material_in_a_folder(material: Path) -> None:
    with tls.folder(texts(material, "ca", "cert", "key")) as found:
        assert found
        assert sorted(each.name for each in found.iterdir()) == ["ca.pem", "cert.pem", "key.pem"]
        assert found.stat().st_mode & 0o777 == 0o700
    assert not found.exists()
    with tls.folder({}) as found:
        assert found is None
