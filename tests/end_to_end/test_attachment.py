"""A container of somebody else joins a network of the stack, and is otherwise left alone."""

from __future__ import annotations

from collections.abc import Iterator

import docker
import pytest

from tests.end_to_end.project import Project
from tests.tiny_image import TINY

STACK = "guests"
NETWORK = f"causeway-{STACK}_lan"


def compose(guest: str, internal: str = "true") -> str:
    return f"""\
services:
  web:
    image: {TINY}
    command: [sleep, "1000"]
    stop_grace_period: 0s
    networks: [lan]
networks:
  lan:
    internal: {internal}
    x-causeway:
      attach:
        - {guest}
"""


@pytest.fixture(scope="module")
def legacy(api: docker.APIClient, project: Project) -> Iterator[str]:
    """A running container that no stack made; the stack that it joins is up."""
    name = "legacy-database"
    made = api.create_container(TINY, ["sleep", "1000"], name=name, labels={"role": "database"})
    api.start(made)
    project.write_stack(STACK, compose(f"{{container: {name}, aliases: [db]}}"))
    project.pulumi("up", "--skip-preview", "--stack", STACK).succeeded()
    yield name
    project.pulumi("destroy", "--skip-preview", "--stack", STACK)
    api.remove_container(name, force=True)


def update(project: Project, text: str) -> str:
    (project.folder / "stacks" / STACK / "compose.yaml").write_text(text)
    return project.pulumi("up", "--skip-preview", "--stack", STACK).succeeded().output


def aliases(api: docker.APIClient, name: str) -> set[str]:
    found = api.inspect_container(name)
    own = found["Id"][:12]
    places = found["NetworkSettings"]["Networks"]
    return set(places[NETWORK]["Aliases"]) - {own} if NETWORK in places else set()


def test_it_is_on_the_network_and_nothing_is_left_to_do(
    api: docker.APIClient, project: Project, legacy: str
) -> None:
    assert aliases(api, legacy) == {"db"}
    project.pulumi("preview", "--expect-no-changes", "--stack", STACK).succeeded()
    project.pulumi("preview", "--expect-no-changes", "--refresh", "--stack", STACK).succeeded()


def test_another_alias_is_an_update_in_place(
    api: docker.APIClient, project: Project, legacy: str
) -> None:
    before = api.inspect_container(legacy)["State"]
    output = update(project, compose(f"{{container: {legacy}, aliases: [database]}}"))
    assert "~ 1 updated" in output
    assert aliases(api, legacy) == {"database"}
    assert api.inspect_container(legacy)["State"] == before


def test_a_network_made_anew_takes_it_along(
    api: docker.APIClient, project: Project, legacy: str
) -> None:
    old = api.inspect_network(NETWORK)["Id"]
    update(project, compose(f"{{container: {legacy}, aliases: [database]}}", internal="false"))
    assert api.inspect_network(NETWORK)["Id"] != old
    assert aliases(api, legacy) == {"database"}


def test_a_connection_cut_by_hand_is_made_again(
    api: docker.APIClient, project: Project, legacy: str
) -> None:
    api.disconnect_container_from_network(legacy, NETWORK)
    project.pulumi("up", "--skip-preview", "--stack", STACK).succeeded()
    assert aliases(api, legacy) == {"database"}


def test_labels_find_it_too(api: docker.APIClient, project: Project, legacy: str) -> None:
    update(project, compose("{labels: {role: database}, aliases: [db]}"))
    assert aliases(api, legacy) == {"db"}


@pytest.mark.parametrize(
    ("guest", "message"),
    [
        ("{container: nobody}", "container 'nobody' does not exist on this engine"),
        ("{labels: {role: nobody}}", "the labels role=nobody match 0 containers, not one: none"),
        ("{container: legacy-database, gw_priority: 5}", "needs Docker 28 or newer"),
        (
            '{container: legacy-database, mac_address: "02:42:00:00:00:09"}',
            "needs Docker 25 or newer",
        ),
    ],
)
def test_a_guest_that_cannot_come_is_refused_at_preview(
    project: Project, legacy: str, guest: str, message: str
) -> None:
    (project.folder / "stacks" / STACK / "compose.yaml").write_text(compose(guest))
    project.pulumi("preview", "--stack", STACK).refused(message)


def test_it_stays_when_the_stack_goes(api: docker.APIClient, project: Project, legacy: str) -> None:
    (project.folder / "stacks" / STACK / "compose.yaml").write_text(
        compose(f"{{container: {legacy}}}")
    )
    project.pulumi("destroy", "--skip-preview", "--stack", STACK).succeeded()
    found = api.inspect_container(legacy)
    assert found["State"]["Status"] == "running"
    assert list(found["NetworkSettings"]["Networks"]) == ["bridge"]
