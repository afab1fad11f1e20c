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

# It moves a stack to another passphrase as Pulumi does: with another salt.
CLI = """#!/bin/sh
case $* in
    "stack change-secrets-provider passphrase --stack "*)
        sed -i 's|^encryptionsalt:.*|encryptionsalt: v1:moved|' "Pulumi.$5.yaml" && exit ;;
esac
echo "passphrase=${PULUMI_CONFIG_PASSPHRASE-unset} file=${PULUMI_CONFIG_PASSPHRASE_FILE-unset}"
echo "arguments=$*"
echo "first=${PATH%%:*} update=$PULUMI_SKIP_UPDATE_CHECK"
echo "debug=${CAUSEWAY_DEBUG_LINES-seen} modules=${PYTHONPATH-}"
"""
ROOT = Path(__file__).resolve().parents[2]
OTHER_SALT = "v1:AAAAAAAAAAA=:v1:BBBBBBBBBBBBBBBB:CCCC=="


class Project:
    def __init__(self, folder: Path) -> None:
        self.folder = folder / "project"
        self.home = folder / "home"
        (self.folder / ".venv" / "bin").mkdir(parents=True)
        (self.folder / ".venv" / "bin" / "python").symlink_to(sys.executable)
        (self.folder / "toolchain").symlink_to(ROOT / "toolchain")
        self.config = self.home / ".config" / "causeway"
        self.config.mkdir(parents=True)
        (self.folder / "Pulumi.yaml").write_text(
            "name: shop\nruntime: python\nbackend:\n  url: file://./.pulumi-state\n"
        )
        cli = folder / "cli" / "pulumi"
        cli.parent.mkdir()
        cli.write_text(CLI)
        cli.chmod(0o755)
        self.cli = cli
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

    def salt(self, name: str) -> str:
        return (self.folder / f"Pulumi.{name}.yaml").read_text().splitlines()[0]

    def call(
        self, *arguments: str, folder: Path | None = None, given: str = "", **environment: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(self.wrapper), *arguments],
            cwd=folder or self.folder,
            env={"PATH": "/usr/bin:/bin", "HOME": str(self.home), **environment},
            input=given,
            capture_output=True,
            text=True,
            check=False,
        )

    def run(self, *arguments: str, folder: Path | None = None, **environment: str) -> list[str]:
        finished = self.call(*arguments, folder=folder, **environment)
        assert finished.returncode == 0, finished.stderr
        return finished.stdout.splitlines()

    def refused(self, *arguments: str, **environment: str) -> str:
        """What is said; Pulumi was not started, and the stack's salt is what it was."""
        finished = self.call(*arguments, folder=None, given="", **environment)
        assert (finished.returncode, finished.stdout) == (1, "")
        return finished.stderr


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def test_arguments_reach_the_cli_and_the_environment_comes_first_on_path(project: Project) -> None:
    lines = project.run("up", "--yes", "--message", "two words")
    assert lines[1] == "arguments=up --yes --message two words"
    assert lines[2] == f"first={project.folder}/.venv/bin update=1"


@pytest.mark.parametrize(
    "words",
    [
        ["up", "--yes", "--stack", "dev"],
        ["preview", "-sdev", "-C", "."],
        ["up", "--color", "never", "-y"],
        ["preview", "--stack", "-d"],
        ["preview", "--", "--debug"],
    ],
)
def test_debug_lines_are_unseen_where_no_flag_asks_for_them(
    project: Project, words: list[str]
) -> None:
    told = project.run(*words)[3]
    assert told == f"debug=unseen modules={project.folder}/toolchain/pip_list"


@pytest.mark.parametrize(
    "words",
    [
        ["up", "--debug"],
        ["preview", "-d"],
        ["up", "-yd"],
        ["up", "--debug=true"],
        ["-v", "9", "preview"],
        ["-v=9", "--logtostderr", "preview"],
        ["preview", "--verbose=9"],
        ["--logtostderr", "preview"],
    ],
)
def test_a_flag_that_asks_for_debugging_shows_the_debug_lines(
    project: Project, words: list[str]
) -> None:
    told = project.run(*words, CAUSEWAY_DEBUG_LINES="unseen")[3]
    assert told == f"debug=seen modules={project.folder}/toolchain/pip_list"


def test_a_search_path_of_the_users_own_stays_behind_the_record(project: Project) -> None:
    told = project.run("up", PYTHONPATH="/one two:/three")[3]
    assert told == f"debug=unseen modules={project.folder}/toolchain/pip_list:/one two:/three"


