"""A state that is lost: the containers run on, and the data is taken over when nobody uses it."""

from __future__ import annotations

import shutil
from typing import Any

import docker

from tests.harm.checkout import Checkout, read, untouched, write

DB: dict[str, Any] = {"db": {"volumes": ["data:/data"], "networks": ["back"]}}
SECTIONS: dict[str, Any] = {"volumes": {"data": {}}, "networks": {"back": {}}}


def lose(ours: Checkout) -> None:
    """The folder with the state is gone; the stack is made anew."""
    state = ours.project.folder / ".pulumi-state"
    shutil.rmtree(state)
    state.mkdir()
    ours.project.pulumi("stack", "init", ours.stack, "--no-select").succeeded()


def test_what_a_lost_state_held_runs_on_and_its_data_is_found_again(
    ours: Checkout, api: docker.APIClient
) -> None:
    ours.write(DB, **SECTIONS)
    ours.up().succeeded()
    write(api, ours.one("db")["Id"], "/data/kept", "precious")
    same = untouched(api)
    lose(ours)
    for outcome in (ours.preview(), ours.up()):
        outcome.refused(f"created by stack {ours.stack} of project causeway")
    ours.pulumi("destroy").succeeded()
    assert same()
    # What docs/safety.md says to do.
    for container in ours.containers():
        api.remove_container(container["Id"], force=True)
    for network in api.networks(filters={"label": f"causeway.stack={ours.stack}"}):
        api.remove_network(network["Id"])
    ours.up().succeeded()
    assert read(api, ours.one("db")["Id"], "/data/kept") == "precious"


def test_an_exported_state_brings_all_back(ours: Checkout, api: docker.APIClient) -> None:
    ours.write(DB, **SECTIONS)
    ours.up().succeeded()
    copy = ours.project.folder / "copy.json"
    ours.pulumi("stack", "export", "--file", str(copy)).succeeded()
    same = untouched(api)
    lose(ours)
    ours.pulumi("stack", "import", "--file", str(copy)).succeeded()
    ours.preview("--expect-no-changes").succeeded()
    ours.up().succeeded()
    assert same()


def test_pulumis_own_last_copy_brings_all_back(ours: Checkout, api: docker.APIClient) -> None:
    ours.write(DB, **SECTIONS)
    ours.up().succeeded()
    same = untouched(api)
    folder = ours.project.folder / ".pulumi-state" / ".pulumi"
    state = folder / "stacks" / "causeway" / f"{ours.stack}.json"
    state.write_text("{")
    ours.preview().refused("error")
    copies = sorted((folder / "backups" / "causeway" / ours.stack).glob(f"{ours.stack}.*.json"))
    shutil.copy(copies[-1], state)
    state.with_name(f"{state.name}.attrs").unlink(missing_ok=True)
    ours.preview("--expect-no-changes").succeeded()
    assert same()
