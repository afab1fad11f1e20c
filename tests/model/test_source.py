from pathlib import Path

import pytest

from causeway.model import source
from causeway.model.source import SourceIndex


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def index(folder: Path, *texts: str) -> SourceIndex:
    files = []
    for number, text in enumerate(texts):
        file = folder / f"{number}.yaml"
        file.write_text(text)
        files.append(str(file))
    return source.index(files)


def at(found: SourceIndex, *steps: str | int) -> str:
    place = found.place(*steps)
    return f"{Path(place.file).name}:{place.line}:{place.path}"


def test_key_has_its_line(folder: Path) -> None:
    found = index(folder, "services:\n  web:\n    image: web:1\n")
    assert at(found, "services", "web", "image") == "0.yaml:3:services.web.image"


def test_missing_key_has_the_line_of_its_nearest_parent(folder: Path) -> None:
    found = index(folder, "services:\n  web:\n    image: web:1\n")
    assert at(found, "services", "web", "ports", 0) == "0.yaml:2:services.web.ports[0]"


def test_scalar_has_the_place_of_the_last_file(folder: Path) -> None:
    found = index(
        folder, "services:\n  web:\n    image: web:1\n", "services: {web: {image: web:2}}\n"
    )
    assert at(found, "services", "web", "image") == "1.yaml:1:services.web.image"
    assert at(found, "services", "web") == "0.yaml:2:services.web"


def test_item_that_stands_for_a_key_is_found_by_it(folder: Path) -> None:
    found = index(folder, "services:\n  web:\n    environment:\n      - A=1\n      - B\n")
    assert at(found, "services", "web", "environment", "B") == (
        "0.yaml:5:services.web.environment[1]"
    )


def test_merged_keys_have_the_place_of_the_anchor(folder: Path) -> None:
    found = index(folder, "x-base: &base\n  tty: true\nservices:\n  web:\n    <<: *base\n")
    assert at(found, "services", "web", "tty") == "0.yaml:2:services.web.tty"


def test_own_key_wins_over_the_merged_one(folder: Path) -> None:
    found = index(
        folder,
        "x-base: &base\n  tty: true\nservices:\n  web:\n    <<: [*base]\n    tty: false\n",
    )
    assert at(found, "services", "web", "tty") == "0.yaml:6:services.web.tty"


def test_tags_of_compose_do_not_hide_positions(folder: Path) -> None:
    found = index(folder, "services:\n  web:\n    ports: !override\n      - '80:80'\n")
    assert at(found, "services", "web", "ports", 0) == "0.yaml:4:services.web.ports[0]"


def test_extended_service_has_the_place_of_its_base(folder: Path) -> None:
    (folder / "base.yaml").write_text("services:\n  base:\n    tty: true\n")
    found = index(folder, "services:\n  web:\n    extends: {file: base.yaml, service: base}\n")
    assert at(found, "services", "web", "tty") == "base.yaml:3:services.web.tty"


def test_included_service_has_the_place_of_its_file(folder: Path) -> None:
    (folder / "other.yaml").write_text("services:\n  other:\n    tty: true\n")
    found = index(folder, "include:\n  - path: [other.yaml]\n")
    assert at(found, "services", "other", "tty") == "other.yaml:3:services.other.tty"


def test_item_of_a_merged_list_is_found_by_its_text(folder: Path) -> None:
    found = index(
        folder,
        "services:\n  web:\n    ports: ['80:80']\n",
        "services:\n  web:\n    ports:\n      - '81:81'\n",
    )
    place = found.item(("services", "web", "ports"), 1, 2, source.holding("81"))
    assert (Path(place.file).name, place.line, place.path) == (
        "1.yaml",
        4,
        "services.web.ports[0]",
    )


def test_users_of_a_variable_are_found_and_escaped_ones_are_not(folder: Path) -> None:
    found = index(
        folder,
        "a: ${TAG:-x}\nb: $TAG\nc: $$TAG\nd: ${TAGS}\ne: [no, 'x-${TAG}']\n",
    )
    assert [place.path for place in found.users_of("TAG")] == ["a", "b", "e[1]"]


def test_file_that_is_no_yaml_has_no_positions(folder: Path) -> None:
    assert index(folder, "a: [\n").entries == {}
