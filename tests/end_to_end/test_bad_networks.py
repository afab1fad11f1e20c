"""Networks that this engine cannot make: refused by a real preview, and nothing is changed."""

from __future__ import annotations

import docker
import pytest

from tests.end_to_end.project import Project, snapshot
from tests.tiny_image import TINY

STACK = "networks"
# What stands under `networks: lan:`, and what the preview says.
REFUSED = {
    "{driver: macvlan, driver_opts: {parent: eth9}}": "has no interface 'eth9'",
    "{driver: weave}": "the engine has no network driver 'weave'",
    "{driver: overlay, attachable: true}": "overlay needs a swarm: `docker swarm init`",
    "{enable_ipv6: true}": "engines before Docker 27 choose no IPv6 subnet",
    "{driver_opts: {com.docker.network.bridge.gateway_mode_ipv4: routed}}": "needs Docker 27",
    "{ipam: {config: [{subnet: 172.17.0.0/24}]}}": "of network 'bridge' on the engine",
    "{ipam: {config: [{subnet: 10.199.0.0/16}]}}": "which the engine's machine reaches through",
    "{external: true, name: nowhere}": (
        "compose.yaml:2: networks.lan: network 'nowhere' does not exist on this engine"
    ),
    "{name: theirs}": "the engine has a network 'theirs' that is not this stack's",
}


@pytest.fixture(scope="module")
def stack(project: Project, api: docker.APIClient) -> Project:
    api.create_network("theirs")
    project.write_stack(STACK, "services: {}\n")
    return project


@pytest.mark.parametrize("network", REFUSED)
def test_preview_refuses_it_and_nothing_is_changed(
    stack: Project, api: docker.APIClient, network: str
) -> None:
    before = snapshot(api)
    (stack.folder / "stacks" / STACK / "compose.yaml").write_text(
        f"services: {{web: {{image: '{TINY}', networks: [lan]}}}}\nnetworks: {{lan: {network}}}\n"
    )
    stack.pulumi("preview", "--stack", STACK).refused(REFUSED[network])
    stack.pulumi("up", "--skip-preview", "--stack", STACK).refused(REFUSED[network])
    assert snapshot(api)["containers"] == before["containers"]
    assert snapshot(api)["networks"] == before["networks"]
