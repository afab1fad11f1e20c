"""Where a secret must not be found, with the real `pulumi` on a real engine."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from tests.end_to_end.project import Outcome, Project, snapshot
from tests.engines import Engine
from tests.tiny_image import TINY, import_tiny
from toolchain import pins, places, pulumi_cli

SECRET = "Sup3r-hunter2-w0rd"
PHRASE = 'correct "horse" battery'
COMMITTED = f"encryptionsalt: {pins.EMPTY_PASSPHRASE_SALT}"
EVERYWHERE = f"""\
services:
  web:
    build:
      context: .
      dockerfile_inline: |
        FROM {TINY}
        LABEL token=${{PASSWORD}}
      args: {{TOKEN: "${{PASSWORD}}"}}
    command: sh -c pause ${{PHRASE}}
    environment: {{PASSWORD: "${{PASSWORD}}", URL: "postgres://u:${{PASSWORD}}@db"}}
    labels: {{token: "${{PASSWORD}}", phrase: '${{PHRASE}}'}}
    hostname: ${{PASSWORD}}
    tmpfs: "/${{PASSWORD}}"
    logging: {{driver: json-file, options: {{tag: "${{PASSWORD}}"}}}}
    healthcheck: {{test: "true ${{PASSWORD}}", interval: 1s}}
    networks: {{front: {{aliases: ["${{PASSWORD}}"]}}}}
    configs: [motd]
    secrets: [token]
networks:
  front:
    labels: {{token: "${{PASSWORD}}"}}
    driver_opts: {{com.example.token: "${{PASSWORD}}"}}
volumes:
  data:
    labels: {{token: "${{PASSWORD}}"}}
    driver_opts: {{type: none, o: bind, device: "/${{PASSWORD}}"}}
configs:
  motd: {{content: "say ${{PASSWORD}}"}}
secrets:
  token: {{environment: PASSWORD}}
"""
VAULT = f"""\
services:
  web:
    image: {TINY}
    secrets: [token]
secrets:
  token:
    environment: TOKEN
"""
LABELLED = f"""\
services:
  web:
    image: {TINY}
    environment: {{PASSWORD: "${{PASSWORD}}"}}
    networks: [front]
    configs: [motd]
networks:
  front: {{labels: {{token: "${{PASSWORD}}"}}}}
configs:
  motd: {{content: "${{PASSWORD}}"}}
"""


@pytest.fixture(scope="module")
def secret_engine() -> Iterator[Engine]:
    with Engine.start() as running:
        client = running.api()
        import_tiny(client)
        client.close()
        yield running


@pytest.fixture(scope="module")
def secret_project(secret_engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Project:
    return Project.copy(tmp_path_factory.mktemp("secrets"), secret_engine.host)


@pytest.fixture
def secret_api(secret_engine: Engine) -> Iterator[docker.APIClient]:
    client = secret_engine.api()
    yield client
    client.close()


def container(api: docker.APIClient, stack: str) -> str:
    """The id of a stack's only container."""
    (found,) = api.containers(all=True, filters={"label": f"causeway.stack={stack}"})
    return str(found["Id"])


def holding(folder: Path, *texts: str) -> list[str]:
    """The files below a folder that hold one of the texts, as it is or in base64."""
    wanted = [text.encode() for text in texts]
    wanted += [base64.b64encode(text) for text in wanted] + [json.dumps(t).encode() for t in texts]
    return sorted(
        str(file.relative_to(folder))
        for file in folder.rglob("*")
        if file.is_file() and any(text in file.read_bytes() for text in wanted)
    )


def export(project: Project, stack: str, **variables: str) -> Outcome:
    """The state with its secrets decrypted, by the CLI itself and not by our wrapper."""
    cli = pulumi_cli.find(places.find())
    assert cli is not None
    arguments = ("stack", "export", "--show-secrets", "--stack", stack)
    return project.run(str(cli.pulumi), *arguments, "--non-interactive", **variables)


