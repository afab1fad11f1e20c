"""Replacements that Pulumi asks for without comparing, renamed resources, and failures half-way.

The programs here are plain Pulumi programs on the plugin: what Compose files cannot say.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import docker
import pytest

from tests.harm.checkout import Checkout, fingerprint, read, untouched, wait_for, write
from tests.tiny_image import TINY

HEAD = f"""
import pulumi, pulumi_docker as docker
from pulumi import Alias, ResourceOptions
def container(name, opts=None, **inputs):
    return docker.Container(name, docker.ContainerArgs(
        image="{TINY}", network_mode="bridge", destroy_grace_seconds=1, **inputs), opts)
def volume():
    return [docker.ContainerVolumeArgs(volume_name="h-data", container_path="/data"),
            docker.ContainerVolumeArgs(container_path="/anonymous")]
def port(number):
    return [docker.ContainerPortArgs(internal=80, external=number)]
"""
DB = 'container("db", volumes=volume(), ports=port(18120), envs=["V={}"])\n'


@pytest.fixture
def program(ours: Checkout) -> Callable[[str], None]:
    """Write the program; the first one makes the stack."""
    ours.write({"unused": {}})

    def write_program(body: str) -> None:
        Path(ours.project.folder, "__main__.py").write_text(HEAD + body)

    return write_program


Program = Callable[[str], None]


def urn(ours: Checkout, name: str) -> str:
    return str(next(each["urn"] for each in ours.state() if each["urn"].endswith(f"::{name}")))


def standing(ours: Checkout, api: docker.APIClient) -> dict[str, Any]:
    """The one container of the engine, which is the one that the state holds."""
    [found] = api.containers(all=True)
    assert [found["Id"]] == ours.ids()
    inspected: dict[str, Any] = api.inspect_container(found["Id"])
    assert inspected["State"]["Running"]
    return inspected


@pytest.mark.parametrize("how", ["--replace", "--target-replace", "taint"])
def test_a_replacement_that_was_asked_for_keeps_data_and_leaves_one_container(
    ours: Checkout, api: docker.APIClient, program: Program, how: str
) -> None:
    program(DB.format(1))
    ours.up().succeeded()
    old = standing(ours, api)
    write(api, old["Id"], "/data/kept", "precious")
    write(api, old["Id"], "/anonymous/kept", "dear")
    if how == "taint":
        ours.pulumi("state", "taint", urn(ours, "db"), "--yes").succeeded()
        ours.up().succeeded()
    else:
        ours.up(how, urn(ours, "db")).succeeded()
    new = standing(ours, api)
    assert new["Id"] != old["Id"]
    assert read(api, new["Id"], "/data/kept") == "precious"
    assert read(api, new["Id"], "/anonymous/kept") == "dear"
    ours.preview("--expect-no-changes").succeeded()


@pytest.mark.parametrize("how", ["--replace", "taint", "failed before"])
def test_a_kill_in_a_replacement_that_was_asked_for_is_mended_by_the_next_update(
    ours: Checkout, api: docker.APIClient, program: Program, how: str
) -> None:
    program(DB.format(1))
    ours.up().succeeded()
    old = standing(ours, api)
    write(api, old["Id"], "/data/kept", "precious")
    write(api, old["Id"], "/anonymous/kept", "dear")
    arguments = ["up", "--skip-preview"]
    if how == "taint":
        ours.pulumi("state", "taint", urn(ours, "db"), "--yes").succeeded()
    elif how == "--replace":
        arguments += ["--replace", urn(ours, "db")]
    else:
        program(DB.format(2) + 'container("bad", command=["/not/there"])\n')
        ours.up().refused("/not/there")
        program(DB.format(3))
    known = {each["Id"] for each in api.containers(all=True)}
    ours.kill(
        lambda: {each["Id"] for each in api.containers(all=True)} - known != set(), *arguments
    )
    ours.up().succeeded()
    new = standing(ours, api)["Id"]
    assert read(api, new, "/data/kept") == "precious"
    assert read(api, new, "/anonymous/kept") == "dear"
    ours.preview("--expect-no-changes").succeeded()


def test_what_a_killed_update_left_goes_although_the_next_one_changes_nothing(
    ours: Checkout, api: docker.APIClient, program: Program
) -> None:
    program('container("web", envs=["V=1"])\n')
    ours.up().succeeded()
    before = fingerprint(standing(ours, api))
    program('container("web", envs=["V=2"])\n')
    ours.kill(lambda: len(api.containers(all=True)) > 1)
    program('container("web", envs=["V=1"])\n')
    ours.preview().succeeded()
    assert len(api.containers(all=True)) == 2
    said = ours.up().succeeded().output
    assert "removes what a killed update left of it" in said
    assert fingerprint(standing(ours, api)) == before
    ours.preview("--expect-no-changes").succeeded()


def test_an_update_that_failed_half_way_kills_nothing_in_the_next(
    ours: Checkout, api: docker.APIClient, program: Program
) -> None:
    """The ids that wait for their deletion are not told to the plugin before it creates."""
    program('container("web", envs=["V=1"])\n')
    ours.up().succeeded()
    first = standing(ours, api)["Id"]
    program(
        'web = container("web", envs=["V=2"])\n'
        'container("bad", ResourceOptions(depends_on=[web]), command=["/not/there"])\n'
    )
    ours.up().refused("/not/there")
    assert api.inspect_container(first)["State"]["Running"]
    second = next(each["Id"] for each in api.containers() if each["Id"] != first)
    program(
        'web = container("web", envs=["V=3"])\n'
        'container("bad", ResourceOptions(depends_on=[web]), command=["/not/there"])\n'
    )
    ours.up().refused("/not/there")
    assert api.inspect_container(second)["State"]["Running"]
    program('container("web", envs=["V=3"])\n')
    ours.up().succeeded()
    standing(ours, api)


# Pulumi finds a resource by its own URN before it looks at aliases: both are compared with the
# namesake, and both are replaced.
SWAPPED = """
container("a", ResourceOptions(aliases=[Alias(name="b")]), envs=["N=b{0}"]{1})
container("b", ResourceOptions(aliases=[Alias(name="a")]), envs=["N=a{0}"]{2})
"""


@pytest.mark.parametrize("killed", [False, True], ids=["", "killed"])
def test_names_that_are_swapped_by_aliases_lose_neither(
    ours: Checkout, api: docker.APIClient, program: Program, killed: bool
) -> None:
    program('container("a", envs=["N=a1"])\ncontainer("b", envs=["N=b1"])\n')
    ours.up().succeeded()
    program(SWAPPED.format(2, "", ""))
    if killed:
        known = {each["Id"] for each in api.containers(all=True)}
        ours.kill(lambda: {each["Id"] for each in api.containers(all=True)} - known != set())
    ours.up().succeeded()
    found = [api.inspect_container(each["Id"]) for each in api.containers()]
    assert sorted(each["Id"] for each in found) == ours.ids()
    assert sorted(each["Config"]["Env"][0] for each in found) == ["N=a2", "N=b2"]


def test_ports_that_are_swapped_with_the_names_are_refused_and_both_run_on(
    ours: Checkout, api: docker.APIClient, program: Program
) -> None:
    program(
        'container("a", envs=["N=a1"], ports=port(18121))\n'
        'container("b", envs=["N=b1"], ports=port(18122))\n'
    )
    ours.up().succeeded()
    same = untouched(api)
    program(SWAPPED.format(1, ", ports=port(18122)", ", ports=port(18121)"))
    ours.up().refused("port is already allocated")
    assert same()
    assert len(api.containers(all=True)) == 2


def differ(api: docker.APIClient, known: set[str]) -> bool:
    return {each["Id"] for each in api.containers(all=True)} != known


@pytest.mark.parametrize("killed", [False, True], ids=["", "killed"])
def test_a_name_used_again_after_a_rename_does_not_cost_the_renamed_one(
    ours: Checkout, api: docker.APIClient, program: Program, killed: bool
) -> None:
    """The renamed container still carries the URN of its old name."""
    program('container("a", envs=["V=1"])\n')
    ours.up().succeeded()
    renamed = fingerprint(standing(ours, api))
    program('container("b", ResourceOptions(aliases=[Alias(name="a")]), envs=["V=1"])\n')
    ours.up().succeeded()
    for version in (1, 2):
        program(f'container("b", envs=["V=1"])\ncontainer("a", envs=["NEW={version}"])\n')
        if killed:
            known = {each["Id"] for each in api.containers(all=True)}
            ours.kill(partial(differ, api, known))
        ours.up().succeeded()
        assert fingerprint(api.inspect_container(renamed["id"])) == renamed
        assert sorted(each["Id"] for each in api.containers(all=True)) == ours.ids()
        assert len(ours.ids()) == 2


def test_a_container_that_was_kept_on_purpose_runs_on(
    ours: Checkout, api: docker.APIClient, program: Program
) -> None:
    kept = 'container("web", ResourceOptions(retain_on_delete=True), envs=["V={}"])\n'
    program(kept.format(1))
    ours.up().succeeded()
    first = fingerprint(standing(ours, api))
    program(kept.format(2))
    ours.up().succeeded()
    program(kept.format(3))
    said = ours.up().succeeded().output
    assert "is not in the state: `causeway leftovers` shows it" in said
    assert fingerprint(api.inspect_container(first["id"])) == first
    assert len([each for each in api.containers() if each["State"] == "running"]) == 3


def test_a_changed_provider_replaces_without_a_second_writer(
    ours: Checkout, api: docker.APIClient, program: Program
) -> None:
    program(DB.format(1))
    ours.up().succeeded()
    old = standing(ours, api)
    write(api, old["Id"], "/data/kept", "precious")
    program(
        'own = docker.Provider("own")\n'
        'container("db", ResourceOptions(provider=own, delete_before_replace=True), '
        'volumes=volume(), ports=port(18120), envs=["V=1"])\n'
    )
    ours.up().succeeded()
    new = standing(ours, api)
    assert read(api, new["Id"], "/data/kept") == "precious"
    ours.preview("--expect-no-changes").succeeded()


def test_a_resource_forgotten_by_the_state_is_not_killed_by_its_successor(
    ours: Checkout, api: docker.APIClient, program: Program
) -> None:
    program('container("web", envs=["V=1"])\n')
    ours.up().succeeded()
    first = fingerprint(standing(ours, api))
    ours.pulumi("state", "delete", urn(ours, "web"), "--yes").succeeded()
    ours.up().succeeded()
    wait_for(lambda: len(api.containers()) == 2)
    assert fingerprint(api.inspect_container(first["id"])) == first
