"""The isolation stack on engines without docker-proxy, whose published ports go other ways.

Collected with CAUSEWAY_LIVE=all only: two more engines take their time.
"""

from __future__ import annotations

import subprocess

import pytest

from tests.engines import Engine
from tests.live.conftest import differing, laid_out, measured

pytestmark = pytest.mark.engine


def proxies(engine: Engine) -> list[str]:
    """Processes of docker-proxy that this engine has started."""
    parent = str(engine.daemons["dockerd"].pid)
    command = ["ps", "--ppid", parent, "-o", "args="]
    lines = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return [line for line in lines.splitlines() if "docker-proxy" in line]


@pytest.mark.parametrize("flavour", ["debian", "current"])
def test_model_and_packets_agree_without_proxy(
    flavour: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with Engine.start(flavour) as engine:
        engine.settings["userland-proxy"] = False
        engine.restart()
        with laid_out(engine, tmp_path_factory.mktemp("without")) as field:
            report = measured(field, f"isolation without docker-proxy on {flavour}").report
            assert proxies(engine) == []
    assert differing(report) == ""
