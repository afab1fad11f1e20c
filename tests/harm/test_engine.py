"""The state belongs to an engine: on another one nothing is made, and nothing is forgotten."""

from __future__ import annotations

import docker

from tests.engines import Engine
from tests.harm.checkout import Checkout, empty, untouched

ONE = {"one": {"network_mode": "none"}}


def test_destroy_on_another_engine_is_refused_and_the_state_stays(
    ours: Checkout, api: docker.APIClient, other_engine: Engine
) -> None:
    ours.write(ONE)
    ours.up().succeeded()
    same, before = untouched(api), ours.ids()
    ours.pulumi("destroy", DOCKER_HOST=other_engine.host).refused("this is another engine")
    assert same()
    assert ours.ids() == before
    ours.pulumi("destroy").succeeded()
    assert api.containers(all=True) == []


def test_up_refresh_and_preview_on_another_engine_make_and_forget_nothing(
    ours: Checkout, api: docker.APIClient, other_engine: Engine
) -> None:
    ours.write(ONE)
    ours.up().succeeded()
    same, before = untouched(api), ours.ids()
    elsewhere = {"DOCKER_HOST": other_engine.host}
    ours.preview(**elsewhere).refused("this is another engine", "CAUSEWAY_ENGINE_MOVED=")
    ours.up(**elsewhere).refused("this is another engine")
    ours.pulumi("refresh", **elsewhere).refused("this is another engine")
    assert same()
    assert ours.ids() == before
    with other_engine.api() as there:
        assert there.containers(all=True) == []


def test_the_word_moves_the_stack_on_purpose_and_leaves_the_old_engine_alone(
    ours: Checkout, api: docker.APIClient, other_engine: Engine
) -> None:
    ours.write(ONE)
    ours.up().succeeded()
    same = untouched(api)
    with other_engine.api() as there:
        moved = {"DOCKER_HOST": other_engine.host, "CAUSEWAY_ENGINE_MOVED": there.info()["ID"]}
        ours.up("--refresh", **moved).succeeded()
        assert same()
        assert [each["Id"] for each in there.containers(all=True)] == ours.ids()
        ours.preview("--expect-no-changes", DOCKER_HOST=other_engine.host).succeeded()
        ours.preview().refused("this is another engine")
        empty(there)


def test_a_wrong_word_moves_nothing(
    ours: Checkout, api: docker.APIClient, other_engine: Engine
) -> None:
    ours.write(ONE)
    ours.up().succeeded()
    same, before = untouched(api), ours.ids()
    wrong = {"DOCKER_HOST": other_engine.host, "CAUSEWAY_ENGINE_MOVED": "AAAA:BBBB"}
    ours.pulumi("destroy", **wrong).refused("this is another engine")
    assert same()
    assert ours.ids() == before


def test_after_a_killed_update_another_engine_is_still_refused(
    ours: Checkout, api: docker.APIClient, other_engine: Engine
) -> None:
    ours.write(ONE)
    ours.up().succeeded()
    ours.write({**ONE, "two": {"network_mode": "none"}})
    ours.kill(lambda: len(api.containers(all=True)) > 1)
    same, before = untouched(api), ours.ids()
    for command in ("up", "destroy"):
        ours.pulumi(command, DOCKER_HOST=other_engine.host).refused("this is another engine")
    assert same()
    assert ours.ids() == before
    ours.up().succeeded()
    assert ours.ids() == sorted(each["Id"] for each in api.containers(all=True))
