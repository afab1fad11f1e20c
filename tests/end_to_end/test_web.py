"""The nginx/Flask stack as its users meet it: up, look, change, three environments, destroy.

The tests of this module tell one story on one engine and run in the order they stand in.
"""

from __future__ import annotations

import re
import time
import urllib.error
import urllib.request

import docker
import pytest

from tests.end_to_end.project import Outcome, Project, snapshot
from tests.engines import Engine

PORTS = {"dev": 8080, "staging": 8081, "prod": 8082}
UNCHANGED = "--expect-no-changes"


def fetch(engine: Engine, stack: str, path: str = "/") -> str:
    url = f"http://{engine.address}:{PORTS[stack]}{path}"
    with urllib.request.urlopen(url, timeout=10) as answer:
        return str(answer.read().decode())


def containers(api: docker.APIClient, stack: str) -> dict[str, str]:
    """Names without the random ending Pulumi gives them -> ids."""
    found = api.containers(filters={"label": f"causeway.stack={stack}"})
    return {
        f"{each['Labels']['causeway.service']}-{each['Labels']['causeway.replica']}": each["Id"]
        for each in found
    }


def up(project: Project, stack: str, *arguments: str) -> Outcome:
    return project.pulumi("up", "--stack", stack, *arguments)


@pytest.fixture(scope="module")
def before(web: Project, api: docker.APIClient) -> dict[str, set[str]]:
    return snapshot(api)


@pytest.fixture(scope="module")
def dev(web: Project, before: dict[str, set[str]]) -> Outcome:
    """The first `pulumi up` of the stack dev."""
    return up(web, "dev").succeeded()


@pytest.fixture(scope="module")
def all_three(web: Project, dev: Outcome) -> list[str]:
    for stack in ("staging", "prod"):
        up(web, stack).succeeded()
    return ["dev", "staging", "prod"]


def test_flask_answers_through_nginx_as_soon_as_up_has_ended(dev: Outcome, engine: Engine) -> None:
    assert fetch(engine, "dev") == "Hello from Flask!"


def test_up_says_which_base_images_are_replaced(dev: Outcome) -> None:
    assert "uses the stand-in causeway-base/debian-python" in dev.output


def test_the_containers_are_on_the_networks_that_the_file_says(
    dev: Outcome, api: docker.APIClient
) -> None:
    members = {
        name: sorted(api.inspect_container(id_)["NetworkSettings"]["Networks"])
        for name, id_ in containers(api, "dev").items()
    }
    endings = {
        name: [re.sub(r"^causeway-dev[-_]", "", network) for network in networks]
        for name, networks in members.items()
    }
    assert {name: len(networks) for name, networks in endings.items()} == {
        "flask_app-1": 2,
        "nginx-1": 1,
    }
    assert endings["nginx-1"][0].startswith("frontend")
    assert [network.split("-")[0] for network in endings["flask_app-1"]] == ["backend", "frontend"]


def test_the_outputs_name_the_url_the_networks_and_the_containers(
    dev: Outcome, web: Project, api: docker.APIClient
) -> None:
    outputs = web.outputs("dev")
    assert outputs["url"] == "http://localhost:8080"
    assert sorted(outputs["networks"]) == ["backend", "frontend"]
    assert sorted(outputs["containers"]) == ["flask_app", "nginx"]
    inspected = [api.inspect_container(id_) for id_ in containers(api, "dev").values()]
    told = [f"/{name}" for names in outputs["containers"].values() for name in names]
    assert sorted(told) == sorted(each["Name"] for each in inspected)
    joined = {network for each in inspected for network in each["NetworkSettings"]["Networks"]}
    assert set(outputs["networks"].values()) == joined


def test_a_second_up_changes_nothing(dev: Outcome, web: Project, api: docker.APIClient) -> None:
    ids = containers(api, "dev")
    up(web, "dev", UNCHANGED).succeeded()
    assert containers(api, "dev") == ids


def test_preview_after_up_shows_no_changes(dev: Outcome, web: Project) -> None:
    shown = web.pulumi("preview", "--stack", "dev", UNCHANGED).succeeded()
    assert "unchanged" in shown.output


