"""docker.Volume: names, changes, and what happens to volumes that were there before."""

from __future__ import annotations

from typing import Any

import docker
import pytest

from provider.faults import Fault
from provider.plain import UNKNOWN
from provider.volume import VolumeKind
from tests.provider.surroundings import URN, Surroundings
from tests.tiny_image import TINY

KIND = VolumeKind()
LABELS = [{"label": "b", "value": "2"}, {"label": "a", "value": "1"}]


def check(
    surroundings: Surroundings, inputs: dict[str, Any], old: dict[str, Any] | None = None
) -> tuple[dict[str, Any], list[str]]:
    checked, failures = KIND.check(surroundings.context(), "data", old, inputs, b"\x12\x34\x56\x78")
    return checked, [failure.path for failure in failures]


def create(surroundings: Surroundings, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    checked, failures = check(surroundings, inputs)
    assert failures == []
    return KIND.create(surroundings.context(), "data", checked)


# --- without an engine ----------------------------------------------------------------------------


def test_name_is_made_from_the_logical_name_and_the_seed(offline: Surroundings) -> None:
    assert check(offline, {})[0] == {"name": "data-1234567", "driver": "local"}


def test_automatic_name_stays(offline: Surroundings) -> None:
    checked, _ = check(offline, {}, old={"name": "data-abcdef0"})
    assert checked["name"] == "data-abcdef0"


def test_name_taken_out_of_the_program_becomes_automatic(offline: Surroundings) -> None:
    checked, _ = check(offline, {}, old={"name": "mine"})
    assert checked["name"] == "data-1234567"


@pytest.mark.parametrize("name", ["a b", "x", "/etc", "-a"])
def test_bad_name_is_refused(offline: Surroundings, name: str) -> None:
    assert check(offline, {"name": name})[1] == ["name"]


def test_unknown_inputs_pass_check(offline: Surroundings) -> None:
    inputs = {"name": UNKNOWN, "driverOpts": UNKNOWN, "labels": UNKNOWN}
    assert check(offline, inputs) == ({**inputs, "driver": "local"}, [])


def test_order_of_labels_is_no_change(offline: Surroundings) -> None:
    old, _ = check(offline, {"name": "data", "labels": LABELS})
    new, _ = check(offline, {"name": "data", "labels": LABELS[::-1]})
    assert KIND.diff(offline.context(), "data", old, old, new).changes == {}


@pytest.mark.parametrize(
    ("key", "value"),
    [("driver", "nfs"), ("driverOpts", {"type": "tmpfs"}), ("labels", LABELS)],
)
def test_change_replaces_and_a_kept_name_goes_first(
    offline: Surroundings, key: str, value: Any
) -> None:
    old, _ = check(offline, {"name": "data"})
    new, _ = check(offline, {"name": "data", key: value})
    diff = KIND.diff(offline.context(), "data", old, old, new)
    assert diff.changes == {key: "replace"}
    assert diff.delete_before_replace
    assert diff.reason == (
        f"a volume cannot be changed in place ({key}): the old one goes first, with its data, "
        "because its name is needed"
    )


def test_new_name_is_created_first(offline: Surroundings) -> None:
    old, _ = check(offline, {"name": "data"})
    new, _ = check(offline, {"name": "other"})
    diff = KIND.diff(offline.context(), "data", old, old, new)
    assert (diff.changes, diff.delete_before_replace) == ({"name": "replace"}, False)


def test_preview_creates_nothing(offline: Surroundings) -> None:
    checked, _ = check(offline, {"name": "data"})
    assert KIND.create(offline.context(preview=True), "data", checked) == (
        "",
        {"name": "data", "driver": "local", "mountpoint": UNKNOWN},
    )


# --- on the engine --------------------------------------------------------------------------------


def test_volume_is_created_as_declared(
    online: Surroundings, scratch: str, api: docker.APIClient
) -> None:
    options = {"type": "tmpfs", "device": "tmpfs", "o": "size=1m"}
    identity, state = create(
        online, {"name": f"{scratch}data", "labels": LABELS, "driverOpts": options}
    )
    found = api.inspect_volume(identity)
    assert identity == f"{scratch}data"
    assert found["Options"] == options
    assert found["Labels"] == {"a": "1", "b": "2", "causeway.urn": URN, "causeway.run": "this-run"}
    assert state["mountpoint"] == found["Mountpoint"]


def test_read_finds_no_change(online: Surroundings, scratch: str) -> None:
    inputs, _ = check(online, {"name": f"{scratch}data", "labels": LABELS})
    identity, state = KIND.create(online.context(), "data", inputs)
    assert KIND.read(online.context(), identity, inputs, state) == (identity, state, inputs)


def test_read_sees_a_volume_made_anew_by_hand(
    online: Surroundings, scratch: str, api: docker.APIClient
) -> None:
    inputs, _ = check(online, {"name": f"{scratch}data", "labels": LABELS})
    identity, state = KIND.create(online.context(), "data", inputs)
    api.remove_volume(identity)
    api.create_volume(identity)
    found = KIND.read(online.context(), identity, inputs, state)
    assert found is not None
    diff = KIND.diff(online.context(), identity, found[2], found[1], inputs)
    assert diff.changes == {"labels": "replace"}


def test_read_sees_a_removed_volume(
    online: Surroundings, scratch: str, api: docker.APIClient
) -> None:
    identity, state = create(online, {"name": f"{scratch}data"})
    api.remove_volume(identity)
    assert KIND.read(online.context(), identity, state, state) is None


def test_import_takes_what_is_not_the_default(
    online: Surroundings, scratch: str, api: docker.APIClient
) -> None:
    api.create_volume(f"{scratch}data", labels={"a": "1"})
    found = KIND.read(online.context(), f"{scratch}data", {}, {})
    assert found is not None
    assert found[2] == {
        "name": f"{scratch}data",
        "labels": [{"label": "a", "value": "1"}],
    }
    wanted, _ = check(online, {"name": f"{scratch}data", "labels": LABELS[1:]})
    assert KIND.diff(online.context(), found[0], found[2], found[1], wanted).changes == {}


def test_volume_of_a_killed_run_is_taken_over_with_its_data(
    online: Surroundings, scratch: str
) -> None:
    first = create(online, {"name": f"{scratch}data"})
    assert create(online, {"name": f"{scratch}data"}) == first
    assert online.messages == []


def test_volume_of_others_that_is_the_same_is_taken_over_with_a_warning(
    online: Surroundings, scratch: str, api: docker.APIClient
) -> None:
    api.create_volume(f"{scratch}data")
    create(online, {"name": f"{scratch}data"})
    assert online.messages == [
        (
            "warning",
            f"volume {scratch}data existed already and is managed by this stack from now on: "
            "`pulumi destroy` deletes it with its data (retain_on_delete keeps it)",
        )
    ]


def test_volume_of_others_that_differs_is_refused(
    online: Surroundings, scratch: str, api: docker.APIClient
) -> None:
    api.create_volume(f"{scratch}data", labels={"whose": "mine"})
    with pytest.raises(Fault, match=f"'{scratch}data' exists already and differs in labels"):
        create(online, {"name": f"{scratch}data"})


def test_delete_removes_and_may_be_repeated(
    online: Surroundings, scratch: str, api: docker.APIClient
) -> None:
    identity, state = create(online, {"name": f"{scratch}data"})
    KIND.delete(online.context(), identity, state, state)
    KIND.delete(online.context(), identity, state, state)
    assert api.volumes(filters={"name": scratch})["Volumes"] in (None, [])


def test_delete_of_a_volume_in_use_names_its_users(
    online: Surroundings, scratch: str, api: docker.APIClient
) -> None:
    identity, state = create(online, {"name": f"{scratch}data"})
    host_config = api.create_host_config(binds=[f"{identity}:/data"])
    for name in ("one", "two"):
        api.create_container(TINY, name=f"{scratch}{name}", host_config=host_config)
    with pytest.raises(Fault, match=f"is used by {scratch}one, {scratch}two and was not removed"):
        KIND.delete(online.context(), identity, state, state)


def test_a_lost_volume_is_noticed_without_a_refresh(
    online: Surroundings, api: docker.APIClient, scratch: str
) -> None:
    name, state = create(online, {"name": f"{scratch}-data"})
    assert KIND.lost(online.context(), name, {}, state) is None
    api.remove_volume(name)
    assert KIND.lost(online.context(), name, {}, state) == "the volume was removed"


def test_the_order_of_keys_in_a_label_is_no_change(offline: Surroundings) -> None:
    """The wire does not keep it; a difference here would delete the volume with its data."""
    old = [{"label": "b", "value": "1"}, {"label": "a", "value": "2"}]
    new = [{"value": "2", "label": "a"}, {"value": "1", "label": "b"}]
    inputs = {"name": "data", "driver": "local"}
    diff = KIND.diff(
        offline.context(), "data", {**inputs, "labels": old}, {}, {**inputs, "labels": new}
    )
    assert diff.changes == {}
