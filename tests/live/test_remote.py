"""An engine elsewhere: the command and the update's own verification by TLS.

The engine is a real one that asks for the client's certificate.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.certificates import certified, docker_context
from tests.end_to_end.project import Outcome, Project
from tests.engines import Engine, post
from tests.live.conftest import import_python
from tests.tiny_image import TINY, import_tiny

pytestmark = pytest.mark.engine

STACK = "far"
COMPOSE = f"""\
services:
  web:
    image: {TINY}
    command: ["nc", "-ll", "-p", "80", "-e", "cat"]
    init: true
    networks: [front]
    ports: ["18310:80"]
  database:
    image: {TINY}
    command: ["nc", "-ll", "-p", "5432", "-e", "cat"]
    init: true
    networks: [back]
    expose: ["5432"]
networks:
  front:
  back: {{internal: true}}
"""


@dataclass(frozen=True, slots=True)
class Far:
    engine: Engine
    project: Project
    certificates: Path

    @property
    def address(self) -> str:
        return f"tcp://{self.engine.address}:2376"

    def by_tls(self, certificates: Path | None = None) -> dict[str, str]:
        path = str(certificates or self.certificates)
        return {"DOCKER_HOST": self.address, "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": path}

    def causeway(self, *arguments: str, **variables: str) -> Outcome:
        python = str(self.project.folder / ".venv" / "bin" / "python")
        return self.project.run(
            python, "-m", "causeway.cli", *arguments, "--stack", STACK, **variables
        )


@pytest.fixture(scope="module")
def far(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Far]:
    folder = tmp_path_factory.mktemp("far")
    with Engine.start() as engine:
        certificates = certified(folder / "certificates", engine.address)
        engine.listens = [f"tcp://{engine.address}:2376"]
        engine.settings = {
            "tls": True,
            "tlsverify": True,
            "tlscacert": str(certificates / "ca.pem"),
            "tlscert": str(certificates / "server-cert.pem"),
            "tlskey": str(certificates / "server-key.pem"),
        }
        engine.restart()
        with closing(engine.api()) as api:
            import_python(api)
            import_tiny(api)
        project = Project.copy(folder, engine.host)
        project.write_stack(STACK, COMPOSE)
        made = Far(engine, project, certificates)
        project.pulumi("up", "--skip-preview", "--stack", STACK, **made.by_tls()).succeeded()
        yield made


AGREED = "agreed=18 wrong=0 unprobed=18"


def last(done: Outcome) -> str:
    return done.succeeded().output.splitlines()[-1]


def test_cells_are_tried_by_tls_as_the_environment_says(far: Far) -> None:
    assert last(far.causeway("verify", **far.by_tls())) == AGREED


def test_what_runs_is_read_by_tls(far: Far) -> None:
    shown = far.causeway("explain", "--live", "web", "database:5432", **far.by_tls())
    assert shown.succeeded().output.startswith("web -> database, 5432/tcp: DROPPED")


def test_cells_are_tried_by_tls_as_the_docker_context_of_the_configuration_says(
    far: Far, tmp_path: Path
) -> None:
    docker_context(tmp_path, "elsewhere", far.address, far.certificates)
    config = far.project.folder / f"Pulumi.{STACK}.yaml"
    written = config.read_text()
    config.write_text(f"{written}  docker:context: elsewhere\n")
    told = far.causeway("verify", DOCKER_CONFIG=str(tmp_path), DOCKER_HOST="unix:///nowhere.sock")
    config.write_text(written)
    assert last(told) == AGREED


@pytest.mark.parametrize("given", ["folder", "text", "context"])
def test_an_update_verifies_with_the_certificates_of_the_configuration(
    far: Far, tmp_path: Path, given: str
) -> None:
    docker_context(tmp_path, "elsewhere", far.address, far.certificates)
    texts = {
        f"docker:{name}Material": (far.certificates / f"{name}.pem").read_text()
        for name in ("ca", "cert", "key")
    }
    host = {"docker:host": far.address}
    settings = {
        "folder": host | {"docker:certPath": str(far.certificates)},
        "text": host | texts,
        "context": {"docker:context": "elsewhere"},
    }[given]
    config = far.project.folder / f"Pulumi.{STACK}.yaml"
    written = config.read_text()
    lines = [f"  {key}: {json.dumps(value)}\n" for key, value in settings.items()]
    config.write_text(f"{written}  causeway:verify: true\n{''.join(lines)}")
    variables = {"DOCKER_CONFIG": str(tmp_path), "TMPDIR": str(tmp_path)}
    try:
        done = far.project.pulumi("up", "--skip-preview", "--stack", STACK, **variables)
        assert AGREED in done.succeeded().output
    finally:
        config.write_text(written)
        # It runs again once it was gone: nothing else would differ.
        variables |= far.by_tls()
        far.project.pulumi("up", "--skip-preview", "--stack", STACK, **variables).succeeded()
    assert not [each for each in tmp_path.rglob("*.pem") if "contexts" not in each.parts]


def test_a_foreign_authority_is_refused_in_one_message(far: Far, tmp_path: Path) -> None:
    foreign = certified(tmp_path / "foreign", far.engine.address)
    told = far.causeway("verify", **far.by_tls(foreign))
    assert told.code == 2
    assert f"TLS to the Docker engine at {far.address} failed (" in told.output
    assert "certificate verify failed" in told.output
    assert "Traceback" not in told.output


def test_missing_certificates_are_told(far: Far, tmp_path: Path) -> None:
    told = far.causeway("verify", **far.by_tls(tmp_path))
    assert told.code == 2
    assert f"in {tmp_path} cannot be read: ca.pem: No such file or directory" in told.output
    assert "Traceback" not in told.output


def test_ssh_is_refused_with_the_way_round(far: Far) -> None:
    told = far.causeway("verify", DOCKER_HOST="ssh://somebody@far")
    assert told.code == 2
    assert told.output == (
        "error: the engine at ssh://somebody@far cannot be reached: ssh:// is not supported, "
        "use unix:///PATH or tcp://HOST:PORT\n"
        "  what to do: forward its socket into a folder that only you can write, "
        "`mkdir -p ~/.docker/run; ssh -nNT -L $HOME/.docker/run/engine.sock:/var/run/docker.sock "
        "ssh://somebody@far`, and set DOCKER_HOST=unix://$HOME/.docker/run/engine.sock\n"
    )


def test_services_of_a_swarm_are_said_not_to_be_read(far: Far) -> None:
    with closing(far.engine.api()) as api:
        api.init_swarm(advertise_addr=far.engine.address)
        spec: dict[str, object] = {
            "Name": "fleet",
            "TaskTemplate": {"ContainerSpec": {"Image": TINY}},
        }
        post(api, "/services/create", spec)
        told = far.causeway("verify", **far.by_tls())
        api.leave_swarm(force=True)
    assert "ignored: Swarm services of this engine (fleet)" in told.succeeded().output
