"""Data: two writers never overlap, anonymous volumes move over, nothing goes without a word."""

from __future__ import annotations

import time
from typing import Any

import docker
import pytest

from tests.harm.checkout import Checkout, overlapped, read, untouched, write
from tests.tiny_image import TINY, rootfs

NONE = {"network_mode": "none"}
VERSION = {"environment": {"VERSION": "2"}}
WITH_VOLUME = "causeway-test/with-volume:1"


def exchanged(
    one: Checkout,
    api: docker.APIClient,
    before: dict[str, Any],
    after: dict[str, Any],
    **sections: Any,
) -> bool:
    """Whether old and new ran at the same time during an update."""
    one.write({"db": before}, **sections)
    one.up().succeeded()
    since, old = int(time.time()), one.one("db")["Id"]
    one.write({"db": after}, **sections)
    one.up().succeeded()
    new = one.one("db")["Id"]
    assert new != old
    return overlapped(api, since, old, new)


@pytest.mark.parametrize(
    "service",
    [
        {**NONE, "volumes": ["FOLDER:/data"]},
        {**NONE, "volumes": ["data:/data"]},
        {**NONE, "volumes": ["/data"]},
        {"network_mode": "host"},
    ],
    ids=["folder", "named volume", "anonymous volume", "host network"],
)
def test_an_old_and_a_new_writer_never_run_together(
    ours: Checkout, api: docker.APIClient, service: dict[str, Any]
) -> None:
    folder = ours.project.folder / "data"
    folder.mkdir()
    mounts = [each.replace("FOLDER", str(folder)) for each in service.get("volumes", [])]
    before = {**service, **({"volumes": mounts} if mounts else {})}
    sections: dict[str, Any] = {"volumes": {"data": {}}} if "data:/data" in mounts else {}
    assert not exchanged(ours, api, before, {**before, **VERSION}, **sections)


def test_two_that_share_a_namespace_never_run_together(
    ours: Checkout, api: docker.APIClient
) -> None:
    owner = {"owner": NONE}
    ours.write({**owner, "db": {"network_mode": "service:owner"}})
    ours.up().succeeded()
    since, old = int(time.time()), ours.one("db")["Id"]
    ours.write({**owner, "db": {"network_mode": "service:owner", **VERSION}})
    ours.up().succeeded()
    assert not overlapped(api, since, old, ours.one("db")["Id"])


def test_the_file_may_say_that_both_run(ours: Checkout, api: docker.APIClient) -> None:
    both = {"deploy": {"update_config": {"order": "start-first"}}, "volumes": ["data:/data"]}
    before = {**NONE, **both}
    assert exchanged(ours, api, before, {**before, **VERSION}, volumes={"data": {}})


def image_with_volume(api: docker.APIClient) -> None:
    api.import_image_from_data(
        rootfs().read_bytes(),
        repository=WITH_VOLUME.split(":")[0],
        tag="1",
        changes=["ENV PATH=/bin", 'CMD ["pause"]', "VOLUME /data"],
    )


@pytest.mark.parametrize("declared", ["in the file", "in the image"])
def test_an_anonymous_volume_moves_to_each_successor(
    ours: Checkout, api: docker.APIClient, declared: str
) -> None:
    image_with_volume(api)
    service: dict[str, Any] = {**NONE, "volumes": ["/data"]}
    if declared == "in the image":
        service = {**NONE, "image": WITH_VOLUME}
    ours.write({"db": service})
    ours.up().succeeded()
    write(api, ours.one("db")["Id"], "/data/kept", "precious")
    for version in ("2", "3"):
        ours.write({"db": {**service, "environment": {"VERSION": version}}})
        ours.up().succeeded()
        assert read(api, ours.one("db")["Id"], "/data/kept") == "precious"
    ours.preview("--expect-no-changes").succeeded()
    assert len(api.volumes()["Volumes"]) == 1


def test_an_anonymous_volume_is_renewed_where_the_file_says_so(
    ours: Checkout, api: docker.APIClient
) -> None:
    service: dict[str, Any] = {**NONE, "volumes": ["/data"]}
    ours.write({"db": service})
    ours.up().succeeded()
    write(api, ours.one("db")["Id"], "/data/kept", "old")
    renewed = {"x-causeway": {"update": {"renew_anon_volumes": True}}}
    ours.write({"db": {**service, **VERSION, **renewed}})
    ours.up().succeeded()
    assert read(api, ours.one("db")["Id"], "/data/kept") == ""


