"""Which versions are recent enough."""

from __future__ import annotations

import pytest

from toolchain import pins
from toolchain.places import find


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("v3.256.0", (3, 256, 0)),
        ("go1.26.1", (1, 26, 1)),
        ("3.256.0-dev.4", (3, 256, 0)),
        ("", ()),
        ("unknown", ()),
    ],
)
def test_numbers_are_read_from_any_text_around_a_version(
    text: str, expected: tuple[int, ...]
) -> None:
    assert pins.numbers(text) == expected


@pytest.mark.parametrize("version", ["3.238.0", "3.238.1", "3.256.0", "v4.0.0", "3.1000.0"])
def test_the_oldest_accepted_version_and_newer_ones_are_recent_enough(version: str) -> None:
    assert pins.at_least(version, "3.238.0")


@pytest.mark.parametrize("version", ["3.237.9", "2.999.0", "3.99.0", "3.238.0-beta.1", "", "dev"])
def test_older_versions_pre_releases_and_nonsense_are_too_old(version: str) -> None:
    assert not pins.at_least(version, "3.238.0")


def test_the_project_file_asks_for_the_same_oldest_version() -> None:
    text = (find({"HOME": "/home/eve"}).project / "Pulumi.yaml").read_text(encoding="utf-8")
    assert f'requiredPulumiVersion: ">={pins.PULUMI_OLDEST}"' in text


@pytest.mark.parametrize("stack", ["dev", "staging", "prod"])
def test_committed_stacks_carry_the_salt_of_the_empty_passphrase(stack: str) -> None:
    project = find({"HOME": "/home/eve"}).project
    first = (project / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8")
    assert f"encryptionsalt: {pins.EMPTY_PASSPHRASE_SALT}\n" in first
