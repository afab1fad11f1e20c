"""docker.RemoteImage: local images, pulls, builds, and letting go."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
import pytest

from causeway.engine.faults import Fault
from causeway.provider.image.registry import progress
from causeway.provider.image.remote_image import RemoteImageKind
from causeway.provider.inputs.plain import UNKNOWN
from tests.engines import Engine
from tests.provider.registries import registry
from tests.provider.surroundings import Surroundings
from tests.tiny_image import TINY, tiny_digests


@pytest.fixture
def published(engine: Engine, api: docker.APIClient) -> Iterator[str]:
    """A name that only a registry knows, not the engine."""
    with registry(engine) as address:
        name = f"{address}/tiny:1"
        api.tag(TINY, f"{address}/tiny", "1")
        api.push(f"{address}/tiny", tag="1")
        api.remove_image(name)
        yield name
        for image in api.images():
            for tag in image["RepoTags"] or []:
                if tag.startswith(address):
                    api.remove_image(tag, force=True)


def check(
    surroundings: Surroundings, inputs: dict[str, Any]
) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    checked, failures = RemoteImageKind().check(surroundings.context(), "base", None, inputs, b"")
    return checked, [(failure.path, failure.reason) for failure in failures]


def create(
    surroundings: Surroundings, inputs: dict[str, Any], kind: RemoteImageKind | None = None
) -> tuple[str, dict[str, Any], dict[str, Any]]:
    checked, failures = check(surroundings, inputs)
    assert failures == []
    identity, state = (kind or RemoteImageKind()).create(surroundings.context(), "base", checked)
    return identity, checked, state


def changes(offline: Surroundings, old: dict[str, Any], new: dict[str, Any]) -> dict[str, str]:
    old, new = check(offline, old)[0], check(offline, new)[0]
    return dict(RemoteImageKind().diff(offline.context(), "id", old, old, new).changes)


# --- without an engine ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    ["nginx", "nginx:1", "h:5/a/b:1", "a@sha256:" + "0" * 64, "a:1@sha256:" + "0" * 64,
     "sha256:" + "a" * 64],
)  # fmt: skip
def test_good_name_is_taken(offline: Surroundings, name: str) -> None:
    assert check(offline, {"name": name}) == ({"name": name}, [])


@pytest.mark.parametrize("name", ["Nginx", "a b", "a:", "a@sha256:1", "", None])
def test_bad_name_is_refused(offline: Surroundings, name: str | None) -> None:
    assert [path for path, _ in check(offline, {"name": name})[1]] == ["name"]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"name": "b"}, {"name": "replace"}),
        ({"platform": "linux/arm64"}, {"platform": "replace"}),
        ({"pullTriggers": ["x"]}, {"pullTriggers": "replace"}),
        ({"triggers": {"x": "1"}}, {"triggers": "replace"}),
        ({"keepLocally": True}, {"keepLocally": "update"}),
        ({"forceRemove": True}, {"forceRemove": "update"}),
        ({"keepLocally": False}, {}),
        ({"pullTriggers": []}, {}),
    ],
)
def test_what_a_change_needs(
    offline: Surroundings, changed: dict[str, Any], expected: dict[str, str]
) -> None:
    assert changes(offline, {"name": "a"}, {"name": "a", **changed}) == expected


def test_order_of_pull_triggers_is_no_change(offline: Surroundings) -> None:
    old, new = {"name": "a", "pullTriggers": ["x", "y"]}, {"name": "a", "pullTriggers": ["y", "x"]}
    assert changes(offline, old, new) == {}


def test_preview_asks_nobody(offline: Surroundings) -> None:
    checked, _ = check(offline, {"name": "a:1"})
    assert RemoteImageKind().create(offline.context(preview=True), "base", checked) == (
        "",
        {"name": "a:1", "imageId": UNKNOWN, "repoDigest": UNKNOWN},
    )


def test_progress_counts_layers_and_tells_of_retries() -> None:
    layers = {"a": "Pull complete", "b": "Downloading", "c": "Retrying in 5 seconds"}
    amounts = {"b": (3_000_000, 10_000_000)}
    assert progress("pulling x", layers, amounts) == (
        "pulling x: 1 of 3 layers, 3 of 10 MB; the connection broke, retrying in 5 seconds"
    )


@pytest.mark.parametrize("version", ["2", "BuilderBuildKit"])
def test_buildkit_version_is_refused(offline: Surroundings, tmp_path: Path, version: str) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    inputs = {"name": "a:1", "build": {"context": str(tmp_path), "version": version}}
    assert [path for path, _ in check(offline, inputs)[1]] == ["build.version"]


def test_build_without_a_context_is_refused(offline: Surroundings) -> None:
    inputs = {"name": "a:1", "build": {"target": "x"}}
    assert ("build.context", "required: the folder to build from") in check(offline, inputs)[1]


# --- on the engine --------------------------------------------------------------------------------


def test_local_image_is_used_without_a_registry(
    online: Surroundings, api: docker.APIClient
) -> None:
    identity, _, state = create(online, {"name": TINY})
    image_id = api.inspect_image(TINY)["Id"]
    assert (identity, state["imageId"]) == (image_id + TINY, image_id)
    assert state["repoDigest"] in tiny_digests(image_id)
    assert online.progress == []


def test_missing_image_is_pulled(
    online: Surroundings, published: str, api: docker.APIClient
) -> None:
    identity, _, state = create(online, {"name": published})
    found = api.inspect_image(published)
    assert identity == found["Id"] + published
    assert state["repoDigest"] == found["RepoDigests"][0]
    assert online.progress[0] == f"pulling {published}"


def test_image_is_pulled_by_digest(online: Surroundings, published: str) -> None:
    _, _, state = create(online, {"name": published})
    digest = state["repoDigest"]
    _, _, by_digest = create(online, {"name": digest})
    assert by_digest["imageId"] == state["imageId"]
    assert by_digest["repoDigest"] == digest


def test_pull_triggers_ask_the_registry_though_the_name_is_local(
    online: Surroundings, published: str, api: docker.APIClient
) -> None:
    api.tag(TINY, published.rsplit(":", 1)[0], "1")
    create(online, {"name": published, "pullTriggers": ["x"]})
    assert online.progress[0] == f"pulling {published}"


def test_pull_with_credentials_of_the_provider(engine: Engine, api: docker.APIClient) -> None:
    with registry(engine, "me:secret") as address:
        login = {"username": "me", "password": "secret"}
        api.tag(TINY, f"{address}/tiny", "1")
        api.push(f"{address}/tiny", tag="1", auth_config=login)
        api.remove_image(f"{address}/tiny:1")
        online = Surroundings(engine.host, {"registryAuth": [{"address": address, **login}]})
        create(online, {"name": f"{address}/tiny:1"})
        api.remove_image(f"{address}/tiny:1")
        online.close()


def test_pull_without_credentials_says_how_to_log_in(engine: Engine, online: Surroundings) -> None:
    with registry(engine, "me:secret") as address:
        expected = (
            rf"image {address}/x:1 cannot be pulled: .*\n  what to do: .*docker login {address}"
        )
        with pytest.raises(Fault, match=expected):
            create(online, {"name": f"{address}/x:1"})


def test_image_that_does_not_exist_is_named_with_the_way_out(
    engine: Engine, online: Surroundings
) -> None:
    with registry(engine) as address:
        expected = (
            rf"{address}/none:1 cannot be pulled: .*(unknown|not found)\n"
            r".*spelling .*causeway:images"
        )
        with pytest.raises(Fault, match=expected):
            create(online, {"name": f"{address}/none:1"})


def test_registry_that_does_not_answer_is_named_with_the_way_out(online: Surroundings) -> None:
    expected = r"localhost:1/x:1 cannot be pulled: .*refused\n.*cannot reach the registry"
    with pytest.raises(Fault, match=expected):
        create(online, {"name": "localhost:1/x:1"})


def test_id_cannot_be_pulled(online: Surroundings) -> None:
    with pytest.raises(Fault, match="an id cannot be pulled"):
        create(online, {"name": "sha256:" + "a" * 64})


def test_delete_removes_the_name_only(
    online: Surroundings, scratch: str, api: docker.APIClient
) -> None:
    api.tag(TINY, f"{scratch}base", "1")
    identity, inputs, state = create(online, {"name": f"{scratch}base:1"})
    RemoteImageKind().delete(online.context(), identity, inputs, state)
    assert f"{scratch}base:1" not in api.inspect_image(TINY)["RepoTags"]


def test_delete_keeps_the_image_when_asked(
    online: Surroundings, scratch: str, api: docker.APIClient
) -> None:
    api.tag(TINY, f"{scratch}base", "1")
    identity, inputs, state = create(online, {"name": f"{scratch}base:1", "keepLocally": True})
    RemoteImageKind().delete(online.context(), identity, inputs, state)
    assert f"{scratch}base:1" in api.inspect_image(TINY)["RepoTags"]


def test_replacement_by_the_same_image_keeps_it(
    online: Surroundings, scratch: str, api: docker.APIClient
) -> None:
    api.tag(TINY, f"{scratch}base", "1")
    kind = RemoteImageKind()
    old = create(online, {"name": f"{scratch}base:1"}, RemoteImageKind())
    new = create(online, {"name": f"{scratch}base:1", "triggers": {"x": "1"}}, kind)
    kind.delete(online.context(), *old)
    assert f"{scratch}base:1" in api.inspect_image(TINY)["RepoTags"]
    kind.delete(online.context(), *new)
    assert f"{scratch}base:1" not in api.inspect_image(TINY)["RepoTags"]


def test_read_sees_a_removed_name_and_another_image(
    online: Surroundings, scratch: str, api: docker.APIClient
) -> None:
    api.tag(TINY, f"{scratch}base", "1")
    identity, inputs, state = create(online, {"name": f"{scratch}base:1"})
    assert RemoteImageKind().read(online.context(), identity, inputs, state) == (
        identity,
        state,
        inputs,
    )
    container = api.create_container(TINY, name=f"{scratch}c")
    other = api.commit(container["Id"], f"{scratch}base", "1")["Id"]
    moved = RemoteImageKind().read(online.context(), identity, inputs, state)
    assert moved is not None
    assert moved[1]["imageId"] == other
    api.remove_image(f"{scratch}base:1")
    assert RemoteImageKind().read(online.context(), identity, inputs, state) is None


@pytest.mark.parametrize("by", ["name", "id"])
def test_import_by_name_or_by_id(online: Surroundings, api: docker.APIClient, by: str) -> None:
    image_id = api.inspect_image(TINY)["Id"]
    given = TINY if by == "name" else image_id + TINY
    found = RemoteImageKind().read(online.context(), given, {}, {})
    assert found is not None
    identity, state, inputs = found
    assert (identity, inputs) == (image_id + TINY, {"name": TINY})
    assert state.pop("repoDigest") in tiny_digests(image_id)
    assert state == {"name": TINY, "imageId": image_id}


def test_build_honours_its_options(
    online: Surroundings, scratch: str, tmp_path: Path, api: docker.APIClient
) -> None:
    (tmp_path / "docker").mkdir()
    (tmp_path / "docker" / "File").write_text(
        f"FROM {TINY} AS one\nARG WHO\nENV WHO=$WHO\n"
        "RUN ulimit -n | grep -x 64 && grep db /etc/hosts\n"
        "FROM one\nENV LAST=1\n"
    )
    build = {
        "context": str(tmp_path),
        "dockerfile": "docker/File",
        "buildArgs": {"WHO": "me"},
        "target": "one",
        "labels": {"team": "web"},
        "tags": [f"{scratch}also:1"],
        "ulimits": [{"name": "nofile", "soft": 64, "hard": 64}],
        "extraHosts": ["db:10.0.0.9"],
        "memory": 64 * 1024 * 1024,
        "cpuShares": 512,
        "noCache": True,
    }
    identity, inputs, state = create(online, {"name": f"{scratch}built:1", "build": build})
    found = api.inspect_image(state["imageId"])
    assert sorted(found["RepoTags"]) == [f"{scratch}also:1", f"{scratch}built:1"]
    assert found["Config"]["Labels"]["team"] == "web"
    assert "WHO=me" in found["Config"]["Env"]
    assert "LAST=1" not in found["Config"]["Env"]
    RemoteImageKind().delete(online.context(), identity, inputs, state)
    with pytest.raises(docker.errors.ImageNotFound):
        api.inspect_image(state["imageId"])


def test_changed_context_of_a_build_replaces(offline: Surroundings, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    inputs = {"name": "a:1", "build": {"context": str(tmp_path)}}
    old, _ = check(offline, inputs)
    (tmp_path / "file").write_text("x")
    new, _ = check(offline, inputs)
    diff = RemoteImageKind().diff(offline.context(), "id", old, old, new)
    assert diff.changes == {"contextDigest": "replace"}
