"""What a stack's files lead to is judged before it is read: nothing is fetched, nothing waits."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from causeway.model.compose import file_references
from causeway.model.errors import StackError
from causeway.model.load import load

TOO_LARGE = (1 << 20) + 1


@dataclass
class Listener:
    """Takes the place of whatever could be asked; `calls` counts its connections."""

    socket: socket.socket
    calls: list[object] = field(default_factory=list)

    @property
    def port(self) -> int:
        return int(self.socket.getsockname()[1])

    def run(self) -> None:
        while True:
            try:
                connection, caller = self.socket.accept()
            except OSError:
                return
            self.calls.append(caller)
            connection.close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        made = Listener(server)
        thread = threading.Thread(target=made.run, daemon=True)
        thread.start()
        yield made
        server.shutdown(socket.SHUT_RDWR)
    thread.join()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "near.yaml").write_text("services: {near: {image: near:1}}\n")
    return tmp_path


def report(folder: Path, text: str, **variables: str) -> str:
    """The problems of a stack file, its folder left out."""
    (folder / "compose.yaml").write_text(text)
    with pytest.raises(StackError) as caught:
        load([folder / "compose.yaml"], name="shop", variables=variables)
    return str(caught.value).replace(f"{folder}/", "")


REMOTES = ["http://127.0.0.1:{}/shop.git", "oci://127.0.0.1:{}/shop:1", "HTTP://127.0.0.1:{}/s.git"]


@pytest.mark.parametrize("remote", REMOTES)
@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("include: ['${WHERE}']\n", "1: include[0]"),
        ("include: [near.yaml, {path: ['${WHERE}']}]\n", "1: include[1].path[0]"),
        ("include: [{path: near.yaml, project_directory: '${WHERE}'}]\n", "1: include[0].project"),
        (
            "services: {a: {extends: {file: '${WHERE}', service: b}}}\n",
            "1: services.a.extends.file",
        ),
    ],
)
def test_a_stack_file_behind_a_variable_is_not_fetched(
    folder: Path, listener: Listener, remote: str, text: str, place: str
) -> None:
    where = remote.format(listener.port)
    said = report(folder, text, PATH=os.environ["PATH"], WHERE=where)
    assert f"${{WHERE}} resolves to {where}, which is not on this machine" in said
    assert place in said
    assert listener.calls == []


def test_dotenv_leads_nowhere_else_either(folder: Path, listener: Listener) -> None:
    (folder / ".env").write_text(
        f"WHERE=oci://127.0.0.1:{listener.port}/shop:1\nCOMPOSE_EXPERIMENTAL_OCI_REMOTE=true\n"
    )
    assert report(folder, "include: ['${WHERE}']\n").startswith("compose.yaml:1: include[0]: ")
    assert listener.calls == []


def test_an_included_file_is_judged_by_its_own_variables(folder: Path, listener: Listener) -> None:
    where = f"oci://127.0.0.1:{listener.port}/shop:1"
    (folder / "below").mkdir()
    (folder / "below" / "inner.yaml").write_text("include:\n  - ${WHERE}\n")
    (folder / "below" / ".env").write_text(f"WHERE={where}\n")
    assert report(folder, "include: ['${DIR}/inner.yaml']\n", DIR="below") == (
        f"below/inner.yaml:2: include[0]: ${{WHERE}} resolves to {where}, which is not on this "
        "machine: keep a copy next to the Compose file"
    )
    assert listener.calls == []


def test_an_extended_file_extends_nothing_from_elsewhere(folder: Path, listener: Listener) -> None:
    where = f"oci://127.0.0.1:{listener.port}/shop:1"
    (folder / "base.yaml").write_text(
        "services:\n  base:\n    extends:\n      file: ${WHERE}\n      service: far\n"
    )
    text = "services: {web: {extends: {file: base.yaml, service: base}}}\n"
    assert report(folder, text, WHERE=where) == (
        f"base.yaml:4: services.base.extends.file: ${{WHERE}} resolves to {where}, which is not on "
        "this machine: keep a copy next to the Compose file"
    )
    assert listener.calls == []


def test_the_loader_itself_fetches_nothing(
    folder: Path, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Should a way be missed by what judges beforehand."""
    monkeypatch.setattr(file_references, "unreadable", lambda *_: [])
    where = f"oci://127.0.0.1:{listener.port}/shop:1"
    switches = {"COMPOSE_EXPERIMENTAL_OCI_REMOTE": "true", "WHERE": where}
    assert report(folder, "include: ['${WHERE}']\n", **switches) == (
        "compose.yaml:1: include: refers to a Compose file that is not on this machine: keep a "
        "copy next to this one"
    )
    assert listener.calls == []


@pytest.mark.parametrize(
    "name",
    [
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
        "DOCKER_CLI_OTEL_EXPORTER_OTLP_ENDPOINT",
        "HTTPS_PROXY",
    ],
)
def test_a_variable_of_the_stack_makes_the_loader_report_to_nobody(
    folder: Path, listener: Listener, name: str
) -> None:
    (folder / "compose.yaml").write_text("services: {web: {image: web:1}}\n")
    address = f"http://127.0.0.1:{listener.port}"
    load([folder / "compose.yaml"], name="shop", variables={name: address})
    assert listener.calls == []