def test_an_anonymous_volume_survives_a_kill_in_the_middle_of_the_exchange(
    ours: Checkout, api: docker.APIClient
) -> None:
    service: dict[str, Any] = {**NONE, "volumes": ["/data"], "stop_grace_period": "2s"}
    ours.write({"db": {**service, "command": ["sleep", "1000"]}})
    ours.up().succeeded()
    write(api, ours.one("db")["Id"], "/data/kept", "precious")
    ours.write({"db": {**service, "command": ["sleep", "2000"]}})
    ours.kill(lambda: len(ours.containers()) > 1)
    ours.up().succeeded()
    found = ours.one("db")
    assert found["Config"]["Cmd"] == ["sleep", "2000"]
    assert read(api, found["Id"], "/data/kept") == "precious"


def test_new_labels_of_a_volume_leave_its_data_alone(ours: Checkout, api: docker.APIClient) -> None:
    service = {"db": {**NONE, "volumes": ["data:/data"]}}
    ours.write(service, volumes={"data": {}})
    ours.up().succeeded()
    write(api, ours.one("db")["Id"], "/data/kept", "precious")
    same = untouched(api)
    ours.write(service, volumes={"data": {"labels": {"team": "shop"}}})
    ours.up().succeeded()
    assert same()
    assert read(api, ours.one("db")["Id"], "/data/kept") == "precious"
    ours.preview("--expect-no-changes").succeeded()
    ours.preview("--refresh", "--expect-no-changes").succeeded()


OTHER = {"data": {"driver_opts": {"type": "tmpfs", "device": "tmpfs", "o": "size=1m"}}}


def test_a_change_that_would_delete_data_is_refused_although_yes_is_said(
    ours: Checkout, api: docker.APIClient
) -> None:
    service = {"db": {**NONE, "volumes": ["data:/data"]}}
    ours.write(service, volumes={"data": {}})
    ours.up().succeeded()
    write(api, ours.one("db")["Id"], "/data/kept", "precious")
    same = untouched(api)
    ours.write(service, volumes=OTHER)
    for outcome in (ours.preview(), ours.up()):
        outcome.refused(
            f"stacks/{ours.stack}/compose.yaml:1: volumes.data.driver_opts", "CAUSEWAY_DELETE_DATA"
        )
    assert same()
    assert read(api, ours.one("db")["Id"], "/data/kept") == "precious"


def test_the_word_deletes_the_data_of_the_volume_that_it_names(
    ours: Checkout, api: docker.APIClient
) -> None:
    service = {"db": {**NONE, "volumes": ["data:/data", "more:/more"]}}
    ours.write(service, volumes={"data": {}, "more": {}})
    ours.up().succeeded()
    write(api, ours.one("db")["Id"], "/more/kept", "precious")
    ours.pulumi("destroy").succeeded()
    ours.write(service, volumes={**OTHER, "more": {}})
    name = f"causeway-{ours.stack}_data"
    ours.up(CAUSEWAY_DELETE_DATA=name).succeeded()
    assert api.inspect_volume(name)["Options"]["type"] == "tmpfs"
    assert read(api, ours.one("db")["Id"], "/more/kept") == "precious"


def test_destroy_keeps_the_data_and_the_next_up_has_it(
    ours: Checkout, api: docker.APIClient
) -> None:
    service = {"db": {**NONE, "volumes": ["data:/data"]}}
    ours.write(service, volumes={"data": {}})
    ours.up().succeeded()
    write(api, ours.one("db")["Id"], "/data/kept", "precious")
    shown = ours.pulumi("destroy").succeeded().output
    assert "[retain]" in shown
    assert api.containers(all=True) == []
    ours.up().succeeded()
    assert read(api, ours.one("db")["Id"], "/data/kept") == "precious"


def test_a_volume_that_leaves_the_file_stays_on_the_engine(
    ours: Checkout, api: docker.APIClient
) -> None:
    ours.write({"db": {**NONE, "volumes": ["data:/data"]}}, volumes={"data": {}})
    ours.up().succeeded()
    write(api, ours.one("db")["Id"], "/data/kept", "precious")
    ours.write({"db": NONE})
    ours.up().succeeded()
    ours.write({"db": {**NONE, "volumes": ["data:/data"]}}, volumes={"data": {}})
    ours.up().succeeded()
    assert read(api, ours.one("db")["Id"], "/data/kept") == "precious"


