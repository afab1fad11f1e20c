"""Where the tests' current engine lies, and when it counts as there."""

from __future__ import annotations

from pathlib import Path

import pytest

from toolchain import current_engine, pins
from toolchain.go_modules import GO_MODULES
from toolchain.places import Places


def test_the_folder_is_named_by_both_versions(tmp_path: Path) -> None:
    places = Places(project=tmp_path, cache=tmp_path)
    expected = tmp_path / "engine-2.0.0-beta.24-runc-1.5.2" / "bin"
    assert current_engine.folder(places) == expected


def test_a_half_built_engine_does_not_count(tmp_path: Path) -> None:
    for name in ("dockerd", "docker-proxy"):
        (tmp_path / name).touch(mode=0o755)
    assert not current_engine.complete(tmp_path)
    (tmp_path / "runc").touch(mode=0o755)
    assert current_engine.complete(tmp_path)


@pytest.mark.parametrize(
    ("module", "pinned"),
    [
        ("docker-engine", f"github.com/moby/moby/v2 v{pins.MOBY} "),
        ("runc", f"github.com/opencontainers/runc v{pins.RUNC} "),
    ],
)
def test_the_module_files_pin_the_version_that_the_folder_is_named_by(
    module: str, pinned: str
) -> None:
    assert pinned in (GO_MODULES / module / "go.mod").read_text(encoding="utf-8")
