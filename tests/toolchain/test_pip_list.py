"""The answer to Pulumi's `pip list` from a record is byte for byte what the real pip says."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
QUESTION = ("-m", "pip", "list", "-v", "--format", "json")
# A record is made only of files that have been left alone for 2 s.
PATIENCE_SECONDS = 30


class Environment:
    """A project's .venv with pip and one package; `ask` calls Python as Pulumi does."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "project"
        self.shim = self.folder / "toolchain" / "pip_list"
        self.shim.mkdir(parents=True)
        shutil.copy(ROOT / "toolchain" / "pip_list" / "pip.py", self.shim)
        self.prefix = self.folder / ".venv"
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", self.prefix], check=True)
        self.python = self.prefix / "bin" / "python3"
        (self.packages,) = self.prefix.glob("lib/python*/site-packages")
        (own,) = Path(sys.prefix).glob("lib/python*/site-packages")
        for source in (own / "pip", *own.glob("pip-*.dist-info")):
            shutil.copytree(source, self.packages / source.name)
        self.add("apple", "1.0")
        self.record = self.prefix / "causeway.pip-list"
        self.home = folder / "home"
        self.home.mkdir()

    def add(self, name: str, version: str) -> Path:
        package = self.packages / f"{name}-1.dist-info"
        package.mkdir(exist_ok=True)
        text = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        (package / "METADATA").write_text(text)
        (package / "INSTALLER").write_text("pip\n")
        return package

    def ask(
        self, *words: str, real: bool = False, **variables: str
    ) -> subprocess.CompletedProcess[bytes]:
        place = {} if real else {"PYTHONPATH": str(self.shim)}
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.home)}
        if real or words:  # or pip asks its index for a newer one
            environment["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
        return subprocess.run(
            [self.python, *(words or QUESTION)],
            cwd=self.folder,
            env=environment | place | variables,
            capture_output=True,
            check=False,
        )

    def record_it(self) -> None:
        """Ask until a fresh record is made."""
        self.record.unlink(missing_ok=True)
        end = time.monotonic() + PATIENCE_SECONDS
        while not self.record.exists():
            assert time.monotonic() < end, "no record was made"
            answer = self.ask()
            assert answer.returncode == 0, answer.stderr
            time.sleep(0.2)

    def break_pip(self) -> None:
        """From here on only the record can answer: no package's description has changed."""
        (self.packages / "pip").rename(self.packages / "not_pip")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """One environment, which each test gives back as it was."""
    return Environment(tmp_path_factory.mktemp("environment"))


@pytest.fixture
def environment(made: Environment) -> Iterator[Environment]:
    made.record_it()
    yield made
    if (made.packages / "not_pip").exists():
        (made.packages / "not_pip").rename(made.packages / "pip")


def test_the_record_answers_byte_for_byte_what_pip_answers(environment: Environment) -> None:
    real = environment.ask(real=True)
    environment.break_pip()
    answer = environment.ask()
    assert b'{"name": "apple", "version": "1.0"' in answer.stdout
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, real.stdout, b"")


def test_the_current_folder_and_another_process_change_nothing(environment: Environment) -> None:
    environment.break_pip()
    assert environment.ask(PULUMI_MONITOR="127.0.0.1:1").returncode == 0
    assert environment.ask(PATH="/usr/bin", PWD="/").returncode == 0


def test_a_package_that_pip_installs_is_listed_at_once(
    environment: Environment, tmp_path: Path
) -> None:
    wheel = tmp_path / "plum-3.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as file:
        file.writestr("plum.py", "")
        described = "Metadata-Version: 2.1\nName: plum\nVersion: 3.0\n"
        file.writestr("plum-3.0.dist-info/METADATA", described)
        made_by = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        file.writestr("plum-3.0.dist-info/WHEEL", made_by)
        file.writestr("plum-3.0.dist-info/RECORD", "")
    installed = environment.ask("-m", "pip", "install", "--no-index", "--no-deps", str(wheel))
    assert installed.returncode == 0, installed.stderr
    answer = environment.ask()
    assert b'{"name": "plum", "version": "3.0"' in answer.stdout
    assert answer.stdout == environment.ask(real=True).stdout
    removed = environment.ask("-m", "pip", "uninstall", "--yes", "plum")
    assert removed.returncode == 0, removed.stderr
    assert b"plum" not in environment.ask().stdout


def test_a_version_that_changes_within_a_file_of_same_size_and_time_is_seen(
    environment: Environment,
) -> None:
    file = environment.add("cherry", "1.1") / "METADATA"
    environment.record_it()
    before = file.stat()
    file.write_text(file.read_text().replace("1.1", "2.2"))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert file.stat().st_size == before.st_size
    answer = environment.ask()
    shutil.rmtree(file.parent)
    assert b'{"name": "cherry", "version": "2.2"' in answer.stdout


def test_settings_of_pip_are_obeyed(environment: Environment) -> None:
    assert b"apple" not in environment.ask(PIP_EXCLUDE="apple").stdout
    assert b"apple" in environment.ask().stdout
    settings = environment.prefix / "pip.conf"
    settings.write_text("[list]\nexclude = apple\n")
    without = environment.ask().stdout
    settings.unlink()
    assert b"apple" not in without


def test_a_record_is_not_made_of_what_has_just_changed(environment: Environment) -> None:
    package = environment.add("fig", "1.0")
    environment.record.unlink()
    answer = environment.ask()
    shutil.rmtree(package)
    assert b"fig" in answer.stdout
    assert not environment.record.exists()


def test_a_warning_of_pip_is_passed_on_each_time(environment: Environment) -> None:
    broken = environment.packages / "~roken-1.0.dist-info"
    broken.mkdir()
    (broken / "METADATA").write_text("Metadata-Version: 2.1\nName: ~roken\nVersion: 1.0\n")
    real = environment.ask(real=True)
    answers = [environment.ask(), environment.ask()]
    shutil.rmtree(broken)
    assert b"WARNING" in real.stderr
    for answer in answers:
        assert (answer.stdout, answer.stderr) == (real.stdout, real.stderr)


@pytest.mark.parametrize(
    "words",
    [
        ("-m", "pip", "list", "--format", "json"),
        ("-m", "pip", "list", "-v", "--format", "json", "--not-required"),
        ("-m", "pip", "--version"),
        ("-m", "pip", "freeze", "--all"),
        ("-m", "pip", "show", "missing"),
        ("-c", "import pip, pip._internal; print(pip.__file__, pip.__path__, pip.__version__)"),
    ],
)
def test_any_other_call_is_the_real_pips(environment: Environment, words: tuple[str, ...]) -> None:
    answer, real = environment.ask(*words), environment.ask(*words, real=True)
    assert (answer.returncode, answer.stdout, answer.stderr) == (
        real.returncode,
        real.stdout,
        real.stderr,
    )
    environment.break_pip()
    assert environment.ask(*words).returncode == 1


def test_a_torn_record_is_not_used(environment: Environment) -> None:
    whole = environment.record.read_bytes()
    environment.record.write_bytes(whole[: len(whole) // 2])
    answer = environment.ask()
    environment.record.unlink()
    assert answer.stdout == environment.ask(real=True).stdout


def test_another_environment_has_no_record(environment: Environment, tmp_path: Path) -> None:
    other = Environment(tmp_path)
    other.shim = environment.shim
    answer = other.ask(PIP_DISABLE_PIP_VERSION_CHECK="1")
    assert answer.stdout == other.ask(real=True).stdout
    assert not other.record.exists()