def test_down_with_volumes_removes_the_stacks_own_and_nobody_elses(
    ours: Checkout, api: docker.APIClient
) -> None:
    api.create_volume("h-theirs")
    api.create_volume("h-external")
    services = {"db": {**NONE, "volumes": ["data:/data", "/anonymous", "out:/out"]}}
    ours.write(services, volumes={"data": {}, "out": {"external": True, "name": "h-external"}})
    ours.up().succeeded()
    ours.causeway("down", "--yes").succeeded()
    assert len(api.volumes()["Volumes"]) == 4
    ours.up().succeeded()
    ours.causeway("down", "--yes", "--volumes").succeeded()
    left = {each["Name"] for each in api.volumes()["Volumes"]}
    assert {"h-theirs", "h-external"} <= left
    assert f"causeway-{ours.stack}_data" not in left


def test_down_with_volumes_removes_what_an_earlier_destroy_kept(
    ours: Checkout, api: docker.APIClient
) -> None:
    ours.write({"db": {**NONE, "volumes": ["data:/data"]}}, volumes={"data": {}})
    ours.up().succeeded()
    ours.pulumi("destroy").succeeded()
    name = f"causeway-{ours.stack}_data"
    shown = ours.causeway("leftovers")
    assert shown.code == 1
    assert f"volume {name}" in shown.output
    ours.causeway("leftovers", "--remove", "other").refused("not among the leftovers: other")
    said = ours.causeway("down", "--yes", "--volumes").succeeded().output
    assert said.index(f"volume {name} is removed at the end") < said.index(
        f"volume {name} is removed\n"
    )
    assert api.volumes()["Volumes"] in (None, [])


def test_a_volume_made_by_hand_is_not_taken_over(ours: Checkout, api: docker.APIClient) -> None:
    name = f"causeway-{ours.stack}_data"
    api.create_volume(name)
    host = api.create_host_config(binds=[f"{name}:/data"])
    theirs = api.create_container(TINY, host_config=host)["Id"]
    api.start(theirs)
    write(api, theirs, "/data/kept", "precious")
    same = untouched(api)
    ours.write({"db": {**NONE, "volumes": ["data:/data"]}}, volumes={"data": {}})
    for outcome in (ours.preview(), ours.up()):
        outcome.refused(f"has a volume '{name}' that is not this stack's", "external: true")
    ours.pulumi("destroy").succeeded()
    assert same()
    assert read(api, theirs, "/data/kept") == "precious"


def test_a_renamed_service_does_not_run_on_the_volume_beside_its_successor(
    ours: Checkout, api: docker.APIClient
) -> None:
    service = {**NONE, "volumes": ["data:/data"]}
    ours.write({"old": service}, volumes={"data": {}})
    ours.up().succeeded()
    since, old = int(time.time()), ours.one("old")["Id"]
    write(api, old, "/data/kept", "precious")
    ours.write({"new": service}, volumes={"data": {}})
    ours.up().succeeded()
    new = ours.one("new")["Id"]
    assert ours.containers("old") == []
    assert not overlapped(api, since, old, new)
    assert read(api, new, "/data/kept") == "precious"


def test_services_that_share_a_volume_in_the_file_run_on_when_one_is_replaced(
    ours: Checkout, api: docker.APIClient
) -> None:
    service = {**NONE, "volumes": ["data:/data"]}
    ours.write({"one": service, "two": service}, volumes={"data": {}})
    ours.up().succeeded()
    two = ours.one("two")
    ours.write({"one": {**service, **VERSION}, "two": service}, volumes={"data": {}})
    ours.up().succeeded()
    assert ours.one("two")["State"]["StartedAt"] == two["State"]["StartedAt"]


def test_a_missing_folder_is_found_before_the_running_container_is_touched(
    ours: Checkout, api: docker.APIClient
) -> None:
    ours.write({"db": {**NONE, "container_name": "h-db"}})
    ours.up().succeeded()
    same = untouched(api)
    kept = {"create_host_path": False}
    mount = {"type": "bind", "source": "/nowhere/at/all", "target": "/data", "bind": kept}
    ours.write({"db": {**NONE, "container_name": "h-db", "volumes": [mount]}})
    ours.preview().refused("/nowhere/at/all")
    ours.up().refused("/nowhere/at/all")
    assert same()