def test_a_secret_variable_is_nowhere_in_clear(
    secret_project: Project, secret_api: docker.APIClient
) -> None:
    project = secret_project
    project.write_stack("everywhere", EVERYWHERE)
    for name, value in (("PASSWORD", SECRET), ("PHRASE", PHRASE)):
        setting = ("config", "set", "--path", "--secret", f"causeway:variables.{name}", value)
        project.pulumi("--color", "never", *setting, "--stack", "everywhere").succeeded()

    project.pulumi("up", "--stack", "everywhere").succeeded()
    project.pulumi("refresh", "--stack", "everywhere").succeeded()
    project.pulumi("up", "--stack", "everywhere", "--expect-no-changes").succeeded()

    made = secret_api.inspect_container(container(secret_api, "everywhere"))
    assert f"PASSWORD={SECRET}" in made["Config"]["Env"]
    assert holding(project.folder / ".pulumi-state", SECRET, PHRASE) == []
    # The plugin needs the Dockerfile that the stack file holds, and nobody else does.
    generated = project.folder / ".causeway"
    assert holding(generated, SECRET, PHRASE) == ["causeway-everywhere-web.Dockerfile"]
    assert (generated / "causeway-everywhere-web.Dockerfile").stat().st_mode & 0o777 == 0o600


def test_what_the_state_holds_cannot_be_decrypted_with_the_empty_passphrase(
    secret_project: Project,
) -> None:
    own = secret_project.folder.parent / "config/causeway/passphrase-causeway-everywhere"
    file = secret_project.folder / "Pulumi.everywhere.yaml"
    assert COMMITTED not in file.read_text()
    assert (
        SECRET
        in export(secret_project, "everywhere", PULUMI_CONFIG_PASSPHRASE_FILE=str(own)).output
    )

    failed = export(secret_project, "everywhere", PULUMI_CONFIG_PASSPHRASE="")
    assert failed.code != 0
    assert "incorrect passphrase" in failed.output
    assert SECRET not in failed.output


def test_compose_secrets_under_the_committed_salt_are_refused_and_nothing_is_made(
    secret_project: Project, secret_api: docker.APIClient
) -> None:
    secret_project.write_stack("vault", VAULT)
    (secret_project.folder / "stacks/vault/.env").write_text(f"TOKEN={SECRET}\n")
    before = snapshot(secret_api)
    for command in ("preview", "up"):
        secret_project.pulumi(command, "--stack", "vault").refused(
            "stacks/vault/compose.yaml:6: secrets.token: is secret",
            "`make passphrase STACK=vault`",
        )
    assert snapshot(secret_api) == before
    stack = secret_project.folder / ".pulumi-state/.pulumi/stacks/causeway/vault.json"
    resources = json.loads(stack.read_text())["checkpoint"]["latest"].get("resources") or []
    assert {each["type"] for each in resources} <= {"pulumi:pulumi:Stack"}


def test_a_passphrase_of_its_own_lets_the_stack_be_deployed(
    secret_project: Project, secret_api: docker.APIClient
) -> None:
    given = secret_project.run("make", "passphrase", "STACK=vault").succeeded()
    assert "config/causeway/passphrase-causeway-vault: keep a copy" in given.output
    secret_project.pulumi("up", "--stack", "vault").succeeded()

    made = secret_api.exec_create(container(secret_api, "vault"), ["cat", "/run/secrets/token"])
    assert secret_api.exec_start(made["Id"]) == SECRET.encode()
    assert holding(secret_project.folder / ".pulumi-state", SECRET) == []
    again = secret_project.run("make", "passphrase", "STACK=vault").succeeded()
    assert "already has a passphrase of its own" in again.output


def test_no_container_is_replaced_when_a_value_starts_or_stops_being_secret(
    secret_project: Project, secret_api: docker.APIClient
) -> None:
    project, key = secret_project, "causeway:variables.PASSWORD"
    project.write_stack("changing", LABELLED, f'  causeway:variables: {{PASSWORD: "{SECRET}"}}\n')
    project.pulumi("up", "--stack", "changing").succeeded()
    first = container(secret_api, "changing")
    latest = project.folder / ".pulumi-state/.pulumi/stacks/causeway"
    assert holding(latest, SECRET) == ["changing.json", "changing.json.bak"]

    for secrecy, found in (("--secret", []), ("--plaintext", ["changing.json"])):
        setting = ("config", "set", "--path", secrecy, key, SECRET, "--stack", "changing")
        project.pulumi(*setting).succeeded()
        project.pulumi("up", "--stack", "changing").succeeded()
        assert container(secret_api, "changing") == first
        assert [each for each in holding(latest, SECRET) if each.endswith("g.json")] == found
