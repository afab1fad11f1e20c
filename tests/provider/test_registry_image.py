"""Images pushed, tagged, looked up and removed in Debian's registry: private authority, login."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from tests.engines import Engine
from tests.provider.debian_registry import Registry, debian_registry
from tests.provider.plugin import Plugin, Refused
from tests.tiny_image import TINY

TAG = "docker:index/tag:Tag"
PUSHED = "docker:index/registryImage:RegistryImage"
REMOTE = "docker:index/remoteImage:RemoteImage"


@pytest.fixture(scope="module")
def registry(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    with debian_registry(engine, Path(tmp_path_factory.mktemp("registry"))) as running:
        yield running


@pytest.fixture(scope="module")
def logged_in(engine: Engine, registry: Registry) -> Iterator[Plugin]:
    with Plugin(engine.host, config={"registryAuth": [registry.auth]}) as running:
        yield running


def test_an_image_goes_to_the_registry_and_comes_back(
    logged_in: Plugin, registry: Registry, api: docker.APIClient
) -> None:
    name = f"{registry.address}/team/tiny:1"
    tag = logged_in.create(TAG, "tag", {"sourceImage": TINY, "targetImage": name})
    pushed = logged_in.create(PUSHED, "pushed", {"name": name})
    digest = pushed.state["sha256Digest"]
    assert digest.startswith("sha256:")
    assert logged_in.invoke("getRegistryImage", {"name": name})["sha256Digest"] == digest
    logged_in.delete(tag)
    assert not any(name in (image["RepoTags"] or []) for image in api.images())

    pulled = logged_in.create(REMOTE, "pulled", {"name": name})
    assert pulled.state["imageId"] == api.inspect_image(TINY)["Id"]
    assert pulled.state["repoDigest"] == f"{registry.address}/team/tiny@{digest}"

    assert logged_in.read(pushed) == pushed.__class__(
        pushed.urn, pushed.id, pushed.inputs, pushed.state, ["read"]
    )
    logged_in.delete(pushed)
    assert logged_in.read(pushed) is None
    logged_in.delete(pulled)


def test_the_manifests_of_an_image_and_of_one_for_several_platforms(
    logged_in: Plugin, registry: Registry
) -> None:
    name = f"{registry.address}/team/parts"
    tag = logged_in.create(TAG, "parts", {"sourceImage": TINY, "targetImage": f"{name}:one"})
    pushed = logged_in.create(PUSHED, "parts", {"name": f"{name}:one"})
    [only] = logged_in.invoke("getRegistryImageManifests", {"name": f"{name}:one"})["manifests"]
    kind = "application/vnd.docker.distribution.manifest.v2+json"
    assert only == {
        "architecture": "amd64",
        "mediaType": kind,
        "os": "linux",
        "sha256Digest": pushed.id,
    }

    size = len(registry.call("GET", "team/parts/manifests/one", kind).content)
    entries = [
        {"mediaType": kind, "digest": pushed.id, "size": size, "platform": platform}
        for platform in (
            {"architecture": "amd64", "os": "linux"},
            {"architecture": "arm64", "os": "linux"},
        )
    ]
    several = "application/vnd.docker.distribution.manifest.list.v2+json"
    body = json.dumps({"schemaVersion": 2, "mediaType": several, "manifests": entries})
    registry.call("PUT", "team/parts/manifests/all", several, body).raise_for_status()
    found = logged_in.invoke("getRegistryImageManifests", {"name": f"{name}:all"})
    assert found["id"] == f"{name}:all"
    assert found["manifests"] == [only, {**only, "architecture": "arm64"}]

    with pytest.raises(Refused, match=f"{name}:none is not in its registry"):
        logged_in.invoke("getRegistryImageManifests", {"name": f"{name}:none"})
    logged_in.delete(pushed)
    logged_in.delete(tag)


def test_an_image_that_stays_in_the_registry(logged_in: Plugin, registry: Registry) -> None:
    name = f"{registry.address}/team/kept:1"
    tag = logged_in.create(TAG, "kept-tag", {"sourceImage": TINY, "targetImage": name})
    pushed = logged_in.create(PUSHED, "kept", {"name": name, "keepRemotely": True})
    logged_in.delete(pushed)
    assert logged_in.invoke("getRegistryImage", {"name": name})["id"] == pushed.id
    logged_in.delete(tag)


def test_a_wrong_login_is_told(engine: Engine, registry: Registry) -> None:
    wrong = {**registry.auth, "password": "guess"}
    name = f"{registry.address}/team/private:1"
    with Plugin(engine.host, config={"registryAuth": [wrong]}) as plugin:
        tag = plugin.create(TAG, "tag", {"sourceImage": TINY, "targetImage": name})
        with pytest.raises(Refused, match=f"image {name} cannot be pushed: .*\n.*docker login"):
            plugin.create(PUSHED, "pushed", {"name": name})
        with pytest.raises(Refused, match=f"the registry denies access to {name}"):
            plugin.invoke("getRegistryImage", {"name": name})
        plugin.delete(tag)


def test_what_is_not_there_is_told(logged_in: Plugin, registry: Registry) -> None:
    name = f"{registry.address}/team/nothing:1"
    with pytest.raises(Refused, match=f"{name} is not in its registry"):
        logged_in.invoke("getRegistryImage", {"name": name})
    with pytest.raises(Refused, match=f"image {name} is not on the engine"):
        logged_in.create(PUSHED, "pushed", {"name": name})
    with pytest.raises(Refused, match="image no-such-image:1 is not on the engine"):
        logged_in.create(TAG, "tag", {"sourceImage": "no-such-image:1", "targetImage": name})


def test_a_built_image_is_pushed_and_replaced_when_its_context_changes(
    logged_in: Plugin, registry: Registry, api: docker.APIClient, tmp_path: Path
) -> None:
    name = f"{registry.address}/team/built:1"
    (tmp_path / "Dockerfile").write_text(f"FROM {TINY}\nARG WHO\nENV WHO=$WHO\nCOPY word /\n")
    (tmp_path / "word").write_text("one")
    inputs = {"name": name, "build": {"context": str(tmp_path), "buildArgs": {"WHO": "me"}}}
    built = logged_in.create(PUSHED, "built", inputs)
    assert "WHO=me" in api.inspect_image(name)["Config"]["Env"]
    assert logged_in.invoke("getRegistryImage", {"name": name})["sha256Digest"] == built.id
    assert logged_in.apply(built, inputs).steps == []

    (tmp_path / "word").write_text("two")
    changed = logged_in.apply(built, inputs)
    assert changed.steps == ["create", "delete"]
    assert changed.id != built.id
    assert logged_in.invoke("getRegistryImage", {"name": name})["sha256Digest"] == changed.id
    assert api.inspect_image(name)["Id"] == changed.state["imageId"]
    with pytest.raises(docker.errors.ImageNotFound):
        api.inspect_image(built.state["imageId"])

    logged_in.delete(changed)
    assert logged_in.read(changed) is None
    with pytest.raises(docker.errors.ImageNotFound):
        api.inspect_image(name)


def test_what_is_wrong_with_a_build_block_is_told_by_check(
    logged_in: Plugin, tmp_path: Path
) -> None:
    inputs = {"name": "registry.example/x:1", "build": {"context": str(tmp_path), "sbom": "true"}}
    failures = logged_in.failures(PUSHED, inputs)
    assert [failure.split(":")[0] for failure in failures] == ["build.sbom", "build.dockerfile"]


def test_an_image_pushed_again_by_a_trigger_stays_in_the_registry(
    logged_in: Plugin, registry: Registry
) -> None:
    name = f"{registry.address}/team/again:1"
    tag = logged_in.create(TAG, "again-tag", {"sourceImage": TINY, "targetImage": name})
    pushed = logged_in.create(PUSHED, "again", {"name": name, "triggers": {"at": "one"}})
    again = logged_in.apply(pushed, {"name": name, "triggers": {"at": "two"}})
    assert (again.steps, again.id) == (["create", "delete"], pushed.id)
    assert logged_in.invoke("getRegistryImage", {"name": name})["sha256Digest"] == pushed.id
    logged_in.delete(again)
    assert logged_in.read(again) is None
    logged_in.delete(tag)


def test_the_same_image_under_a_new_tag_outlives_the_old_one(
    logged_in: Plugin, registry: Registry
) -> None:
    old, new = (f"{registry.address}/team/renamed:{tag}" for tag in ("1", "2"))
    tags = [
        logged_in.create(TAG, f"renamed-{name[-1]}", {"sourceImage": TINY, "targetImage": name})
        for name in (old, new)
    ]
    pushed = logged_in.create(PUSHED, "renamed", {"name": old})
    renamed = logged_in.apply(pushed, {"name": new})
    assert renamed.steps == ["create", "delete"]
    assert logged_in.invoke("getRegistryImage", {"name": new})["id"] == renamed.id
    logged_in.delete(renamed)
    for tag in tags:
        logged_in.delete(tag)


def test_a_further_tag_of_an_image_built_anew_the_same_stays(
    logged_in: Plugin, registry: Registry, api: docker.APIClient, tmp_path: Path, scratch: str
) -> None:
    extra = f"{scratch}-extra:1"
    (tmp_path / "Dockerfile").write_text(f"FROM {TINY}\nENV TAGGED=twice\n")
    build = {"context": str(tmp_path), "tags": [extra]}
    inputs = {"name": f"{registry.address}/team/tagged:1", "build": build}
    built = logged_in.create(PUSHED, "tagged", {**inputs, "triggers": {"at": "one"}})
    again = logged_in.apply(built, {**inputs, "triggers": {"at": "two"}})
    assert again.steps == ["create", "delete"]
    assert api.inspect_image(extra)["Id"] == again.state["imageId"]
    logged_in.delete(again)
    with pytest.raises(docker.errors.ImageNotFound):
        api.inspect_image(extra)


def test_a_tag_moved_by_hand_is_set_again(
    logged_in: Plugin, api: docker.APIClient, scratch: str
) -> None:
    name = f"{scratch}-name:1"
    tag = logged_in.create(TAG, "moved", {"sourceImage": TINY, "targetImage": name})
    api.remove_image(name)
    assert logged_in.read(tag) is None
    again = logged_in.create(TAG, "moved", {"sourceImage": TINY, "targetImage": name})
    assert again.state["sourceImageId"] == api.inspect_image(name)["Id"]
    logged_in.delete(again)


def test_the_last_name_of_an_image_is_not_taken_away(
    logged_in: Plugin, api: docker.APIClient, scratch: str
) -> None:
    api.tag(TINY, f"{scratch}-source", "1")
    inputs = {"sourceImage": f"{scratch}-source:1", "targetImage": f"{scratch}-target:1"}
    tag = logged_in.create(TAG, "last", inputs)
    api.remove_image(f"{scratch}-source:1")
    logged_in.delete(tag)
    assert not any(f"{scratch}-target:1" in (i["RepoTags"] or []) for i in api.images())
    assert api.inspect_image(TINY)
