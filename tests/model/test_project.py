from __future__ import annotations

from pathlib import Path

import pytest

from causeway.model.errors import StackError
from causeway.model.project import (
    ENCRYPTED,
    EngineConfig,
    StackConfig,
    read_config,
    read_project,
)
from causeway.model.reach import Firewall
from causeway.model.values import Place


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def config(**values: str) -> StackConfig:
    values.setdefault("files", '["compose.yaml"]')
    named = {f"causeway:{key}": value for key, value in values.items()}
    return read_config(named, "causeway", "dev")


def test_values_come_from_their_keys() -> None:
    found = config(
        variables='{"WEB_PORT": "8080", "COUNT": 3, "DEBUG": true}',
        profiles='["debug"]',
        scale='{"web": 2}',
        images='{"python:3.9-slim": "mirror/python:3.9-slim"}',
    )

    assert found == StackConfig(
        name="causeway-dev",
        files=("compose.yaml",),
        stack="dev",
        variables={"WEB_PORT": "8080", "COUNT": "3", "DEBUG": "true"},
        profiles=("debug",),
        scale={"web": 2},
        images={"python:3.9-slim": "mirror/python:3.9-slim"},
    )


@pytest.mark.parametrize(
    ("written", "read"),
    [("20.10", (20, 10)), ("29", (29, 0)), ('"28.5.1"', (28, 5)), ("", None)],
)
def test_the_engine_version_is_two_numbers(written: str, read: tuple[int, int] | None) -> None:
    assert config(engineVersion=written).engine_version == read


def test_an_engine_version_that_is_none_is_refused() -> None:
    with pytest.raises(StackError, match=r'version such as 20\.10 or 29, found "newest"'):
        config(engineVersion="newest")


@pytest.mark.parametrize(
    ("written", "read"),
    [("nftables", Firewall.NFTABLES), ('"iptables"', Firewall.IPTABLES), ("", None)],
)
def test_the_firewall_backend_is_one_of_two(written: str, read: Firewall | None) -> None:
    assert config(firewallBackend=written).firewall_backend == read


def test_another_firewall_backend_is_refused() -> None:
    with pytest.raises(StackError, match='expected iptables or nftables, found "assumed"'):
        config(firewallBackend="assumed")


def test_other_namespaces_are_not_ours() -> None:
    values = {"causeway:files": '["a.yaml"]', "docker:host": "unix:///x", "other:filess": "1"}

    assert read_config(values, "causeway", "dev").files == ("a.yaml",)


def test_a_misspelt_key_is_named_with_its_place(folder: Path) -> None:
    (folder / "Pulumi.dev.yaml").write_text(
        "config:\n  causeway:files:\n    - compose.yaml\n  causeway:scales:\n    web: 2\n"
    )

    with pytest.raises(StackError) as error:
        config(scales='{"web": 2}')
    assert str(error.value) == (
        "Pulumi.dev.yaml:4: causeway:scales: unknown key; did you mean causeway:scale? "
        "(known: addressPool, engineVersion, files, firewallBackend, images, probeImage, "
        "profiles, scale, variables, verify)"
    )


def test_all_mistakes_are_reported_at_once() -> None:
    with pytest.raises(StackError) as error:
        config(
            files='"compose.yaml"',
            variables='{"VERSION": 1.1}',
            scale='{"web": "many"}',
            images='["a"]',
            addressPool='"8.8.0.0/16"',
            verify='"perhaps"',
        )
    assert str(error.value).splitlines() == [
        "causeway:addressPool: 8.8.0.0/16 contains public addresses: use a part of 10.0.0.0/8, "
        "for example",
        'causeway:files: expected a list, found "compose.yaml"',
        'causeway:images: expected a mapping, found ["a"]',
        'causeway:scale: web: expected a number of replicas, found "many"',
        "causeway:variables: write 1.1 in quotes: as a number it loses trailing zeros",
        'causeway:verify: expected true or false, found "perhaps"',
    ]


@pytest.mark.parametrize("count", ["-1", "true", "1.5", "null", '""'])
def test_a_scale_is_a_whole_number_from_zero(count: str) -> None:
    with pytest.raises(StackError, match="causeway:scale: web: expected a number of replicas"):
        config(scale=f'{{"web": {count}}}')


def test_a_stack_without_files_says_how_to_name_them() -> None:
    with pytest.raises(StackError, match=r"causeway:files: not set; set it with `pulumi config"):
        read_config({}, "causeway", "dev")


def test_this_machines_images_lie_beneath_the_stacks_own(folder: Path) -> None:
    (folder / "causeway.local.yaml").write_text(
        'images:\n  "python:3.9-slim": local/python:3.11\n  "nginx:1.27": local/nginx:1.22\n'
    )
    found = config(images='{"nginx:1.27": "mirror/nginx:1.27"}')

    assert found.images == {
        "python:3.9-slim": "local/python:3.11",
        "nginx:1.27": "mirror/nginx:1.27",
    }
    assert found.origin("python:3.9-slim") == "causeway.local.yaml"
    assert found.origin("nginx:1.27") == "causeway:images"