def test_refresh_after_up_finds_nothing_to_correct(dev: Outcome, web: Project) -> None:
    web.pulumi("refresh", "--stack", "dev", UNCHANGED).succeeded()


def test_preview_shows_a_changed_app_and_builds_nothing(
    dev: Outcome, web: Project, api: docker.APIClient, engine: Engine
) -> None:
    app = web.folder / "stacks/web/flask_app/app.py"
    app.write_text(app.read_text().replace("Hello from Flask!", "Hello again from Flask!"))
    images = {image["Id"] for image in api.images(all=True)}
    web.pulumi("preview", "--stack", "dev", UNCHANGED).refused("flask_app")
    assert {image["Id"] for image in api.images(all=True)} == images
    assert fetch(engine, "dev") == "Hello from Flask!"


def test_a_changed_app_is_rebuilt_and_replaced_and_nginx_finds_it(
    dev: Outcome, web: Project, api: docker.APIClient, engine: Engine
) -> None:
    ids = containers(api, "dev")
    up(web, "dev").succeeded()
    # nginx looks the name up anew every second.
    assert _eventually(engine, "Hello again from Flask!", seconds=60)
    assert containers(api, "dev")["flask_app-1"] != ids["flask_app-1"]
    assert containers(api, "dev")["nginx-1"] == ids["nginx-1"]
    web.pulumi("preview", "--stack", "dev", UNCHANGED).succeeded()


def test_a_container_removed_by_hand_is_put_back_by_the_next_up(
    dev: Outcome, web: Project, api: docker.APIClient, engine: Engine
) -> None:
    api.remove_container(containers(api, "dev")["nginx-1"], force=True)
    up(web, "dev", "--refresh").succeeded()
    assert fetch(engine, "dev").endswith("from Flask!")


def test_three_environments_are_up_side_by_side(all_three: list[str], engine: Engine) -> None:
    assert {stack: fetch(engine, stack) for stack in all_three} == {
        "dev": "Hello again from Flask!",
        "staging": "Hello again from Flask!",
        "prod": "Hello again from Flask!",
    }


def test_each_environment_runs_its_own_number_of_replicas(
    all_three: list[str], api: docker.APIClient
) -> None:
    assert sorted(containers(api, "dev")) == ["flask_app-1", "nginx-1"]
    assert sorted(containers(api, "staging")) == ["flask_app-1", "flask_app-2", "nginx-1"]
    assert sorted(containers(api, "prod")) == [
        "flask_app-1",
        "flask_app-2",
        "flask_app-3",
        "nginx-1",
    ]


def test_no_environment_sees_another_ones_networks(
    all_three: list[str], api: docker.APIClient
) -> None:
    networks = {}
    for stack in all_three:
        networks[stack] = {
            network
            for id_ in containers(api, stack).values()
            for network in api.inspect_container(id_)["NetworkSettings"]["Networks"]
        }
    assert {stack: len(names) for stack, names in networks.items()} == {
        "dev": 2,
        "staging": 2,
        "prod": 2,
    }
    assert len(networks["dev"] | networks["staging"] | networks["prod"]) == 6


@pytest.mark.parametrize("stack", ["dev", "staging", "prod"])
def test_no_environment_has_changes_while_the_others_are_up(
    all_three: list[str], web: Project, stack: str
) -> None:
    web.pulumi("preview", "--stack", stack, UNCHANGED).succeeded()


def test_destroying_one_after_another_leaves_the_others_serving(
    all_three: list[str], web: Project, engine: Engine, api: docker.APIClient
) -> None:
    remaining = list(all_three)
    for stack in ("staging", "dev"):
        web.pulumi("destroy", "--stack", stack).succeeded()
        remaining.remove(stack)
        assert containers(api, stack) == {}
        assert [fetch(engine, other) for other in remaining] == ["Hello again from Flask!"] * len(
            remaining
        )


def test_destroy_leaves_nothing_behind(
    all_three: list[str], web: Project, api: docker.APIClient, before: dict[str, set[str]]
) -> None:
    web.pulumi("destroy", "--stack", "prod").succeeded()
    assert snapshot(api) == before


def _eventually(engine: Engine, text: str, seconds: int) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if fetch(engine, "dev") == text:
                return True
        except (urllib.error.URLError, ConnectionError):
            pass
        time.sleep(0.2)
    return False
