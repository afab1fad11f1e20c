"""Every golden configuration is accepted by the program that it is for."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import docker
import pytest

from tests.end_to_end.project import Project

GOLDEN = Path(__file__).parent.parent / "golden" / "balance"
COMMANDS = {
    "nginx": ("causeway-base/pypi-nginx:12-1.31", ["nginx", "-t", "-c", "/balance.conf"]),
    "haproxy": ("causeway-base/debian-haproxy:12-2.6", ["haproxy", "-c", "-f", "/balance.conf"]),
}


@pytest.mark.parametrize("case", sorted(path.stem for path in GOLDEN.glob("*.conf")))
def test_the_program_accepts_the_golden_configuration(
    case: str, project: Project, api: docker.APIClient
) -> None:
    image, command = COMMANDS[case.partition("_")[0]]
    container = api.create_container(image, command)["Id"]
    try:
        text = (GOLDEN / f"{case}.conf").read_bytes()
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as archive:
            entry = tarfile.TarInfo("balance.conf")
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text))
        api.put_archive(container, "/", buffer.getvalue())
        api.start(container)
        code = api.wait(container)["StatusCode"]
        assert (code, api.logs(container).decode()) == (0, api.logs(container).decode())
    finally:
        api.remove_container(container, force=True)
