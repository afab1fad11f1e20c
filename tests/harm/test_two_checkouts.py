"""Two checkouts of one project on one engine: equal names, equal URNs, different states."""

from __future__ import annotations

from typing import Any

import docker
import pytest

from tests.harm.checkout import Checkout, read, untouched, write
from tests.harm.conftest import Clone
from tests.tiny_image import TINY

NONE = {"network_mode": "none"}
SHOP: dict[str, dict[str, Any]] = {
    "db": {"volumes": ["data:/data"], "networks": ["back"]},
    "web": {"networks": ["back"], "ports": ["18100:80"]},
}


def stand(one: Checkout, services: dict[str, dict[str, Any]], **sections: Any) -> None:
    one.write(services, **sections)
    one.up().succeeded()


def test_the_second_checkout_is_refused_by_name_and_the_first_runs_on(
    clone: Clone, api: docker.APIClient
) -> None:
    first, second = clone(), clone()
    sections: dict[str, Any] = {"volumes": {"data": {}}, "networks": {"back": {}}}
    stand(first, SHOP, **sections)
    write(api, first.one("db")["Id"], "/data/kept", "precious")
    same = untouched(api)
    second.write(SHOP, **sections)
    owner = f"created by stack {first.stack} of project causeway from"
    for outcome in (second.preview(), second.up()):
        outcome.refused(owner, str(first.project.folder), "is not this stack's")
    assert same()
    second.pulumi("destroy").succeeded()
    assert same()
    assert read(api, first.one("db")["Id"], "/data/kept") == "precious"
    first.preview("--expect-no-changes").succeeded()


@pytest.mark.parametrize(
    ("service", "sections", "word"),
    [
        ({**NONE, "volumes": ["data:/data"]}, {"volumes": {"data": {}}}, "has a volume"),
        ({**NONE, "container_name": "h-fixed"}, {}, "has a container 'h-fixed'"),
        (
            {"network_mode": "bridge", "ports": ["18101:80"]},
            {},
            "port 18101/tcp of the Docker host is in use by container",
        ),
        ({"networks": ["n"]}, {"networks": {"n": {"name": "h-net"}}}, "has a network 'h-net'"),
    ],
    ids=["volume", "name", "port", "network"],
)
def test_each_thing_that_is_there_once_stops_the_preview_of_the_second_checkout(
    clone: Clone,
    api: docker.APIClient,
    service: dict[str, Any],
    sections: dict[str, Any],
    word: str,
) -> None:
    first, second = clone(), clone()
    stand(first, {"one": service}, **sections)
    same = untouched(api)
    second.write({"one": service}, **sections)
    for outcome in (second.preview(), second.up()):
        outcome.refused(word, str(first.project.folder))
    assert same()
    assert len(first.containers()) == 1


def test_two_checkouts_without_anything_in_common_run_side_by_side(
    clone: Clone, api: docker.APIClient
) -> None:
    first, second = clone(), clone()
    stand(first, {"one": NONE})
    same = untouched(api)
    stand(second, {"one": NONE})
    assert same()
    second.pulumi("destroy").succeeded()
    assert same()


def test_a_killed_update_of_one_checkout_costs_the_other_nothing(
    clone: Clone, api: docker.APIClient
) -> None:
    first, second = clone(), clone()
    stand(first, {"one": NONE})
    same = untouched(api)
    second.write({"one": NONE, "two": NONE})
    second.kill(lambda: len(api.containers(all=True)) > 1)
    second.up().succeeded()
    assert same()
    assert len(first.containers()) == 3
    assert set(second.ids()) | set(first.ids()) == {each["Id"] for each in first.containers()}


def test_the_second_checkout_of_a_copied_folder_keeps_what_the_state_holds(
    clone: Clone, api: docker.APIClient
) -> None:
    """A renamed stack is the same state: nothing is taken for a left-over."""
    first = clone()
    stand(first, {"db": {**NONE, "volumes": ["data:/data"]}}, volumes={"data": {}})
    write(api, first.one("db")["Id"], "/data/kept", "precious")
    old = f"causeway-{first.stack}_data"
    renamed = f"{first.stack}r"
    same = untouched(api)
    first.pulumi("stack", "rename", renamed).succeeded()
    config = first.project.folder / f"Pulumi.{renamed}.yaml"
    assert config.exists()
    first.project.pulumi("preview", "--stack", renamed).succeeded()
    assert same()
    first.project.pulumi("up", "--stack", renamed, "--skip-preview").succeeded()
    assert api.inspect_volume(old)["Name"] == old
    helper = api.create_container(
        "causeway-test/tiny:1", host_config=api.create_host_config(binds=[f"{old}:/data"])
    )
    api.start(helper["Id"])
    assert read(api, helper["Id"], "/data/kept") == "precious"


def test_an_image_that_the_first_checkout_built_keeps_its_tag(
    clone: Clone, api: docker.APIClient
) -> None:
    first, second = clone(), clone()
    built = {"network_mode": "none", "image": "causeway-test/h-shop:1"}
    for number, one in enumerate((first, second)):
        folder = one.project.folder / "stacks" / one.stack
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "Dockerfile").write_text(f"FROM {TINY}\nLABEL number={number}\n")
    first.write({"one": {**built, "build": "."}})
    first.up().succeeded()
    image, same = api.inspect_image("causeway-test/h-shop:1")["Id"], untouched(api)
    second.write({"one": {**built, "build": "."}})
    for outcome in (second.preview(), second.up()):
        outcome.refused("that another stack built", str(first.project.folder))
    second.pulumi("destroy").succeeded()
    assert api.inspect_image("causeway-test/h-shop:1")["Id"] == image
    assert same()
    first.pulumi("destroy").succeeded()
