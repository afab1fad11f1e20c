"""The backend of a project's states, found as Pulumi finds it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from causeway.state.backend import backend, place
from causeway.state.identity import Origin, origin, remembered


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    return tmp_path


def environment(folder: Path, **more: str) -> dict[str, str]:
    return {"PULUMI_HOME": str(folder / "home"), **more}


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("name: x\nbackend:\n  url: file://./.pulumi-state\n", "file://./.pulumi-state"),
        (
            "name: x\nbackend:\n\n  # here\n  url: 'file:///srv/state'  # shared\n",
            "file:///srv/state",
        ),
        ('name: x\nbackend: {url: "s3://bucket"}\n', "s3://bucket"),
        ("name: x\nbackend: { url: s3://bucket/a }\n", "s3://bucket/a"),
        ("name: x\nruntime:\n  url: file://other\n", ""),
        ("name: x\nbackend:\n  kind: local\nother:\n  url: file://other\n", ""),
        ("backend:\r\n  url: file://~\r\nname: x\r\n", "file://~"),
    ],
)
def test_the_project_file_names_it(folder: Path, text: str, url: str) -> None:
    (folder / "Pulumi.yaml").write_bytes(text.encode())
    (folder / "below").mkdir()
    assert backend(environment(folder), folder / "below") == url


def test_the_environment_comes_first_and_the_login_last(folder: Path) -> None:
    (folder / "home" / "credentials.json").write_text(json.dumps({"current": "https://cloud"}))
    assert backend(environment(folder), folder) == "https://cloud"
    (folder / "Pulumi.yaml").write_text("backend: {url: s3://bucket}\n")
    assert backend(environment(folder), folder) == "s3://bucket"
    assert backend(environment(folder, PULUMI_BACKEND_URL="s3://x"), folder) == "s3://x"


@pytest.mark.parametrize("written", ["", "[", "[]", '{"current": null}'])
def test_a_login_that_cannot_be_read_is_none(folder: Path, written: str) -> None:
    (folder / "home" / "credentials.json").write_text(written)
    assert backend(environment(folder), folder) == ""


def test_a_local_folder_is_another_place_for_each_checkout(folder: Path) -> None:
    for name in ("a", "b"):
        (folder / name).mkdir()
        (folder / name / "Pulumi.yaml").write_text("backend: {url: file://./state}\n")
    assert place(environment(folder), folder / "a") == f"file://{folder}/a/state"
    assert place(environment(folder), folder / "b") == f"file://{folder}/b/state"


def test_the_identities_of_a_place_are_remembered(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.setenv("XDG_STATE_HOME", str(folder / "state"))
    monkeypatch.setenv("PULUMI_BACKEND_URL", "file://./s")
    urn = "urn:pulumi:dev::shop::pulumi:providers:docker::default"
    where = (f"file://{folder}/s", "shop", "dev")
    assert remembered(*where) == frozenset()
    assert origin("one", urn).before == {"one"}
    assert origin("two", urn).before == {"one", "two"}
    assert remembered(*where) == {"one", "two"}
    assert remembered(where[0], "shop", "prod") == frozenset()


def test_an_identity_that_pulumi_does_not_know_yet_is_not_remembered(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.setenv("XDG_STATE_HOME", str(folder / "state"))
    urn = "urn:pulumi:dev::shop::pulumi:providers:docker::default"
    found = origin("04da6b54-80e4-46f7-96ec-b56ff0331ba9", urn)
    assert (found.identity, found.stack, found.project) == ("", "dev", "shop")
    assert not (folder / "state").exists()
    assert Origin().before == frozenset()
