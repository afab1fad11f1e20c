"""What users get wrong ends with a message that names it, without a traceback or a change."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import docker
import pytest

from tests.end_to_end.project import Project, snapshot
from tests.engines import Engine
from tests.tiny_image import TINY, import_tiny

GOOD = f"services: {{box: {{image: '{TINY}', stop_grace_period: 1s}}}}\n"


@pytest.fixture(autouse=True)
def nothing_changes(api: docker.APIClient) -> Iterator[None]:
    before = snapshot(api)
    yield
    assert snapshot(api) == before


def test_a_port_that_is_taken_is_named_and_the_next_up_succeeds(
    project: Project, api: docker.APIClient
) -> None:
    compose = GOOD.replace("stop_grace_period", "ports: ['18099:80'], stop_grace_period")
    project.write_stack("taken", compose)
    holder = api.create_container(
        TINY, ports=[80], host_config=api.create_host_config(port_bindings={80: 18099})
    )
    try:
        api.start(holder)
        project.pulumi("up", "--stack", "taken").refused(
            "port 18099/tcp of the Docker host is in use by container"
        )
        ours = api.containers(all=True, filters={"label": "causeway.stack=taken"})
        assert ours == [], "a failed create left its container behind"
    finally:
        api.remove_container(holder, force=True)
    project.pulumi("up", "--stack", "taken").succeeded()
    project.pulumi("destroy", "--stack", "taken").succeeded()


def test_a_missing_build_context_is_named(project: Project) -> None:
    project.write_stack("nocontext", "services: {app: {build: ./absent}}\n")
    for command in ("preview", "up"):
        project.pulumi(command, "--stack", "nocontext").refused("absent", "services.app.build")


def test_a_failing_dockerfile_shows_what_it_printed(project: Project) -> None:
    build = f"build: {{dockerfile_inline: 'FROM {TINY}\n\n  RUN echo about to fail; exit 7'}}"
    project.write_stack("failing", f"services: {{app: {{{build}}}}}\n")
    project.pulumi("up", "--stack", "failing").refused("about to fail", "7")
    project.pulumi("destroy", "--stack", "failing").succeeded()


def test_an_image_that_does_not_exist_is_named(project: Project) -> None:
    project.write_stack("noimage", "services: {app: {image: 'localhost:1/absent:9'}}\n")
    project.pulumi("up", "--stack", "noimage").refused("localhost:1/absent:9")
    project.pulumi("destroy", "--stack", "noimage").succeeded()


def test_a_misspelt_configuration_key_is_named_with_the_nearest_one(project: Project) -> None:
    project.write_stack("misspelt", GOOD, "  causeway:variabels: {A: b}\n")
    for command in ("preview", "up"):
        project.pulumi(command, "--stack", "misspelt").refused(
            "variabels", "did you mean causeway:variables?"
        )


def test_a_setting_without_its_namespace_is_refused(project: Project) -> None:
    project.write_stack("nofiles", GOOD)
    (project.folder / "Pulumi.nofiles.yaml").write_text("config: {}\n")
    project.pulumi("preview", "--stack", "nofiles").refused("causeway:files", "not set")


def test_an_unknown_service_key_is_refused_with_its_place(project: Project) -> None:
    compose = f"services:\n  box:\n    image: {TINY}\n    imagee: typo\n"
    project.write_stack("unknownkey", compose)
    project.pulumi("preview", "--stack", "unknownkey").refused(
        "stacks/unknownkey/compose.yaml:4", "imagee"
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("services: [", ["stacks/broken/compose.yaml"]),
        ("", ["stacks/broken/compose.yaml", "empty"]),
        (f"services:\n  a: {{image: {TINY}}}\n  a: {{image: {TINY}}}\n", ["compose.yaml:3"]),
        ("just words\n", ["stacks/broken/compose.yaml"]),
    ],
    ids=["not YAML", "empty", "duplicate keys", "not a mapping"],
)
def test_a_file_that_is_no_compose_file_is_named(
    project: Project, text: str, words: list[str]
) -> None:
    if not (project.folder / "Pulumi.broken.yaml").exists():
        project.write_stack("broken", text)
    (project.folder / "stacks" / "broken" / "compose.yaml").write_text(text)
    project.pulumi("preview", "--stack", "broken").refused(*words)


def test_a_wrong_docker_host_is_named(project: Project) -> None:
    project.write_stack("wronghost", GOOD)
    for command in ("preview", "up"):
        project.pulumi(
            command, "--stack", "wronghost", DOCKER_HOST="unix:///run/absent.sock"
        ).refused("/run/absent.sock")
        project.pulumi(command, "--stack", "wronghost", DOCKER_HOST="tcp://nonsense").refused(
            "nonsense"
        )


def test_an_engine_that_is_down_is_named_and_up_works_once_it_is_back(project: Project) -> None:
    project.write_stack("down", GOOD)
    with Engine.start() as own:
        own.kill()
        for command in ("preview", "up"):
            project.pulumi(command, "--stack", "down", DOCKER_HOST=own.host).refused(own.host)
        own.restart()
        with closing(own.api()) as client:
            import_tiny(client)
            project.pulumi("up", "--stack", "down", DOCKER_HOST=own.host).succeeded()
            deployed = snapshot(client)
            own.kill()
            for command in ("preview", "up", "destroy"):
                project.pulumi(command, "--stack", "down", DOCKER_HOST=own.host).refused(own.host)
            own.restart()
        with closing(own.api()) as client:
            assert snapshot(client) == deployed
            project.pulumi("destroy", "--stack", "down", DOCKER_HOST=own.host).succeeded()


def test_a_full_address_pool_is_explained(project: Project, api: docker.APIClient) -> None:
    compose = GOOD + "networks:\n  extra: {}\n"
    compose = compose.replace("stop_grace_period", "networks: [extra], stop_grace_period")
    project.write_stack("full", compose)
    made: list[str] = []
    try:
        while (network := _new_network(api, f"filler-{len(made)}")) is not None:
            made.append(network)
        project.pulumi("up", "--stack", "full").refused("address", "pool")
    finally:
        for network in made:
            api.remove_network(network)
    project.pulumi("up", "--stack", "full").succeeded()
    project.pulumi("destroy", "--stack", "full").succeeded()


def _new_network(api: docker.APIClient, name: str) -> str | None:
    """Its id, or None when the engine has no addresses left."""
    try:
        return str(api.create_network(name)["Id"])
    except docker.errors.APIError as error:
        if "non-overlapping" not in str(error):
            raise
        return None
