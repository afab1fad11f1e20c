"""docker.Volume: names, changes, and what happens to volumes that were there before."""

from __future__ import annotations

from typing import Any

import docker
import pytest

from causeway.engine.faults import Fault
from causeway.provider.inputs.plain import UNKNOWN
from causeway.provider.volume import VolumeKind
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


def test_name_is_made_from_the_logical_name_and_the_seed(online: Surroundings) -> None:
    assert check(online, {})[0] == {"name": "data-1234567", "driver": "local"}


def test_automatic_name_stays(offline: Surroundings) -> None:
    checked, _ = check(offline, {}, old={"name": "data-abcdef0"})
    assert checked["name"] == "data-abcdef0"


def test_name_taken_out_of_the_program_becomes_automatic(online: Surroundings) -> None:
    checked, _ = check(online, {}, old={"name": "mine"})
    assert checked["name"] == "data-1234567"


@pytest.mark.parametrize("name", ["a b", "x", "/etc", "-a"])
def test_bad_name_is_refused(offline: Surroundings, name: str) -> None:
    assert check(offline, {"name": name})[1] == ["name"]


def test_unknown_inputs_pass_check(offline: Surroundings) -> None:
    inputs = {"name": UNKNOWN, "driverOpts": UNKNOWN, "labels": UNKNOWN}
    assert check(offline, inputs) == ({**inputs, "driver": "local"}, [])


def test_order_of_labels_is_no_change(online: Surroundings) -> None:
    old, _ = check(online, {"name": "data", "labels": LABELS})
    new, _ = check(online, {"name": "data", "labels": LABELS[::-1]})
    assert KIND.diff(online.context(), "data", old, old, new).changes == {}


@pytest.mark.parametrize(
    ("key", "value"),
    [("driver", "nfs"), ("driverOpts", {"type": "tmpfs"})],
)
def test_change_replaces_and_a_kept_name_goes_first(
    online: Surroundings, key: str, value: Any
) -> None:
    old, _ = check(online, {"name": "data"})
    new, _ = check(online, {"name": "data", key: value})
    diff = KIND.diff(online.context(), "data", old, old, new)
    assert diff.changes == {key: "replace"}
    assert diff.delete_before_replace
    assert diff.reason == (
        f"a volume cannot be changed in place ({key}): the old one is deleted first, with its "
        "data, as CAUSEWAY_DELETE_DATA allows"
    )


def test_new_name_is_created_first(online: Surroundings) -> None:
    old, _ = check(online, {"name": "data"})
    new, _ = check(online, {"name": "other"})
    diff = KIND.diff(online.context(), "data", old, old, new)
    assert (diff.changes, diff.delete_before_replace) == ({"name": "replace"}, False)
    assert diff.reason == "a new volume; data stays on the engine with its data"


