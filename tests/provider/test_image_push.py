"""docker.Image with skipPush off: what arrives in a registry, and what is said when it does not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
import pytest

from causeway.engine.faults import Fault
from causeway.provider.image.image import ImageKind
from causeway.provider.inputs.plain import UNKNOWN
from tests.engines import Engine
from tests.provider.registries import registry
from tests.provider.surroundings import Surroundings
from tests.tiny_image import TINY

KIND = ImageKind()


@pytest.fixture
def app(tmp_path: Path) -> Path:
    (tmp_path / "Dockerfile").write_text(f"FROM {TINY}\nENV PUSHED=yes\n")
    return tmp_path


@pytest.fixture
def tidy(api: docker.APIClient) -> Iterator[None]:
    """Names with a registry in front are not found by their prefix."""
    yield
    for image in api.images():
        for tag in image["RepoTags"] or []:
            if tag.startswith("127.0.0.1:"):
                api.remove_image(tag, force=True)


def checked(surroundings: Surroundings, app: Path, name: str, **more: Any) -> dict[str, Any]:
    inputs = {"imageName": name, "build": {"context": str(app)}, **more}
    result, failures = KIND.check(surroundings.context(), "web", None, inputs, b"")
    assert failures == []
    return result


@pytest.mark.usefixtures("tidy")
def test_pushed_image_is_known_by_its_digest_and_can_be_pulled(
    engine: Engine, online: Surroundings, app: Path, api: docker.APIClient
) -> None:
    with registry(engine) as address:
        inputs = checked(online, app, f"{address}/team/web:1")
        identity, state = KIND.create(online.context(), "web", inputs)
        assert state["repoDigest"].startswith(f"{address}/team/web@sha256:")
        KIND.delete(online.context(), identity, inputs, state)
        api.pull(state["repoDigest"].split("@")[0], tag="1")
        assert state["repoDigest"] in api.inspect_image(identity)["RepoDigests"]


@pytest.mark.usefixtures("tidy")
def test_credentials_of_the_resource_are_used(
    engine: Engine, online: Surroundings, app: Path
) -> None:
    with registry(engine, "me:secret") as address:
        given = {"server": f"http://{address}", "username": "me", "password": "secret"}
        inputs = checked(online, app, f"{address}/web:1", registry=given)
        _, state = KIND.create(online.context(), "web", inputs)
    assert state["registryServer"] == f"http://{address}"
    assert state["repoDigest"].startswith(f"{address}/web@sha256:")


@pytest.mark.usefixtures("tidy")
def test_push_without_credentials_says_how_to_log_in(
    engine: Engine, online: Surroundings, app: Path
) -> None:
    with registry(engine, "me:secret") as address:
        inputs = checked(online, app, f"{address}/web:1")
        with pytest.raises(
            Fault, match=rf"{address}/web:1 cannot be pushed: .*\n.*docker login {address}"
        ):
            KIND.create(online.context(), "web", inputs)


@pytest.mark.usefixtures("tidy")
def test_registry_that_is_gone_is_an_error(engine: Engine, online: Surroundings, app: Path) -> None:
    with registry(engine) as address:
        pass
    inputs = checked(online, app, f"{address}/web:1")
    with pytest.raises(Fault, match=r"cannot be pushed: .*\n  what to do: the engine cannot reach"):
        KIND.create(online.context(), "web", inputs)


@pytest.mark.usefixtures("tidy")
def test_push_may_be_asked_for_later(engine: Engine, online: Surroundings, app: Path) -> None:
    with registry(engine) as address:
        old = checked(online, app, f"{address}/web:1", skipPush=True)
        identity, state = KIND.create(online.context(), "web", old)
        new = checked(online, app, f"{address}/web:1", skipPush=False)
        diff = KIND.diff(online.context(), identity, old, state, new)
        assert diff.changes == {"skipPush": "update"}
        preview = KIND.update(online.context(preview=True), identity, old, state, new)
        assert preview["repoDigest"] is UNKNOWN
        state = KIND.update(online.context(), identity, old, state, new)
        assert state["repoDigest"].startswith(f"{address}/web@sha256:")


@pytest.mark.usefixtures("tidy")
def test_pushed_image_survives_a_cleaned_engine(
    engine: Engine, online: Surroundings, app: Path, api: docker.APIClient
) -> None:
    with registry(engine) as address:
        inputs = checked(online, app, f"{address}/web:1")
        identity, state = KIND.create(online.context(), "web", inputs)
        api.remove_image(f"{address}/web:1")
        assert KIND.read(online.context(), identity, inputs, state) == (identity, state, inputs)