def test_one_variable_switches_the_shortcuts_off(project: Project) -> None:
    told = project.run("up", CAUSEWAY_SHORTCUTS="off", CAUSEWAY_DEBUG_LINES="unseen")[3]
    assert told == "debug=seen modules="


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
    lock = project.folder / ".pulumi-state/.pulumi/locks/organization/shop/dev/one.json"
    lock.parent.mkdir(parents=True)
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    content = {"pid": ended.pid, "username": "ada", "hostname": socket.gethostname()}
    lock.write_text(json.dumps({**content, "timestamp": "2026-01-01T00:00:00.5Z"}))
    assert (
        project.run(*arguments, folder=None, **variables)[-3] == f"arguments={' '.join(arguments)}"
    )
    assert lock.exists() is not removed


COMMITTED = f"encryptionsalt: {pins.EMPTY_PASSPHRASE_SALT}"
SECRET_SPELLINGS = [
    "config set --secret key value",
    "config set key value --secret",
    "config set --secret=true key value",
    "config set --path --secret names[0] value",
    "config --color never set key --secret",
    "--color never config set --secret key value",
    "--color=never config set --secret key value",
    "-v 3 config set --secret key value",
    "-v=3 config set --secret key value",
    "--tracing file:t config set --secret key value",
    "--logtostderr -Q config set --secret key value",
    "--non-interactive config --stack dev set --secret -- key value",
    "config set --type string --secret key 7",
    "config set-all --secret key=value",
    "config set-all --plaintext a=b --secret=key=value",
    "config set-all --path --secret names[0]=value",
    """config set-all --json {"key":{"value":"v","secret":true}}""",
    "config set-all --json unreadable",
    "config refresh",
]


@pytest.mark.parametrize("spelling", SECRET_SPELLINGS)
def test_a_secret_moves_the_stack_to_a_passphrase_of_its_own(
    project: Project, spelling: str
) -> None:
    project.stack("dev", pins.EMPTY_PASSPHRASE_SALT)
    lines = project.run(*spelling.split(), PULUMI_STACK="dev")
    file = project.config / "passphrase-shop-dev"
    assert lines[:2] == [f"passphrase=unset file={file}", f"arguments={spelling}"]
    assert file.stat().st_mode & 0o777 == 0o600
    assert project.salt("dev") == "encryptionsalt: v1:moved"


@pytest.mark.parametrize("option", ["-s", "--stack", "-C{folder} -s", "--cwd {folder} --stack"])
def test_options_before_the_verb_say_which_stack_is_moved(
    project: Project, tmp_path: Path, option: str
) -> None:
    project.stack("dev", pins.EMPTY_PASSPHRASE_SALT)
    project.stack("prod", pins.EMPTY_PASSPHRASE_SALT)
    project.select("dev")
    before = option.format(folder=project.folder).split()
    folder = tmp_path if "folder" in option else project.folder
    project.run(*before, "prod", "config", "set", "--secret", "key", "value", folder=folder)
    assert project.salt("prod") == "encryptionsalt: v1:moved"
    assert project.salt("dev") == COMMITTED


@pytest.mark.parametrize(
    "spelling",
    [
        "config",
        "config get key",
        "config set key value",
        "config set --secret=false key value",
        "config set key -- --secret",
        "config set-all --plaintext key=value",
        """config set-all --json {"key":{"value":"v","secret":false}}""",
        "config env ls",
        "stack rename other",
        "stack change-secrets-provider awskms://alias/key",
        "--color never up --message config",
        "stack tag ls",
        "--future x up",
        "config --help",
    ],
)
def test_what_encrypts_nothing_keeps_the_empty_passphrase(project: Project, spelling: str) -> None:
    project.stack("dev", pins.EMPTY_PASSPHRASE_SALT)
    lines = project.run(*spelling.split(), PULUMI_STACK="dev")
    assert lines[:2] == ["passphrase= file=unset", f"arguments={spelling}"]
    assert project.salt("dev") == COMMITTED