def test_a_local_file_of_another_shape_is_reported(folder: Path) -> None:
    (folder / "causeway.local.yaml").write_text("images:\n  nginx:1.27:\n")

    with pytest.raises(StackError, match=r"causeway\.local\.yaml:2: .*expected `images:`"):
        config()


def secrets(*keys: str) -> tuple[str, ...]:
    values = {
        "causeway:files": '["compose.yaml"]',
        "causeway:variables": '{"PASSWORD": "hunter2", "PORT": "8080"}',
    }
    return read_config(values, "causeway", "dev", keys).secrets


def test_an_encrypted_variable_is_a_secret(folder: Path) -> None:
    (folder / "Pulumi.dev.yaml").write_text(
        "config:\n  causeway:variables:\n    PASSWORD:\n      secure: v1:abc\n    PORT: '8080'\n"
    )

    assert secrets("causeway:variables") == ("hunter2",)


def test_all_variables_are_secret_when_the_file_does_not_tell_which() -> None:
    assert secrets("causeway:variables") == ("8080", "hunter2")


def test_nothing_is_secret_in_a_stack_without_encrypted_values() -> None:
    assert secrets() == ()


def test_secrets_do_not_show_in_the_settings_text() -> None:
    assert "secrets" not in repr(config())


def test_an_encrypted_value_of_any_key_is_a_secret_with_its_place(folder: Path) -> None:
    (folder / "Pulumi.dev.yaml").write_text(
        "config:\n"
        "  docker:registryAuth:\n"
        "    - address: registry.example\n"
        "      password:\n"
        "        secure: v1:abc\n"
    )
    values = {
        "causeway:files": '["compose.yaml"]',
        "docker:registryAuth": '[{"address": "registry.example", "password": "hunter2"}]',
    }
    found = read_config(values, "causeway", "dev", ["docker:registryAuth"])

    assert found.secrets == ("hunter2",)
    assert found.secret_places == (Place("Pulumi.dev.yaml", 4, "docker:registryAuth[0].password"),)


def project(folder: Path, project_file: str, stack_file: str) -> StackConfig:
    (folder / "Pulumi.yaml").write_text(project_file)
    (folder / "Pulumi.dev.yaml").write_text(stack_file)
    return read_project(folder, "dev")


def test_the_files_of_a_project_say_what_pulumi_tells_the_program(folder: Path) -> None:
    found = project(
        folder,
        "name: causeway\n",
        "config:\n"
        "  causeway:files: [compose.yaml]\n"
        "  causeway:variables: {WEB_PORT: 8080, DEBUG: true, VERSION: 1.10}\n"
        "  causeway:scale: {web: 2}\n"
        "  causeway:engineVersion: 20.10\n"
        "  docker:host: unix:///run/other.sock\n",
    )
    assert found == StackConfig(
        "causeway-dev",
        ("compose.yaml",),
        folder,
        "dev",
        variables={"WEB_PORT": "8080", "DEBUG": "true", "VERSION": "1.10"},
        scale={"web": 2},
        engine_version=(20, 10),
        engine=EngineConfig("unix:///run/other.sock"),
    )


def test_a_number_of_replicas_that_is_none_is_told_with_its_line(folder: Path) -> None:
    with pytest.raises(StackError) as error:
        project(
            folder,
            "name: causeway\n",
            "config:\n  causeway:files: [a.yaml]\n  causeway:scale: {web: many}\n"
            "  causeway:scales: {}\n",
        )
    assert str(error.value).splitlines() == [
        'Pulumi.dev.yaml:3: causeway:scale: web: expected a number of replicas, found "many"',
        "Pulumi.dev.yaml:4: causeway:scales: unknown key; did you mean causeway:scale? (known: "
        "addressPool, engineVersion, files, firewallBackend, images, probeImage, profiles, scale, "
        "variables, verify)",
    ]


def test_the_project_sets_what_the_stack_does_not(folder: Path) -> None:
    found = project(
        folder,
        "name: causeway\nconfig:\n  files: {default: [a.yaml]}\n"
        "  causeway:profiles: {value: [debug]}\n  causeway:scale: {value: {web: 3}}\n",
        "config:\n  causeway:scale: {web: 2}\n",
    )
    assert (found.files, found.profiles, found.scale) == (("a.yaml",), ("debug",), {"web": 2})


def test_an_encrypted_value_is_unknown_and_text_certificates_are_noticed(folder: Path) -> None:
    found = project(
        folder,
        "name: causeway\n",
        "config:\n  causeway:files: [a.yaml]\n"
        "  causeway:variables: {PASSWORD: {secure: v1:abc}}\n"
        "  docker:caMaterial: {secure: v1:abc}\n",
    )
    assert found.variables == {"PASSWORD": ENCRYPTED}
    assert found.engine.has_hidden_material


def test_a_file_that_cannot_be_read_is_one_message(folder: Path) -> None:
    with pytest.raises(StackError, match=r"^Pulumi\.dev\.yaml: No such file or directory$"):
        read_project_of(folder, "name: causeway\n")


def read_project_of(folder: Path, project_file: str) -> StackConfig:
    (folder / "Pulumi.yaml").write_text(project_file)
    return read_project(folder, "dev")
