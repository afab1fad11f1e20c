from __future__ import annotations

from pathlib import Path

import pytest

from causeway.model.values import Build
from tests.components.recorder import declare
from tests.components.values import service, stack


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_built_service_runs_what_was_built(project: Path) -> None:
    build = Build(
        context=str(project / "web"),
        args=(("A", "1"),),
        target="final",
        network="host",
        cache_from=("web:cache",),
        extra_hosts=("db:10.0.0.9",),
        platform="linux/amd64",
    )
    recording = declare(stack(service("web", image=None, build=build)))

    assert recording["Image shop-dev-web"].inputs == {
        "imageName": "shop-dev-web:latest",
        "skipPush": True,
        "buildOnPreview": False,
        "build": {
            "context": "web",
            "dockerfile": "web/Dockerfile",
            "args": {"A": "1"},
            "target": "final",
            "network": "host",
            "cacheFrom": {"images": ["web:cache"]},
            "addHosts": ["db:10.0.0.9"],
            "platform": "linux/amd64",
        },
    }
    assert recording["Container shop-dev-web-1"].inputs["image"] == "sha256:shop-dev-web"
    assert recording["Container shop-dev-web-1"].dependencies == ("Image shop-dev-web",)


def test_a_built_image_takes_the_name_that_the_service_gives(project: Path) -> None:
    build = Build(context=str(project))
    recording = declare(stack(service("web", image="company/web:3", build=build)))

    assert recording["Image shop-dev-web"].inputs["imageName"] == "company/web:3"


def test_paths_outside_the_project_stay_absolute(project: Path) -> None:
    recording = declare(stack(service("web", image=None, build=Build(context="/srv/web"))))

    assert recording["Image shop-dev-web"].inputs["build"] == {
        "context": "/srv/web",
        "dockerfile": "/srv/web/Dockerfile",
    }


def test_an_inline_dockerfile_becomes_a_generated_file(project: Path) -> None:
    build = Build(context=str(project), dockerfile_inline="FROM scratch\n")
    recording = declare(stack(service("web", image=None, build=build)))

    dockerfile = recording["Image shop-dev-web"].inputs["build"]["dockerfile"]
    assert dockerfile == ".causeway/shop-dev-web.Dockerfile"
    assert (project / dockerfile).read_text() == "FROM scratch\n"


def test_a_pulled_image_of_another_platform_is_an_image_of_its_own() -> None:
    recording = declare(stack(service("a"), service("b", platform="linux/arm64")))

    assert recording["RemoteImage shop-dev-tiny:1-linux/arm64"].inputs == {
        "name": "tiny:1",
        "platform": "linux/arm64",
        "keepLocally": True,
    }
    assert recording["Container shop-dev-b-1"].inputs["platform"] == "linux/arm64"


def test_a_generated_file_is_readable_by_its_owner_only_one_of_before_too(project: Path) -> None:
    file = project / ".causeway" / "shop-dev-web.Dockerfile"
    file.parent.mkdir()
    file.write_text("FROM scratch\n")
    file.chmod(0o644)
    build = Build(context=str(project), dockerfile_inline="FROM scratch\n")
    declare(stack(service("web", image=None, build=build)))

    assert file.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in file.parent.iterdir()] == ["shop-dev-web.Dockerfile"]
