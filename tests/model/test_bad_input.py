"""`make golden` rewrites the reports; the inputs are written by hand."""

import os
from pathlib import Path

import pytest

from causeway.model.errors import StackError
from causeway.model.load import load
from tests.golden import bad_input

FILES = (bad_input.FILE, bad_input.NETWORKS)
SECTIONS = [(file, name) for file in FILES for name in bad_input.sections(file)]


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.name))
def test_golden_reports_are_rewritten_on_request(file: Path) -> None:
    if os.environ.get("CAUSEWAY_GOLDEN") == "rewrite":
        sections = bad_input.sections(file)
        reports = {name: (text, bad_input.report(text)) for name, (text, _) in sections.items()}
        file.write_text(bad_input.written(reports))
    assert bad_input.written(bad_input.sections(file)) == file.read_text()


@pytest.mark.parametrize(("file", "name"), SECTIONS, ids=lambda part: getattr(part, "name", part))
def test_bad_file_gives_its_report(file: Path, name: str) -> None:
    text, report = bad_input.sections(file)[name]
    assert bad_input.report(text) == report


def test_bad_overlay_is_the_file_named(tmp_path: Path) -> None:
    good, bad = tmp_path / "compose.yaml", tmp_path / "compose.prod.yaml"
    good.write_text("services: {web: {image: web:1}}\n")
    bad.write_text("hello world\n")
    with pytest.raises(StackError, match=r"^\S*compose\.prod\.yaml: must be a mapping"):
        load([good, bad], name="shop")


def test_file_with_nul_bytes_is_no_yaml(tmp_path: Path) -> None:
    file = tmp_path / "compose.yaml"
    file.write_bytes(b"services: \0\n")
    with pytest.raises(StackError, match="not valid YAML: control characters are not allowed"):
        load([file], name="shop")


def test_file_in_another_encoding_is_no_yaml(tmp_path: Path) -> None:
    file = tmp_path / "compose.yaml"
    file.write_bytes(b'services: {web: {image: "w\xe9b"}}\n')
    with pytest.raises(StackError, match="not valid YAML: invalid trailing UTF-8"):
        load([file], name="shop")


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(StackError, match=r"absent\.yaml: cannot be read: No such file"):
        load([tmp_path / "absent.yaml"], name="shop")


def test_folder_instead_of_a_file(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="is a folder, not a Compose file"):
        load([tmp_path], name="shop")


def test_no_file_at_all() -> None:
    with pytest.raises(StackError, match=r"^causeway:files: names no Compose file$"):
        load([], name="shop")


def test_ten_megabytes_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "compose.yaml"
    file.write_text("services: {web: {image: web:1}}\n#" + "x" * (10 << 20))
    with pytest.raises(StackError, match=r"is 10\.0 MiB in size; the limit is 1 MiB"):
        load([file], name="shop")


def test_more_services_than_any_stack_has_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "compose.yaml"
    services = "".join(f" s{number}: {{image: x, tty: true}}\n" for number in range(20_000))
    file.write_text("services:\n" + services)
    with pytest.raises(StackError, match="expands to more than 100000 values"):
        load([file], name="shop")


@pytest.mark.parametrize("depth", [200, 100_000])
def test_nesting_without_end_is_refused(tmp_path: Path, depth: int) -> None:
    file = tmp_path / "compose.yaml"
    file.write_text(f"x-deep: {'[' * depth}{']' * depth}\nservices: {{web: {{image: web:1}}}}\n")
    with pytest.raises(StackError, match="is nested too deeply"):
        load([file], name="shop")


def test_name_that_no_stack_can_have(tmp_path: Path) -> None:
    file = tmp_path / "compose.yaml"
    file.write_text("services: {web: {image: web:1}}\n")
    with pytest.raises(
        StackError, match="'My Shop' is not a valid stack name: use lower-case letters"
    ):
        load([file], name="My Shop")
