"""Which paths the rules of a .dockerignore leave out."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from causeway.provider.image import dockerignore
from causeway.provider.image.dockerignore import BadPattern


@pytest.mark.parametrize(
    ("text", "path", "excluded"),
    [
        ("node_modules", "node_modules", True),
        ("node_modules", "node_modules/a/b.js", True),
        ("node_modules", "app/node_modules", False),
        ("**/node_modules", "app/node_modules/x", True),
        ("**/node_modules", "node_modules", True),
        ("*.md", "README.md", True),
        ("*.md", "docs/README.md", False),
        ("*/*.md", "docs/README.md", True),
        ("*/*.md", "docs/deep/README.md", False),
        ("docs/**", "docs/deep/README.md", True),
        ("docs/**", "docs", False),
        ("**", "anything/at/all", True),
        ("a/**/z", "a/z", True),
        ("a/**/z", "a/b/c/z", True),
        ("temp?", "tempa", True),
        ("temp?", "temp", False),
        ("temp?", "temp/", False),
        ("/rooted", "rooted", True),
        ("./here", "here", True),
        ("folder/", "folder/file", True),
        ("a/../b", "b", True),
        ("../b", "b", True),
        (".", "file", False),
        ("/", "file", False),
        ("[a-c]x", "bx", True),
        ("[a-c]x", "dx", False),
        ("[^a-c]x", "dx", True),
        (r"\*.txt", "*.txt", True),
        (r"\*.txt", "a.txt", False),
        ("a+b(c)", "a+b(c)", True),
        ("v1.2", "v1x2", False),
        ("# a comment", "# a comment", False),
        ("   spaced   ", "spaced", True),
        ("\ufeffmarked", "marked", True),
        ("one\r\ntwo\r\n", "two", True),
        ("Case", "case", False),
    ],
)
def test_pattern_excludes_as_docker_documents(text: str, path: str, excluded: bool) -> None:
    assert dockerignore.parse(text).excludes(path) is excluded


def test_exception_brings_a_file_back() -> None:
    rules = dockerignore.parse("*.md\n!README.md\n")
    assert rules.excludes("notes.md")
    assert not rules.excludes("README.md")


def test_last_matching_rule_wins() -> None:
    rules = dockerignore.parse("*.md\n!README*.md\nREADME-secret.md\n")
    assert rules.excludes("README-secret.md")
    assert not rules.excludes("README-public.md")


def test_exception_below_an_excluded_folder() -> None:
    rules = dockerignore.parse("*\n!src/keep\n")
    assert rules.excludes("src")
    assert rules.enters("src")
    assert not rules.enters("other")
    assert not rules.excludes("src/keep/file")


def test_exception_with_a_wildcard_looks_into_every_folder() -> None:
    rules = dockerignore.parse("*\n!**/*.py\n")
    assert rules.enters("any/folder")
    assert not rules.excludes("any/folder/a.py")


def test_no_exception_means_excluded_folders_are_not_entered() -> None:
    assert not dockerignore.parse("*\n").enters("folder")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ok\n!", "line 2: '!' must be followed by a pattern"),
        ("[a", r"line 1: '\[a' has a '\[' without"),
        ("[]", "without a ']'"),
        ("[z-a]", "line 1: .*range"),
        ("x\\", "ends in a backslash"),
    ],
)
def test_bad_line_is_named(text: str, message: str) -> None:
    with pytest.raises(BadPattern, match=message):
        dockerignore.parse(text)


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("**/" * 20 + "a", "b/" * 60 + "b"),
        ("**/a" * 20 + "/x", "a/" * 60 + "b"),
        ("*a" * 20 + "x", "a" * 200),
        ("a**" * 20 + "x", "a/" * 100),
    ],
    ids=["folders", "folders-between-names", "stars", "double-stars"],
)
def test_no_pattern_takes_more_time_than_its_length_times_that_of_the_path(
    pattern: str, path: str
) -> None:
    # In a process of its own: what tries every way to share a path among wildcards takes years.
    program = (
        "import sys; from causeway.provider.image import dockerignore\n"
        "print(dockerignore.parse(sys.argv[1]).excludes(sys.argv[2]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, pattern, path],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout == "False\n"
