"""What .venv/bin/pulumi hands to the CLI, shown with a script that prints what it was given."""

from __future__ import annotations

import hashlib
import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from toolchain import pins, wrapper
from toolchain.command import Cli
from toolchain.places import Places

CLI = """#!/bin/sh
echo "passphrase=${PULUMI_CONFIG_PASSPHRASE-unset} file=${PULUMI_CONFIG_PASSPHRASE_FILE-unset}"
echo "arguments=$*"
echo "first=${PATH%%:*} update=$PULUMI_SKIP_UPDATE_CHECK"
"""
OTHER_SALT = "v1:AAAAAAAAAAA=:v1:BBBBBBBBBBBBBBBB:CCCC=="


class Project:
    def __init__(self, folder: Path) -> None:
        self.folder = folder / "project"
        self.home = folder / "home"
        (self.folder / ".venv" / "bin").mkdir(parents=True)
        self.config = self.home / ".config" / "causeway"
        self.config.mkdir(parents=True)
        (self.folder / "Pulumi.yaml").write_text(
            "name: shop\nruntime: python\nbackend:\n  url: file://./.pulumi-state\n"
        )
        cli = folder / "cli" / "pulumi"
        cli.parent.mkdir()
        cli.write_text(CLI)
        cli.chmod(0o755)
        places = Places(project=self.folder, cache=folder / "cache")
        path = str(self.folder / "Pulumi.yaml")
        self.sum = hashlib.sha1(path.encode()).hexdigest()
        text = wrapper.text(places, Cli(cli, "3.256.0"), self.sum, str(self.home / ".pulumi"))
        places.wrapper.write_text(text)
        places.wrapper.chmod(0o755)
        self.wrapper = places.wrapper

    def stack(self, name: str, salt: str) -> None:
        (self.folder / f"Pulumi.{name}.yaml").write_text(f"encryptionsalt: {salt}\nconfig: {{}}\n")

    def passphrase(self, name: str) -> str:
        (self.config / f"passphrase-shop-{name}").write_text("secret\n")
        return str(self.config / f"passphrase-shop-{name}")

    def select(self, name: str) -> None:
        file = self.home / ".pulumi" / "workspaces" / f"shop-{self.sum}-workspace.json"
        file.parent.mkdir(parents=True)
        stacks = {
            "file://elsewhere": "organization/shop/wrong",
            "file://./.pulumi-state": f"organization/shop/{name}",
        }
        file.write_text(json.dumps({"stacks": stacks}, indent=4))

    def run(self, *arguments: str, folder: Path | None = None, **environment: str) -> list[str]:
        finished = subprocess.run(
            [str(self.wrapper), *arguments],
            cwd=folder or self.folder,
            env={"PATH": "/usr/bin:/bin", "HOME": str(self.home), **environment},
            capture_output=True,
            text=True,
            check=True,
        )
        return finished.stdout.splitlines()


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def test_arguments_reach_the_cli_and_the_environment_comes_first_on_path(project: Project) -> None:
    lines = project.run("up", "--yes", "--message", "two words")
    assert lines[1] == "arguments=up --yes --message two words"
    assert lines[2] == f"first={project.folder}/.venv/bin update=1"


def test_a_stack_with_the_committed_salt_gets_the_empty_passphrase(project: Project) -> None:
    project.stack("dev", pins.EMPTY_PASSPHRASE_SALT)
    project.passphrase("dev")
    assert project.run("up", "-s", "dev")[0] == "passphrase= file=unset"


@pytest.mark.parametrize(
    "option",
    [["-s", "prod"], ["-sprod"], ["-s=prod"], ["--stack", "prod"], ["--stack=prod"]],
)
def test_the_stack_option_decides_whose_passphrase_is_used(
    project: Project, option: list[str]
) -> None:
    project.stack("prod", OTHER_SALT)
    file = project.passphrase("prod")
    assert project.run("up", *option)[0] == f"passphrase=unset file={file}"


