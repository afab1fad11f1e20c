"""What a build sends, and when its digest changes."""

from __future__ import annotations

import os
import socket
import tarfile
from pathlib import Path

import pytest

from causeway.provider.image import context as build_context
from causeway.provider.image.context import BadContext, BuildContext


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    context = tmp_path / "app"
    (context / "src").mkdir(parents=True)
    (context / "Dockerfile").write_text("FROM scratch\nCOPY src /\n")
    (context / "src" / "app.py").write_text("print('hello')\n")
    (context / "link").symlink_to("src/app.py")
    return context


def collected(folder: Path, dockerfile: str | None = None) -> BuildContext:
    return build_context.collect(str(folder), dockerfile, beside=folder.parent)


def names(context: BuildContext) -> list[str]:
    return [entry.name for entry in context.entries]


def digest(folder: Path, dockerfile: str | None = None) -> str:
    return build_context.digest(collected(folder, dockerfile))


def test_everything_is_sent_in_a_fixed_order(folder: Path) -> None:
    assert names(collected(folder)) == ["Dockerfile", "link", "src", "src/app.py"]


def test_digest_does_not_depend_on_times(folder: Path) -> None:
    before = digest(folder)
    os.utime(folder / "src" / "app.py", (1, 1))
    assert digest(folder) == before


def test_digest_does_not_depend_on_where_the_context_is(folder: Path, tmp_path: Path) -> None:
    before = digest(folder)
    moved = folder.rename(tmp_path / "elsewhere")
    assert digest(moved) == before


@pytest.mark.parametrize("change", ["content", "name", "mode", "link", "new", "dockerfile"])
def test_digest_changes_with(folder: Path, change: str) -> None:
    before = digest(folder)
    app = folder / "src" / "app.py"
    match change:
        case "content":
            app.write_text("print('hullo')\n")
        case "name":
            app.rename(app.with_name("main.py"))
        case "mode":
            app.chmod(0o755)
        case "link":
            (folder / "link").unlink()
            (folder / "link").symlink_to("Dockerfile")
        case "new":
            (folder / "empty").mkdir()
        case "dockerfile":
            (folder / "Dockerfile").write_text("FROM scratch\n")
    assert digest(folder) != before


def test_moving_bytes_between_files_changes_the_digest(folder: Path) -> None:
    (folder / "a").write_text("xy")
    (folder / "b").write_text("")
    before = digest(folder)
    (folder / "a").write_text("x")
    (folder / "b").write_text("y")
    assert digest(folder) != before


def test_ignored_file_is_neither_sent_nor_hashed(folder: Path) -> None:
    (folder / ".dockerignore").write_text("*.log\n")
    before = digest(folder)
    (folder / "big.log").write_text("noise")
    assert digest(folder) == before
    assert "big.log" not in names(collected(folder))


def test_dockerfile_and_dockerignore_are_sent_though_ignored(folder: Path) -> None:
    (folder / ".dockerignore").write_text("*\n")
    assert names(collected(folder)) == [".dockerignore", "Dockerfile"]


def test_ignored_dockerfile_in_an_ignored_folder_is_sent_with_its_folder(folder: Path) -> None:
    (folder / "build").mkdir()
    (folder / "build" / "web.Dockerfile").write_text("FROM scratch\n")
    (folder / "build" / "junk").write_text("junk")
    (folder / ".dockerignore").write_text("*\n")
    context = collected(folder, "app/build/web.Dockerfile")
    assert names(context) == [".dockerignore", "build", "build/web.Dockerfile"]
    assert context.dockerfile == "build/web.Dockerfile"


def test_exception_below_an_ignored_folder_is_sent_with_its_folder(folder: Path) -> None:
    (folder / ".dockerignore").write_text("*\n!src/*.py\n")
    (folder / "src" / "data.bin").write_text("x")
    assert names(collected(folder)) == [".dockerignore", "Dockerfile", "src", "src/app.py"]


def test_ignore_file_of_the_dockerfile_wins(folder: Path) -> None:
    (folder / ".dockerignore").write_text("link\n")
    (folder / "Dockerfile.dockerignore").write_text("src\n")
    assert names(collected(folder)) == [
        ".dockerignore",
        "Dockerfile",
        "Dockerfile.dockerignore",
        "link",
    ]


