"""Which Pulumi CLI is taken, shown with small scripts in place of the real programs."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from toolchain import progress, pulumi_cli, pulumi_download, wrapper
from toolchain.places import Places


def program(path: Path, says: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho {says}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def on_path(*folders: Path) -> dict[str, str]:
    return {"PATH": os.pathsep.join(str(folder) for folder in folders)}


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(project=tmp_path / "project", cache=tmp_path / "cache")


def test_a_recent_cli_with_its_language_host_is_taken(tmp_path: Path) -> None:
    pulumi = program(tmp_path / "pulumi", "v3.240.0")
    program(tmp_path / "pulumi-language-python", "")
    found = pulumi_cli.users_own(on_path(tmp_path))
    assert found is not None
    assert (found.pulumi, found.version) == (pulumi, "3.240.0")


def test_an_old_cli_is_passed_over_for_a_recent_one_later_on_path(tmp_path: Path) -> None:
    program(tmp_path / "old" / "pulumi", "v3.100.0")
    program(tmp_path / "old" / "pulumi-language-python", "")
    recent = program(tmp_path / "new" / "pulumi", "v3.256.0")
    found = pulumi_cli.users_own(on_path(tmp_path / "old", tmp_path / "new"))
    assert found is not None
    assert found.pulumi == recent


def test_a_cli_without_a_language_host_is_not_taken(tmp_path: Path) -> None:
    program(tmp_path / "pulumi", "v3.256.0")
    assert pulumi_cli.users_own(on_path(tmp_path)) is None


def test_our_own_wrapper_is_not_taken_for_a_cli(tmp_path: Path) -> None:
    file = program(tmp_path / "pulumi", "v3.256.0")
    file.write_text(f"#!/bin/sh\n{wrapper.MARK}\necho v3.256.0\n", encoding="utf-8")
    program(tmp_path / "pulumi-language-python", "")
    assert pulumi_cli.users_own(on_path(tmp_path)) is None


def test_a_cli_that_fails_is_not_taken(tmp_path: Path) -> None:
    program(tmp_path / "pulumi", "broken; exit 3")
    program(tmp_path / "pulumi-language-python", "")
    assert pulumi_cli.users_own(on_path(tmp_path)) is None


def test_a_half_installed_cache_does_not_count(places: Places) -> None:
    program(places.pulumi / "bin" / "pulumi", "v3.256.0")
    assert pulumi_cli.cached(places) is None


def test_a_complete_cache_counts(places: Places) -> None:
    for name in ("pulumi", "pulumi-language-python", "pulumi-language-python-exec"):
        program(places.pulumi / "bin" / name, "v3.256.0")
    found = pulumi_cli.cached(places)
    assert found is not None
    assert found.pulumi == places.cache / "pulumi-3.256.0-2" / "bin" / "pulumi"


@pytest.mark.parametrize(
    ("system", "machine", "expected"),
    [
        ("Linux", "x86_64", "pulumi-v3.256.0-linux-x64.tar.gz"),
        ("Linux", "aarch64", "pulumi-v3.256.0-linux-arm64.tar.gz"),
        ("Darwin", "arm64", "pulumi-v3.256.0-darwin-arm64.tar.gz"),
        ("Linux", "riscv64", None),
        ("Windows", "AMD64", None),
    ],
)
def test_the_archive_is_named_by_system_and_machine(
    system: str, machine: str, expected: str | None
) -> None:
    assert pulumi_download.archive_name(system, machine) == expected


def test_a_site_out_of_reach_leaves_the_download_undone(places: Places, tmp_path: Path) -> None:
    console = progress.Console(io.StringIO())
    site = "http://127.0.0.1:9/nothing"
    assert not pulumi_download.install(console, places, tmp_path, ("pulumi",), site)