def test_a_full_stack_name_means_its_last_part(project: Project) -> None:
    project.stack("prod", OTHER_SALT)
    file = project.passphrase("prod")
    lines = project.run("up", "-s", "organization/shop/prod")
    assert lines[0] == f"passphrase=unset file={file}"


def test_the_variable_for_the_stack_is_read(project: Project) -> None:
    project.stack("prod", OTHER_SALT)
    file = project.passphrase("prod")
    assert project.run("up", PULUMI_STACK="prod")[0] == f"passphrase=unset file={file}"


def test_the_selected_stack_is_read_from_pulumis_workspace(project: Project) -> None:
    project.stack("prod", OTHER_SALT)
    project.select("prod")
    file = project.passphrase("prod")
    assert project.run("preview")[0] == f"passphrase=unset file={file}"


def test_the_folder_option_finds_the_project(project: Project, tmp_path: Path) -> None:
    project.stack("prod", OTHER_SALT)
    project.select("prod")
    file = project.passphrase("prod")
    lines = project.run("-C", str(project.folder), "preview", folder=tmp_path)
    assert lines[0] == f"passphrase=unset file={file}"


def test_a_folder_below_the_project_belongs_to_it(project: Project) -> None:
    project.stack("prod", OTHER_SALT)
    project.select("prod")
    file = project.passphrase("prod")
    below = project.folder / "stacks"
    below.mkdir()
    assert project.run("preview", folder=below)[0] == f"passphrase=unset file={file}"


def test_a_salt_whose_passphrase_is_elsewhere_is_left_to_pulumi(project: Project) -> None:
    project.stack("prod", OTHER_SALT)
    assert project.run("up", "-s", "prod")[0] == "passphrase=unset file=unset"


def test_a_passphrase_of_the_users_own_is_left_alone(project: Project) -> None:
    project.stack("dev", pins.EMPTY_PASSPHRASE_SALT)
    lines = project.run("up", "-s", "dev", PULUMI_CONFIG_PASSPHRASE="mine")
    assert lines[0] == "passphrase=mine file=unset"


def test_a_folder_outside_any_project_is_no_error(project: Project, tmp_path: Path) -> None:
    assert project.run("version", folder=tmp_path)[1] == "arguments=version"


@pytest.mark.parametrize(
    ("arguments", "removed"),
    [
        (["up", "--yes", "-s", "dev"], True),
        (["destroy", "-y", "-s", "dev"], True),
        (["up", "-s", "dev"], False),
        (["preview", "-s", "dev"], False),
        (["up", "--yes", "-s", "prod"], False),
    ],
)
@pytest.mark.parametrize("variables", [{}, {"PULUMI_CONFIG_PASSPHRASE": "mine"}])
def test_a_lock_of_a_dead_process_is_dealt_with_before_the_stack_is_changed(
    project: Project, arguments: list[str], removed: bool, variables: dict[str, str]
) -> None:
    root = Path(__file__).resolve().parents[2]
    (project.folder / "toolchain").symlink_to(root / "toolchain")
    (project.folder / ".venv" / "bin" / "python").symlink_to(sys.executable)
    lock = project.folder / ".pulumi-state/.pulumi/locks/organization/shop/dev/one.json"
    lock.parent.mkdir(parents=True)
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    content = {"pid": ended.pid, "username": "ada", "hostname": socket.gethostname()}
    lock.write_text(json.dumps({**content, "timestamp": "2026-01-01T00:00:00.5Z"}))
    assert project.run(*arguments, **variables)[-2] == f"arguments={' '.join(arguments)}"
    assert lock.exists() is not removed


def test_causeway_runs_the_projects_command_from_any_folder(tmp_path: Path) -> None:
    project = Path(__file__).resolve().parents[2]
    places = Places(project=project, cache=tmp_path)
    command = tmp_path / "causeway"
    command.write_text(wrapper.causeway(places))
    answer = subprocess.run(
        ["sh", str(command), "--help"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert answer.stdout.startswith("usage: causeway ")