@pytest.mark.parametrize(
    ("spelling", "message"),
    [
        ("--future x config set --secret key value", "--future is unknown"),
        ("config --secret set key value", "--secret is unknown"),
        ("config frobnicate key", "`pulumi config frobnicate key` may encrypt something"),
        ("config set --config-file other.yaml --secret a b", "`make passphrase STACK=dev`"),
        ("stack change-secrets-provider passphrase", "`make passphrase STACK=dev`"),
        ("config cp --dest dev -s prod", "`make passphrase STACK=dev`"),
        ("config copy -d dev --stack=prod", "`make passphrase STACK=dev`"),
        ("state move --source prod --dest dev urn", "`make passphrase STACK=dev`"),
        ("stack init new --copy-config-from prod", "`make passphrase STACK=new`"),
        ("stack import --file state.json", "`make passphrase STACK=dev`"),
        ("stack init", "name it: `pulumi stack init NAME`"),
    ],
)
def test_what_would_lie_open_is_refused_with_the_cure(
    project: Project, spelling: str, message: str
) -> None:
    project.stack("dev", pins.EMPTY_PASSPHRASE_SALT)
    project.stack("prod", OTHER_SALT)
    prod = f"encryptionsalt: {OTHER_SALT}\nconfig:\n  key:\n    secure: v1:abc\n"
    (project.folder / "Pulumi.prod.yaml").write_text(prod)
    signature = '{"4dabf18193072939515e22adb298388d":"1b47061264138c4ac30d75fd1eb44270"}'
    (project.folder / "state.json").write_text(signature)
    said = project.refused(*spelling.split(), PULUMI_STACK="dev")
    assert message in said
    assert project.salt("dev") == COMMITTED


@pytest.mark.parametrize("salt", [pins.EMPTY_PASSPHRASE_SALT, OTHER_SALT])
def test_a_secret_is_refused_while_the_variable_for_the_passphrase_is_empty(
    project: Project, salt: str
) -> None:
    project.stack("dev", salt)
    setting = ["config", "set", "--secret", "key", "value", "-s", "dev"]
    said = project.refused(*setting, PULUMI_CONFIG_PASSPHRASE="")
    assert "unset PULUMI_CONFIG_PASSPHRASE" in said
    assert project.run(*setting, PULUMI_CONFIG_PASSPHRASE="mine")[0] == "passphrase=mine file=unset"


def test_a_secrets_provider_of_its_own_needs_no_passphrase(project: Project) -> None:
    file = project.folder / "Pulumi.dev.yaml"
    file.write_text("secretsprovider: awskms://alias/key\nconfig: {}\n")
    lines = project.run("config", "set", "--secret", "key", "value", "-s", "dev")
    assert lines[0] == "passphrase=unset file=unset"
    assert file.read_text() == "secretsprovider: awskms://alias/key\nconfig: {}\n"


def test_a_state_on_the_standard_input_is_looked_at_and_handed_on(project: Project) -> None:
    project.stack("dev", pins.EMPTY_PASSPHRASE_SALT)
    finished = project.call(
        "stack", "import", "-s", "dev", given="1b47061264138c4ac30d75fd1eb44270"
    )
    assert finished.returncode == 1
    assert "`make passphrase STACK=dev`" in finished.stderr
    (project.cli).write_text("#!/bin/sh\ncat\n")
    assert project.call("stack", "import", "-s", "dev", given="{}\n").stdout == "{}\n"


def test_a_new_passphrase_that_is_empty_is_refused(project: Project) -> None:
    project.stack("dev", OTHER_SALT)
    said = project.refused("stack", "change-secrets-provider", "passphrase", "-s", "dev")
    assert "the new passphrase is empty" in said


def test_a_new_stack_gets_the_committed_salt_and_another_one_stays(project: Project) -> None:
    project.stack("dev", pins.EMPTY_PASSPHRASE_SALT)
    lines = project.run("--color", "never", "stack", "--non-interactive", "init", "mine")
    assert lines[0] == "passphrase= file=unset"
    assert project.salt("mine") == COMMITTED
    assert project.salt("dev") == COMMITTED


def test_a_renamed_stack_finds_its_passphrase(project: Project) -> None:
    project.stack("prod", OTHER_SALT)
    file = Path(project.passphrase("prod"))
    file.chmod(0o600)
    project.run("stack", "rename", "live", "-s", "prod")
    project.stack("live", OTHER_SALT)
    renamed = project.config / "passphrase-shop-live"
    assert project.run("up", "-s", "live")[0] == f"passphrase=unset file={renamed}"
    assert renamed.stat().st_mode & 0o777 == 0o600


def test_a_project_that_is_yet_to_be_made_gets_no_passphrase(
    project: Project, tmp_path: Path
) -> None:
    assert project.run("new", "python", folder=tmp_path)[0] == "passphrase=unset file=unset"


def test_causeway_runs_the_projects_command_from_any_folder(tmp_path: Path) -> None:
    """The console script that `pip install --editable` made."""
    command = Path(sys.executable).with_name("causeway")
    answer = subprocess.run(
        [command, "--help"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert answer.stdout.startswith("usage: causeway ")
