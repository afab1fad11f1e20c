"""How a command reaches the engine of a stack: never in the clear where TLS is asked for."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from causeway.cli.problem import UsageError
from causeway.cli.running import engine
from causeway.model.project import EngineConfig, StackConfig, read_project
from tests.certificates import certified, docker_context
from tests.provider.talker import Talker

# Nothing listens on it: what gets as far as this has been let through.
NOBODY = "tcp://127.0.0.1:1"


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH", "DOCKER_HOST", "DOCKER_CONTEXT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker"))


def stack(**of_the_engine: str) -> StackConfig:
    engine = EngineConfig(**of_the_engine)  # type: ignore[arg-type]  # texts all
    return StackConfig("web-dev", (), engine=engine)


def refusal(wanted: StackConfig) -> str:
    with pytest.raises(UsageError) as refused, engine(wanted):
        """Nothing gets here."""
    return str(refused.value)


def test_certificates_that_are_missing_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_TLS_VERIFY", "1")
    assert refusal(stack(host=NOBODY)) == (
        f"the certificates for the engine in {tmp_path}/docker cannot be read: "
        "ca.pem: No such file or directory\n"
        "  what to do: put ca.pem, cert.pem and key.pem there, or name their folder in "
        "docker:certPath or DOCKER_CERT_PATH"
    )


def test_the_docker_context_of_the_configuration_is_asked_with_its_material(
    tmp_path: Path,
) -> None:
    material = certified(tmp_path / "material", "127.0.0.1")
    folder = docker_context(tmp_path / "docker", "far", NOBODY, material)
    told = refusal(stack(context="far"))
    assert told.startswith(
        f"no Docker engine answers at {NOBODY} of docker context 'far' (Connection refused)\n"
    )
    (folder / "key.pem").unlink()
    assert f"in {folder} cannot be read: key.pem: No such file" in refusal(stack(context="far"))


def test_a_docker_context_that_leads_to_the_port_of_tls_needs_material(tmp_path: Path) -> None:
    docker_context(tmp_path / "docker", "far", "tcp://127.0.0.1:2376", None)
    assert "'far' uses the TLS port 2376 and has no certificates" in refusal(stack(context="far"))


def test_a_docker_context_that_is_none_is_named() -> None:
    assert "there is no docker context 'far'" in refusal(stack(context="far"))


def test_certificates_as_text_are_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: web\n")
    (tmp_path / "Pulumi.dev.yaml").write_text(
        "config:\n  causeway:files: [compose.yaml]\n"
        f"  docker:host: {NOBODY}\n  docker:caMaterial: {{secure: abc}}\n"
    )
    assert refusal(read_project(tmp_path, "dev")) == (
        "only Pulumi can read docker:caMaterial, docker:certMaterial and docker:keyMaterial\n"
        "  what to do: name a folder with ca.pem, cert.pem and key.pem in docker:certPath, or set "
        "DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH"
    )


def test_an_engine_that_ends_amid_the_work_is_one_message(tmp_path: Path) -> None:
    half = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 9\r\n\r\n{"
    talker = Talker(tmp_path / "engine.sock", (half,))
    wanted = stack(host=talker.host)
    with closing(talker), pytest.raises(UsageError) as refused, engine(wanted) as api:
        api.call("GET", "/info")
    assert str(refused.value).startswith(f"no Docker engine answers at {talker.host} (")