def test_dockerfile_outside_of_the_context_is_sent_under_a_fixed_name(folder: Path) -> None:
    (folder.parent / "other.Dockerfile").write_text("FROM scratch\n")
    context = collected(folder, "other.Dockerfile")
    assert context.dockerfile == ".causeway.Dockerfile"
    assert ".causeway.Dockerfile" in names(context)


def test_dockerfile_that_is_a_link_out_of_the_context_is_sent_as_a_file(folder: Path) -> None:
    (folder.parent / "shared.Dockerfile").write_text("FROM scratch\n")
    (folder / "Dockerfile").unlink()
    (folder / "Dockerfile").symlink_to("../shared.Dockerfile")
    context = collected(folder)
    with build_context.pack(context) as packed, tarfile.open(fileobj=packed) as tar:
        content = tar.extractfile(context.dockerfile)
        assert content is not None
        assert content.read() == b"FROM scratch\n"


def test_relative_dockerfile_counts_from_the_project(folder: Path) -> None:
    (folder / "web.Dockerfile").write_text("FROM scratch\n")
    with pytest.raises(BadContext, match="starts at the folder of the Pulumi project"):
        collected(folder, "web.Dockerfile")


def test_missing_context_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadContext, match=r"the build context '.*/none' does not exist") as raised:
        collected(tmp_path / "none")
    assert raised.value.field == "context"


def test_context_that_is_a_file_is_named(folder: Path) -> None:
    with pytest.raises(BadContext, match="is not a folder"):
        collected(folder / "Dockerfile")


def test_missing_dockerfile_is_named(folder: Path) -> None:
    (folder / "Dockerfile").unlink()
    with pytest.raises(BadContext, match=r"the Dockerfile '.*/app/Dockerfile' does not") as raised:
        collected(folder)
    assert raised.value.field == "dockerfile"


def test_remote_context_is_refused() -> None:
    with pytest.raises(BadContext, match="only folders are supported"):
        build_context.collect("https://host.invalid/x.git", None, beside=Path())


def test_socket_is_named_with_the_way_out(folder: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(folder / "s.sock"))
        with pytest.raises(BadContext, match=r"s.sock is a socket .* exclude it in .dockerignore"):
            collected(folder)


def test_named_pipe_is_fine_when_ignored(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    (folder / ".dockerignore").write_text("pipe\n")
    assert "pipe" not in names(collected(folder))


def test_bad_ignore_file_is_named(folder: Path) -> None:
    (folder / ".dockerignore").write_text("ok\n[a\n")
    with pytest.raises(BadContext, match=r"\.dockerignore: line 2: "):
        collected(folder)


def test_link_to_a_folder_is_sent_as_a_link(folder: Path) -> None:
    (folder / "source").symlink_to("src")
    with build_context.pack(collected(folder)) as packed, tarfile.open(fileobj=packed) as tar:
        member = tar.getmember("source")
    assert (member.issym(), member.linkname) == (True, "src")


def test_packed_files_belong_to_root_and_keep_their_bits(folder: Path) -> None:
    (folder / "src" / "app.py").chmod(0o640)
    with build_context.pack(collected(folder)) as packed, tarfile.open(fileobj=packed) as tar:
        member = tar.getmember("src/app.py")
        content = tar.extractfile("src/app.py")
        assert content is not None
        assert content.read() == b"print('hello')\n"
    assert (member.uid, member.gid, member.uname, member.mode) == (0, 0, "", 0o640)


def test_file_whose_name_is_not_utf8_is_sent(folder: Path) -> None:
    (folder / os.fsdecode(b"caf\xe9")).write_text("x")
    context = collected(folder)
    assert build_context.digest(context).startswith("sha256:")
    build_context.pack(context).close()


@pytest.mark.parametrize("within", [False, True])
def test_who_may_read_a_generated_dockerfile_is_no_part_of_what_is_built(
    folder: Path, within: bool
) -> None:
    generated = (folder if within else folder.parent) / ".causeway" / "web.Dockerfile"
    generated.parent.mkdir()
    generated.write_text("FROM scratch\n")
    generated.chmod(0o644)
    before = digest(folder, str(generated))
    generated.chmod(0o600)
    assert digest(folder, str(generated)) == before