def test_preview_creates_nothing(online: Surroundings) -> None:
    checked, _ = check(online, {"name": "data"})
    assert KIND.create(online.context(preview=True), "data", checked) == (
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
    assert found["Labels"] == {
        "a": "1",
        "b": "2",
        "causeway.urn": URN,
        "causeway.run": "this-run",
        "causeway.state": "this-state",
        "causeway.checkout": "me@here:/x",
    }
    assert state["mountpoint"] == found["Mountpoint"]


def test_read_finds_no_change(online: Surroundings, scratch: str) -> None:
    inputs, _ = check(online, {"name": f"{scratch}data", "labels": LABELS})
    identity, state = KIND.create(online.context(), "data", inputs)
    assert KIND.read(online.context(), identity, inputs, state) == (identity, state, inputs)


def test_read_sees_a_volume_made_anew_by_hand_with_another_driver_option(
    online: Surroundings, scratch: str, api: docker.APIClient
) -> None:
    inputs, _ = check(online, {"name": f"{scratch}data", "labels": LABELS})
    identity, state = KIND.create(online.context(), "data", inputs)
    api.remove_volume(identity)
    options = {"type": "tmpfs", "device": "tmpfs"}
    api.create_volume(identity, driver_opts=options)
    found = KIND.read(online.context(), identity, inputs, state)
    assert found is not None
    assert found[2] == {**inputs, "driverOpts": options}


def test_changed_labels_leave_the_volume_and_its_data_alone(
    online: Surroundings, scratch: str, api: docker.APIClient
) -> None:
    inputs, _ = check(online, {"name": f"{scratch}data", "labels": LABELS})
    identity, state = KIND.create(online.context(), "data", inputs)
    before = api.inspect_volume(identity)
    new = {**inputs, "labels": [{"label": "c", "value": "3"}]}
    diff = KIND.diff(online.context(), identity, inputs, state, new)
    assert diff.changes == {"labels": "update"}
    after = KIND.update(online.context(), identity, inputs, state, new)
    assert api.inspect_volume(identity) == before
    assert KIND.read(online.context(), identity, new, after) == (identity, after, new)


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


@pytest.mark.parametrize("labels", [{}, {"whose": "mine"}, {"causeway.urn": URN}])
def test_a_volume_of_others_is_refused_in_the_preview_and_by_the_creation(
    online: Surroundings, scratch: str, api: docker.APIClient, labels: dict[str, str]
) -> None:
    api.create_volume(f"{scratch}data", labels=labels)
    inputs, failures = KIND.check(
        online.context(), "data", None, {"name": f"{scratch}data"}, b"seed"
    )
    said = f"the engine has a volume '{scratch}data' that is not this stack's"
    assert [failure.path for failure in failures] == ["name"]
    assert failures[0].reason.startswith(said)
    with pytest.raises(Fault, match=said):
        KIND.create(online.context(), "data", inputs)


@pytest.mark.parametrize(
    "change", [{"driver": "other"}, {"driverOpts": {"type": "tmpfs", "device": "tmpfs"}}]
)
def test_a_change_that_would_delete_the_data_is_refused(
    online: Surroundings, scratch: str, change: dict[str, Any]
) -> None:
    inputs, _ = check(online, {"name": f"{scratch}data"})
    KIND.create(online.context(), "data", inputs)
    _, failures = KIND.check(online.context(), "data", inputs, {**inputs, **change}, b"seed")
    assert [failure.path for failure in failures] == [*change]
    assert f"CAUSEWAY_DELETE_DATA={scratch}data" in failures[0].reason


def test_a_change_that_deletes_the_data_is_made_on_the_word(
    online: Surroundings, scratch: str, api: docker.APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAUSEWAY_DELETE_DATA", f"other, {scratch}data")
    inputs, _ = check(online, {"name": f"{scratch}data"})
    KIND.create(online.context(), "data", inputs)
    options = {"type": "tmpfs", "device": "tmpfs"}
    new, failures = KIND.check(
        online.context(), "data", inputs, {**inputs, "driverOpts": options}, b"seed"
    )
    assert failures == []
    KIND.create(online.context(), "data", new)
    assert api.inspect_volume(f"{scratch}data")["Options"] == options


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
    assert KIND.missing_reason(online.context(), name, {}, state) is None
    api.remove_volume(name)
    assert KIND.missing_reason(online.context(), name, {}, state) == "the volume was removed"


def test_the_order_of_keys_in_a_label_is_no_change(offline: Surroundings) -> None:
    """The wire does not keep it; a difference here would delete the volume with its data."""
    old = [{"label": "b", "value": "1"}, {"label": "a", "value": "2"}]
    new = [{"value": "2", "label": "a"}, {"value": "1", "label": "b"}]
    inputs = {"name": "data", "driver": "local"}
    diff = KIND.diff(
        offline.context(), "data", {**inputs, "labels": old}, {}, {**inputs, "labels": new}
    )
    assert diff.changes == {}
