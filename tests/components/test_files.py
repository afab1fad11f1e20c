from __future__ import annotations

from pathlib import Path

import pytest

from causeway.model.values import FileMount, FileSource
from tests.components.recorder import Recording, Secret, declare
from tests.components.values import HERE, service, stack

MOUNT = FileMount("secret", "password", "/run/secrets/password", mode="0400")


def with_source(source: FileSource) -> Recording:
    return declare(stack(service("db", files=(MOUNT,)), file_sources=(source,)))


def test_a_secret_file_enters_as_its_path_and_an_encrypted_digest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "password.txt").write_text("hunter2")
    recording = with_source(
        FileSource("password", "secret", HERE, file=str(tmp_path / "password.txt"))
    )

    assert recording["Container shop-dev-db-1"].inputs["uploads"] == [
        {
            "file": "/run/secrets/password",
            "permissions": "0400",
            "source": "password.txt",
            "sourceHash": Secret(
                "8ac6ac345e2a04573af39e0c2f5fe376a67755f42e3811d0c0cb334c233be06a"
            ),
        }
    ]


def test_inline_content_is_encrypted() -> None:
    recording = with_source(FileSource("password", "secret", HERE, content="hunter2"))

    assert recording["Container shop-dev-db-1"].inputs["uploads"] == [
        {
            "file": "/run/secrets/password",
            "permissions": "0400",
            "contentBase64": Secret("aHVudGVyMg=="),
        }
    ]


def test_the_content_stands_nowhere_in_clear(tmp_path: Path) -> None:
    (tmp_path / "password.txt").write_text("hunter2")
    inline = with_source(FileSource("password", "secret", HERE, content="hunter2"))
    file = with_source(FileSource("password", "secret", HERE, file=str(tmp_path / "password.txt")))

    assert "hunter2" not in repr([inline.registrations, file.registrations])
    assert "hunter2" not in repr(FileSource("password", "secret", HERE, content="hunter2"))


def config(file: str | None = None, content: str | None = None) -> Recording:
    mount = FileMount("config", "motd", "/etc/motd")
    source = FileSource("motd", "config", HERE, file, content)
    return declare(
        stack(service("db", files=(mount,)), file_sources=(source,)), secrets=("hunter2",)
    )


def test_a_config_is_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "motd.txt").write_text("hello")

    (inline,) = config(content="hello")["Container shop-dev-db-1"].inputs["uploads"]
    assert inline["contentBase64"] == "aGVsbG8="
    (file,) = config(file=str(tmp_path / "motd.txt"))["Container shop-dev-db-1"].inputs["uploads"]
    assert file["sourceHash"] == (
        "94651ac5066416003b671a096bd231900fd4310ae21c445be025b1d4fd09d6de"
    )


def test_a_config_that_holds_the_value_of_a_secret_variable_is_encrypted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "motd.txt").write_text("say hunter2")

    (inline,) = config(content="say hunter2")["Container shop-dev-db-1"].inputs["uploads"]
    assert inline["contentBase64"] == Secret("c2F5IGh1bnRlcjI=")
    (file,) = config(file=str(tmp_path / "motd.txt"))["Container shop-dev-db-1"].inputs["uploads"]
    assert isinstance(file["sourceHash"], Secret)


def test_a_config_whose_content_is_a_variable_is_encrypted() -> None:
    mount = FileMount("config", "motd", "/etc/motd")
    declared = stack(
        service("db", files=(mount,)),
        file_sources=(FileSource("motd", "config", HERE, content="hello", from_variable=True),),
    )

    (upload,) = declare(declared)["Container shop-dev-db-1"].inputs["uploads"]
    assert upload["contentBase64"] == Secret("aGVsbG8=")
