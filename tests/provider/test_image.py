"""docker.Image: what check says, what a change does, and what the engine holds afterwards."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import docker
import pytest

from causeway.engine.faults import Fault
from causeway.provider.image.image import ImageKind
from causeway.provider.inputs.plain import UNKNOWN
from tests.provider.surroundings import Surroundings
from tests.tiny_image import TINY


@pytest.fixture
def app(tmp_path: Path) -> Path:
    folder = tmp_path / "app"
    folder.mkdir()
    (folder / "Dockerfile").write_text(f"FROM {TINY}\nARG GREETING=hello\nCOPY page /page\n")
    (folder / "page").write_text("first")
    (folder / ".dockerignore").write_text("*.md\n")
    return folder


def declared(app: Path, name: str = "web:dev", **build: Any) -> dict[str, Any]:
    return {"imageName": name, "skipPush": True, "build": {"context": str(app), **build}}


def check(
    surroundings: Surroundings, inputs: dict[str, Any]
) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    checked, failures = ImageKind().check(surroundings.context(), "web", None, inputs, b"")
    return checked, [(failure.path, failure.reason) for failure in failures]


def changes(online: Surroundings, old: dict[str, Any], new: dict[str, Any]) -> dict[str, str]:
    state = {**old, "imageId": "sha256:1"}
    return dict(ImageKind().diff(online.context(), "sha256:1", old, state, new).changes)


class Deployed:
    """An image resource through its life in one run of the plugin, as Pulumi drives it."""

    def __init__(self, surroundings: Surroundings) -> None:
        self.kind = ImageKind()
        self.surroundings = surroundings
        self.id = ""
        self.inputs: dict[str, Any] = {}
        self.state: dict[str, Any] = {}

    def up(self, inputs: dict[str, Any]) -> str:
        """Apply; what happened: "create", "same", "update" or "replace"."""
        ctx = self.surroundings.context()
        checked, failures = self.kind.check(ctx, "web", self.inputs or None, inputs, b"")
        assert failures == []
        if not self.id:
            self._create(checked)
            return "create"
        diff = self.kind.diff(ctx, self.id, self.inputs, self.state, checked)
        if diff.replaces:
            self.replace(checked)
            return "replace"
        if diff.changes:
            self.state = self.kind.update(ctx, self.id, self.inputs, self.state, checked)
            self.inputs = checked
            return "update"
        return "same"

    def replace(self, checked: dict[str, Any]) -> None:
        old = self.id, self.inputs, self.state
        self._create(checked)
        self.kind.delete(self.surroundings.context(), *old)

    def refresh(self) -> bool:
        found = self.kind.read(self.surroundings.context(), self.id, self.inputs, self.state)
        if found is None:
            self.id, self.inputs, self.state = "", {}, {}
            return False
        self.id, self.state, self.inputs = found
        return True

    def destroy(self) -> None:
        self.kind.delete(self.surroundings.context(), self.id, self.inputs, self.state)

    def _create(self, checked: dict[str, Any]) -> None:
        ctx = self.surroundings.context()
        self.id, self.state = self.kind.create(ctx, "web", checked)
        self.inputs = checked


def exists(api: docker.APIClient, image: str) -> bool:
    try:
        api.inspect_image(image)
    except docker.errors.ImageNotFound:
        return False
    return True


# --- check: without an engine ---------------------------------------------------------------------


def test_check_adds_the_digest_and_defaults(online: Surroundings, app: Path) -> None:
    checked, failures = check(online, {"imageName": "web:dev", "build": {"context": str(app)}})
    assert failures == []
    assert checked["contextDigest"].startswith("sha256:")
    assert (checked["skipPush"], checked["buildOnPreview"]) == (False, False)


def test_digest_is_not_taken_from_the_program(online: Surroundings, app: Path) -> None:
    checked, _ = check(online, declared(app) | {"contextDigest": "sha256:0"})
    assert checked["contextDigest"] != "sha256:0"


def test_context_that_is_not_known_yet_leaves_the_digest_open(online: Surroundings) -> None:
    checked, failures = check(online, {"imageName": UNKNOWN, "build": {"context": UNKNOWN}})
    assert (checked["contextDigest"], failures) == (UNKNOWN, [])


def test_missing_context_is_a_check_failure(online: Surroundings, tmp_path: Path) -> None:
    _, failures = check(online, declared(tmp_path / "none"))
    path = tmp_path / "none"
    assert failures == [("build.context", f"the build context '{path}' does not exist")]


def test_missing_dockerfile_is_a_check_failure(online: Surroundings, app: Path) -> None:
    (app / "Dockerfile").unlink()
    _, failures = check(online, declared(app))
    assert failures == [("build.dockerfile", f"the Dockerfile '{app}/Dockerfile' does not exist")]


@pytest.mark.parametrize("name", ["Web:dev", "web:", "web dev", "web@sha256:" + "0" * 64, "", None])
def test_bad_image_name_is_refused(online: Surroundings, app: Path, name: str | None) -> None:
    _, failures = check(online, declared(app) | {"imageName": name})
    assert [path for path, _ in failures] == ["imageName"]


@pytest.mark.parametrize("name", ["web", "web:1.0-rc_1", "host:5000/team/web:x", "a/b/c", "a__b"])
def test_good_image_name_is_taken(online: Surroundings, app: Path, name: str) -> None:
    assert check(online, declared(app, name))[1] == []


def test_buildkit_is_refused_when_asked_for(online: Surroundings, app: Path) -> None:
    _, failures = check(online, declared(app, builderVersion="BuilderBuildKit"))
    assert failures[0][0] == "build.builderVersion"
    assert failures[0][1].startswith("BuilderBuildKit is not available: this provider uses")


def test_classic_builder_may_be_named(online: Surroundings, app: Path) -> None:
    assert check(online, declared(app, builderVersion="BuilderV1"))[1] == []


def test_dockerfile_for_buildkit_is_refused_with_the_line(online: Surroundings, app: Path) -> None:
    (app / "Dockerfile").write_text("FROM scratch\nRUN --mount=type=cache,target=/c true\n")
    _, failures = check(online, declared(app))
    assert failures[0][0] == "build.dockerfile"
    assert "needs BuildKit (line 2: RUN --mount)" in failures[0][1]


def test_misspelt_input_is_refused_with_a_suggestion(online: Surroundings, app: Path) -> None:
    _, failures = check(online, declared(app, dockerFile="x"))
    assert failures == [
        ("build.dockerFile", "there is no such input (did you mean build.dockerfile?)")
    ]


def test_all_failures_come_at_once(online: Surroundings, tmp_path: Path) -> None:
    inputs = declared(tmp_path, "BAD", platform="a b", addHosts=["nohost"])
    _, failures = check(online, inputs)
    assert [path for path, _ in failures] == [
        "imageName",
        "build.platform",
        "build.addHosts[0]",
        "build.dockerfile",
    ]


# --- diff -----------------------------------------------------------------------------------------


def test_unchanged_context_is_no_change(online: Surroundings, app: Path) -> None:
    old, _ = check(online, declared(app))
    (app / "NOTES.md").write_text("ignored")
    new, _ = check(online, declared(app))
    assert changes(online, old, new) == {}


def test_changed_file_replaces(online: Surroundings, app: Path) -> None:
    old, _ = check(online, declared(app))
    (app / "page").write_text("second")
    new, _ = check(online, declared(app))
    assert changes(online, old, new) == {"contextDigest": "replace"}


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("args", {"GREETING": "hi"}),
        ("target", "base"),
        ("platform", "linux/amd64"),
        ("network", "host"),
        ("addHosts", ["db:10.0.0.1"]),
    ],
)
def test_changed_option_replaces(online: Surroundings, app: Path, option: str, value: Any) -> None:
    old, _ = check(online, declared(app))
    new, _ = check(online, declared(app, **{option: value}))
    assert changes(online, old, new) == {f"build.{option}": "replace"}


def test_moved_context_of_the_same_content_builds_nothing(
    online: Surroundings, app: Path, tmp_path: Path
) -> None:
    old, _ = check(online, declared(app))
    new, _ = check(online, declared(app.rename(tmp_path / "moved")))
    assert changes(online, old, new) == {"build.context": "update"}


def test_another_password_is_no_change(online: Surroundings, app: Path) -> None:
    registry = {"server": "r.test", "username": "u", "password": "old"}
    old, _ = check(online, declared(app) | {"registry": registry})
    new, _ = check(online, declared(app) | {"registry": registry | {"password": "new"}})
    assert changes(online, old, new) == {}


def test_unknown_digest_replaces(online: Surroundings, app: Path) -> None:
    old, _ = check(online, declared(app))
    new, _ = check(online, {**declared(app), "build": {"context": UNKNOWN}})
    assert changes(online, old, new) == {"contextDigest": "replace", "build.context": "update"}


# --- on the engine --------------------------------------------------------------------------------


def test_preview_builds_nothing_and_leaves_ids_open(online: Surroundings, app: Path) -> None:
    checked, _ = check(online, declared(app))
    identity, state = ImageKind().create(online.context(preview=True), "web", checked)
    assert (identity, state["repoDigest"], state["imageId"]) == ("", UNKNOWN, UNKNOWN)
    assert state["baseImageName"] == "web:dev"


def test_build_on_preview_builds_in_the_preview_and_leaves_the_tag(
    online: Surroundings, app: Path, scratch: str, api: docker.APIClient
) -> None:
    inputs = declared(app, f"{scratch}web:1") | {"buildOnPreview": True}
    checked, _ = check(online, inputs)
    identity, state = ImageKind().create(online.context(preview=True), "web", checked)
    assert identity == ""
    assert exists(api, state["repoDigest"])
    assert not exists(api, f"{scratch}web:1")
    image = Deployed(online)
    image.up(inputs)
    assert image.id == state["repoDigest"]
    image.destroy()


def test_build_gives_the_local_id_as_digest(
    online: Surroundings, app: Path, scratch: str, api: docker.APIClient
) -> None:
    image = Deployed(online)
    image.up(declared(app, f"{scratch}web:1", args={"GREETING": "hi"}))
    found = api.inspect_image(f"{scratch}web:1")
    assert image.id == found["Id"] == image.state["repoDigest"] == image.state["imageId"]
    assert image.state["imageName"] == image.state["baseImageName"] == f"{scratch}web:1"
    assert image.state["registryServer"] == ""
    assert "Step 3/4 : COPY page /page" in online.progress


def test_second_up_changes_nothing(online: Surroundings, app: Path, scratch: str) -> None:
    image = Deployed(online)
    assert image.up(declared(app, f"{scratch}web:1")) == "create"
    assert image.up(declared(app, f"{scratch}web:1")) == "same"
    assert image.refresh()
    assert image.up(declared(app, f"{scratch}web:1")) == "same"


def test_replacement_takes_the_tag_and_the_old_image_goes(
    online: Surroundings, app: Path, scratch: str, api: docker.APIClient
) -> None:
    image = Deployed(online)
    image.up(declared(app, f"{scratch}web:1"))
    first = image.id
    (app / "page").write_text("second")
    assert image.up(declared(app, f"{scratch}web:1")) == "replace"
    assert image.id != first
    assert not exists(api, first)
    assert api.inspect_image(f"{scratch}web:1")["Id"] == image.id


def test_replacement_that_builds_the_same_image_keeps_it(
    online: Surroundings, app: Path, scratch: str, api: docker.APIClient
) -> None:
    image = Deployed(online)
    image.up(declared(app, f"{scratch}web:1"))
    first = image.id
    # Sent and hashed, but copied into no layer.
    (app / "unused").write_text("x")
    assert image.up(declared(app, f"{scratch}web:1")) == "replace"
    assert image.id == first
    assert api.inspect_image(f"{scratch}web:1")["Id"] == first
    image.destroy()
    assert not exists(api, f"{scratch}web:1")


def test_forced_replacement_without_a_change_keeps_the_image(
    online: Surroundings, app: Path, scratch: str, api: docker.APIClient
) -> None:
    image = Deployed(online)
    image.up(declared(app, f"{scratch}web:1"))
    image.replace(image.inputs)
    assert exists(api, f"{scratch}web:1")
    image.destroy()
    assert not exists(api, f"{scratch}web:1")


def test_new_name_for_the_same_image_drops_the_old_name(
    online: Surroundings, app: Path, scratch: str, api: docker.APIClient
) -> None:
    image = Deployed(online)
    image.up(declared(app, f"{scratch}web:1"))
    assert image.up(declared(app, f"{scratch}web:2")) == "replace"
    assert api.inspect_image(image.id)["RepoTags"] == [f"{scratch}web:2"]


def test_destroy_leaves_nothing_behind(
    online: Surroundings, app: Path, scratch: str, api: docker.APIClient
) -> None:
    before = {image["Id"] for image in api.images(all=True)}
    image = Deployed(online)
    image.up(declared(app, f"{scratch}web:1"))
    image.destroy()
    assert {image["Id"] for image in api.images(all=True)} == before


def test_destroy_keeps_an_image_that_somebody_else_tagged(
    online: Surroundings, app: Path, scratch: str, api: docker.APIClient
) -> None:
    image = Deployed(online)
    image.up(declared(app, f"{scratch}web:1"))
    api.tag(image.id, f"{scratch}mine", "1")
    image.destroy()
    assert api.inspect_image(image.id)["RepoTags"] == [f"{scratch}mine:1"]


def test_destroy_keeps_an_image_that_a_container_uses_and_says_so(
    online: Surroundings, app: Path, scratch: str, api: docker.APIClient
) -> None:
    image = Deployed(online)
    image.up(declared(app, f"{scratch}web:1"))
    container = api.create_container(image.id, name=f"{scratch}user")
    image.destroy()
    assert exists(api, image.id)
    severity, message = online.messages[-1]
    assert severity == "warning"
    assert message.startswith(f"image {scratch}web:1 stays on the engine, still in use: ")
    assert container["Id"][:12] in message


def test_destroy_of_an_image_that_is_gone_is_fine(
    online: Surroundings, app: Path, scratch: str, api: docker.APIClient
) -> None:
    image = Deployed(online)
    image.up(declared(app, f"{scratch}web:1"))
    api.remove_image(f"{scratch}web:1")
    image.destroy()


def test_refresh_notices_a_removed_image(
    online: Surroundings, app: Path, scratch: str, api: docker.APIClient
) -> None:
    image = Deployed(online)
    image.up(declared(app, f"{scratch}web:1"))
    api.remove_image(f"{scratch}web:1")
    assert not image.refresh()


def test_moved_tag_is_seen_and_put_back(
    online: Surroundings, app: Path, scratch: str, api: docker.APIClient
) -> None:
    image = Deployed(online)
    image.up(declared(app, f"{scratch}web:1"))
    api.tag(TINY, f"{scratch}web", "1")
    assert image.refresh()
    assert image.state["imageId"] == api.inspect_image(TINY)["Id"]
    assert image.up(declared(app, f"{scratch}web:1")) == "update"
    assert api.inspect_image(f"{scratch}web:1")["Id"] == image.id
    assert image.up(declared(app, f"{scratch}web:1")) == "same"


def test_failing_build_shows_step_code_and_output(
    online: Surroundings, app: Path, scratch: str
) -> None:
    (app / "Dockerfile").write_text(f"FROM {TINY}\nRUN echo on the way; exit 7\n")
    with pytest.raises(Fault) as raised:
        Deployed(online).up(declared(app, f"{scratch}web:1"))
    lines = str(raised.value).splitlines()
    assert lines[0] == (
        f"image {scratch}web:1: the build failed at Step 2/3 : RUN echo on the way; exit 7"
    )
    assert lines[1] == "  exit code 7"
    assert "    on the way" in lines


def test_failing_build_leaves_no_container_and_keeps_the_old_tag(
    online: Surroundings, app: Path, scratch: str, api: docker.APIClient
) -> None:
    image = Deployed(online)
    image.up(declared(app, f"{scratch}web:1"))
    before = {container["Id"] for container in api.containers(all=True)}
    (app / "Dockerfile").write_text(f"FROM {TINY}\nRUN exit 1\n")
    with pytest.raises(Fault, match="exit code 1"):
        image.up(declared(app, f"{scratch}web:1"))
    assert {container["Id"] for container in api.containers(all=True)} == before
    assert api.inspect_image(f"{scratch}web:1")["Id"] == image.id


def test_long_output_is_cut_to_its_end(online: Surroundings, app: Path, scratch: str) -> None:
    (app / "Dockerfile").write_text(f"FROM {TINY}\nRUN seq 1 200; exit 1\n")
    with pytest.raises(Fault) as raised:
        Deployed(online).up(declared(app, f"{scratch}web:1"))
    lines = str(raised.value).splitlines()
    assert lines[2:4] == ["  last 30 lines of output:", "    171"]
    assert lines[-1] == "    200"


def test_base_image_that_does_not_exist_comes_with_the_way_out(
    online: Surroundings, app: Path, scratch: str
) -> None:
    (app / "Dockerfile").write_text("FROM localhost:1/none:1\n")
    with pytest.raises(Fault, match="set a local image in causeway:images"):
        Deployed(online).up(declared(app, f"{scratch}web:1"))


def test_argument_that_nothing_uses_is_a_warning(
    online: Surroundings, app: Path, scratch: str
) -> None:
    Deployed(online).up(declared(app, f"{scratch}web:1", args={"UNUSED": "1"}))
    assert online.messages == [
        (
            "warning",
            f"image {scratch}web:1: One or more build-args [UNUSED] were not consumed",
        )
    ]


def test_dockerfile_outside_and_a_target_are_built(
    online: Surroundings, app: Path, scratch: str, api: docker.APIClient
) -> None:
    outside = app.parent / "web.Dockerfile"
    outside.write_text(f"FROM {TINY} AS base\nENV STAGE=base\nFROM base\nENV STAGE=last\n")
    image = Deployed(online)
    image.up(declared(app, f"{scratch}web:1", dockerfile=str(outside), target="base"))
    assert "STAGE=base" in api.inspect_image(image.id)["Config"]["Env"]


def test_import_is_refused_with_the_way_out(online: Surroundings) -> None:
    with pytest.raises(Fault, match="a built image cannot be imported"):
        ImageKind().read(online.context(), "sha256:1", {}, {})