def test_a_variable_for_traces_reaches_its_service(folder: Path) -> None:
    (folder / "compose.yaml").write_text(
        "services: {web: {image: web:1, environment: {TO: '${OTEL_EXPORTER_OTLP_ENDPOINT}'}}}\n"
    )
    told = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://traces:4317"}
    stack = load([folder / "compose.yaml"], name="shop", variables=told).stack
    assert stack.services[0].environment == (("TO", "http://traces:4317"),)


READ = [
    ("include: ['${FILE}']\n", "compose.yaml:1: include[0]: "),
    ("include: [{path: [near.yaml, bad]}]\n", "compose.yaml:1: include[0].path[1]: "),
    ("include: [{path: near.yaml, env_file: bad}]\n", "compose.yaml:1: include[0].env_file: "),
    (
        "services: {a: {extends: {file: bad, service: b}}}\n",
        "compose.yaml:1: services.a.extends.file: ",
    ),
    ("services: {a: {image: a, env_file: bad}}\n", "compose.yaml:1: services.a.env_file: "),
    (
        "services: {a: {image: a, env_file: [{path: bad, required: false}]}}\n",
        "compose.yaml:1: services.a.env_file[0].path: ",
    ),
    (
        "services: {a: {image: a, label_file: [bad]}}\n",
        "compose.yaml:1: services.a.label_file[0]: ",
    ),
    (
        "services: {a: {image: a, secrets: [s]}}\nsecrets: {s: {file: bad}}\n",
        "compose.yaml:2: secrets.s.file: ",
    ),
    (
        "services: {a: {image: a, configs: [s]}}\nconfigs: {s: {file: bad}}\n",
        "compose.yaml:2: configs.s.file: ",
    ),
    (
        "services: {a: {build: {context: ., dockerfile: bad}}}\n",
        "compose.yaml:1: services.a.build.dockerfile: ",
    ),
]


@pytest.mark.parametrize(("text", "place"), READ)
def test_a_fifo_is_refused_and_not_waited_for(folder: Path, text: str, place: str) -> None:
    os.mkfifo(folder / "bad")
    assert report(folder, text, FILE="bad") == f"{place}bad is a FIFO, not a regular file"


@pytest.mark.parametrize(("text", "place"), READ)
def test_a_device_without_an_end_is_refused(folder: Path, text: str, place: str) -> None:
    (folder / "bad").symlink_to("/dev/zero")
    assert report(folder, text, FILE="bad") == f"{place}bad is a device, not a regular file"


@pytest.mark.parametrize(("text", "place"), READ)
def test_a_file_that_is_too_large_is_refused(folder: Path, text: str, place: str) -> None:
    is_content = "secrets.s" in place or "configs.s" in place
    with (folder / "bad").open("wb") as file:
        file.truncate((64 << 20) + 1 if is_content else TOO_LARGE)
    sizes = ("64.0", "64") if is_content else ("1.0", "1")
    assert report(folder, text, FILE="bad") == (
        f"{place}bad is {sizes[0]} MiB in size; the limit is {sizes[1]} MiB"
    )


def test_a_config_may_be_larger_than_a_stack_file(folder: Path) -> None:
    (folder / "compose.yaml").write_text(
        "services: {a: {image: a, configs: [s]}}\nconfigs: {s: {file: large}}\n"
    )
    (folder / "large").write_bytes(b"#" * TOO_LARGE)
    stack = load([folder / "compose.yaml"], name="shop", variables={}).stack
    assert [source.key for source in stack.file_sources] == ["s"]


@pytest.mark.parametrize("name", [".env", "below/.env"])
def test_a_dotenv_that_is_no_regular_file_is_refused(folder: Path, name: str) -> None:
    (folder / "below").mkdir()
    (folder / "below" / "inner.yaml").write_text("services: {a: {image: 'a:1'}}\n")
    os.mkfifo(folder / name)
    said = report(folder, "include: [below/inner.yaml]\n")
    assert said == f"{name}: is a FIFO, not a regular file"


def test_a_configured_file_that_is_no_regular_one_is_refused(folder: Path) -> None:
    os.mkfifo(folder / "pipe.yaml")
    with pytest.raises(StackError, match=r"pipe\.yaml: is a FIFO, not a regular file$"):
        load([folder / "pipe.yaml"], name="shop")


def test_other_environment_files_are_not_the_loaders_business(folder: Path) -> None:
    (folder / "compose.yaml").write_text("services: {web: {image: 'web:${TAG-none}'}}\n")
    (folder / "other.env").write_text("TAG=other\n")
    told = {"COMPOSE_ENV_FILES": str(folder / "other.env")}
    stack = load([folder / "compose.yaml"], name="shop", variables=told).stack
    assert stack.services[0].image == "web:none"


def test_a_file_that_includes_itself_from_ever_other_folders_ends(folder: Path) -> None:
    again = folder / "compose.yaml"
    text = f"include: [{{path: {again}, project_directory: x}}]\n"
    assert "compose.yaml: includes or extends more than 250 files" in report(folder, text)


def test_included_and_extended_files_behind_variables_are_loaded(folder: Path) -> None:
    (folder / "compose.yaml").write_text(
        "include: ['${FILE}.yaml']\n"
        "services: {web: {extends: {file: '${FILE}.yaml', service: near}}}\n"
    )
    stack = load([folder / "compose.yaml"], name="shop", variables={"FILE": "near"}).stack
    assert [service.image for service in stack.services] == ["near:1", "near:1"]
