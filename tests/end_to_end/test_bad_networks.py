"""Networks that this engine cannot make: refused by a real preview, with file and line, and nothing
is changed."""

from __future__ import annotations

from collections.abc import Iterator

import docker
import pytest

from tests.end_to_end.project import Project, snapshot
from tests.golden.bad_input import NETWORKS, sections
from tests.tiny_image import TINY

STACK = "networks"
LAN = f"stacks/{STACK}/compose.yaml:3: networks.lan"
WEB = f"stacks/{STACK}/compose.yaml:1: services.web.networks.lan"
MODE = "com.docker.network.bridge.gateway_mode_ipv4"
TRUSTED = "com.docker.network.bridge.trusted_host_interfaces"
# What stands under `networks: lan:`, and what the preview says.
REFUSED = {
    "{driver: macvlan, driver_opts: {parent: eth9}}": (
        f"{LAN}.driver_opts.parent: the Docker host has no interface 'eth9'"
    ),
    "{driver: macvlan, driver_opts: {parent: eth9.50}}": (
        f"{LAN}.driver_opts.parent: the Docker host has no interface 'eth9'"
    ),
    "{driver: weave}": f"{LAN}.driver: the engine has no network driver 'weave'",
    "{driver: overlay, attachable: true}": (
        f"{LAN}.driver: overlay needs a swarm: run `docker swarm init`"
    ),
    "{enable_ipv6: true}": (
        f"{LAN}.enable_ipv6: engines before Docker 27 assign no IPv6 subnet: declare one"
    ),
    f"{{driver_opts: {{{MODE}: nat}}}}": f"{LAN}.driver_opts.{MODE}: 'nat' needs Docker 27",
    f"{{driver_opts: {{{MODE}: routed}}}}": f"{LAN}.driver_opts.{MODE}: 'routed' needs Docker 27",
    f"{{driver_opts: {{{MODE}: nat-unprotected}}}}": (
        f"{LAN}.driver_opts.{MODE}: 'nat-unprotected' needs Docker 28"
    ),
    f"{{internal: true, driver_opts: {{{MODE}: isolated}}}}": (
        f"{LAN}.driver_opts.{MODE}: 'isolated' needs Docker 28, and the engine is 20.10"
    ),
    f"{{driver_opts: {{{TRUSTED}: eth0}}}}": (
        f"{LAN}.driver_opts.{TRUSTED}: 'eth0' needs Docker 28.2"
    ),
    "{ipam: {config: [{subnet: 172.17.0.0/24}]}}": (
        f"{LAN}.ipam.config[0].subnet: 172.17.0.0/24 overlaps 172.17.0.0/16 of network 'bridge'"
    ),
    "{ipam: {config: [{subnet: 10.77.0.128/25}]}}": (
        f"{LAN}.ipam.config[0].subnet: 10.77.0.128/25 overlaps 10.77.0.0/24 of network 'theirs'"
    ),
    "{ipam: {config: [{subnet: 10.199.0.0/16}]}}": (
        f"{LAN}.ipam.config[0].subnet: 10.199.0.0/16 covers"
    ),
    "{ipam: {driver: infoblox}}": (
        f"{LAN}.ipam.driver: the engine has no IPAM driver 'infoblox' (known: default, null)"
    ),
    "{external: true, name: nowhere}": f"{LAN}: network 'nowhere' does not exist on this engine",
    "{x-causeway: {attach: [{container: nobody}]}}": (
        f"{LAN}.x-causeway.attach[0]: container 'nobody' does not exist on this engine"
    ),
    "{name: theirs}": (f"{LAN}.name: the engine has a network 'theirs' that is not this stack's"),
}
# The same for what stands under `services: web: networks: lan:`.
REFUSED_MEMBER = {
    "{gw_priority: 1}": f"{WEB}.gw_priority: needs Docker 28",
}


@pytest.fixture(scope="module")
def stack(project: Project, api: docker.APIClient) -> Iterator[Project]:
    pool = docker.types.IPAMConfig(pool_configs=[docker.types.IPAMPool("10.77.0.0/24")])
    api.create_network("theirs", ipam=pool)
    project.write_stack(STACK, "services: {}\n")
    yield project
    # The tests after these have networks of their own on this engine.
    api.remove_network("theirs")


def written(member: str, network: str) -> str:
    return (
        f"services: {{web: {{image: '{TINY}', networks: {{lan: {member}}}}}}}\n"
        f"networks:\n  lan: {network}\n"
    )


def refuse(stack: Project, api: docker.APIClient, said: str, *command: str) -> None:
    before = snapshot(api)
    stack.pulumi(*command).refused(said)
    assert snapshot(api)["containers"] == before["containers"]
    assert snapshot(api)["networks"] == before["networks"]


@pytest.mark.parametrize("network", REFUSED)
def test_preview_refuses_it_with_its_line_and_nothing_is_changed(
    stack: Project, api: docker.APIClient, network: str
) -> None:
    file = stack.folder / "stacks" / STACK / "compose.yaml"
    file.write_text(written("{}", network))
    refuse(stack, api, REFUSED[network], "preview", "--stack", STACK)


def test_an_update_without_a_preview_refuses_it_too(stack: Project, api: docker.APIClient) -> None:
    file = stack.folder / "stacks" / STACK / "compose.yaml"
    network = "{driver: macvlan, driver_opts: {parent: eth9}}"
    file.write_text(written("{}", network))
    refuse(stack, api, REFUSED[network], "up", "--skip-preview", "--stack", STACK)


@pytest.mark.parametrize("member", REFUSED_MEMBER)
def test_preview_refuses_what_a_service_asks_of_it(
    stack: Project, api: docker.APIClient, member: str
) -> None:
    file = stack.folder / "stacks" / STACK / "compose.yaml"
    file.write_text(written(member, "{}"))
    refuse(stack, api, REFUSED_MEMBER[member], "preview", "--stack", STACK)


def test_a_subnet_of_the_pool_that_somebody_has_is_refused_by_the_networks_line(
    stack: Project, api: docker.APIClient
) -> None:
    pool = "  causeway:addressPool: {base: 10.77.0.0/24, size: 24}\n"
    stack.write_stack("pooled", written("{}", "{}"), config=pool)
    said = (
        "stacks/pooled/compose.yaml:3: networks.lan (causeway:addressPool): "
        "10.77.0.0/24 overlaps 10.77.0.0/24 of network 'theirs' on the engine"
    )
    refuse(stack, api, said, "preview", "--stack", "pooled")


def test_a_subnet_that_another_environment_declares_is_told_with_both_lines(
    stack: Project,
) -> None:
    config = "{ipam: {config: [{subnet: 10.66.0.0/SIZE}]}}"
    stack.write_stack("twin", written("{}", config.replace("SIZE", "24")))
    file = stack.folder / "stacks" / STACK / "compose.yaml"
    file.write_text(written("{}", config.replace("SIZE", "25")))
    shown = stack.pulumi("preview", "--stack", STACK).succeeded().output
    assert (
        f"warning: {LAN}.ipam.config[0].subnet: 10.66.0.0/25 overlaps 10.66.0.0/24 of stack twin "
        "(stacks/twin/compose.yaml:3)"
    ) in shown


def test_a_warning_of_the_engine_has_its_line_too(stack: Project) -> None:
    file = stack.folder / "stacks" / STACK / "compose.yaml"
    file.write_text(f"services:\n  web:\n    image: {TINY}\n    ports: ['127.0.0.1:18080:80']\n")
    shown = stack.pulumi("preview", "--stack", STACK).succeeded().output
    said = "compose.yaml:4: services.web.ports: port 18080 is published on loopback"
    assert f"warning: stacks/{STACK}/{said}" in shown


def shown(line: str) -> str:
    """The line of a report as Pulumi prints it, which says itself what is a warning."""
    told = f"stacks/{STACK}/{line.replace(': warning: ', ': ', 1)}"
    return f"warning: {told}" if ": warning: " in line else told


def test_preview_says_of_each_bad_declaration_what_the_checks_say(
    stack: Project, api: docker.APIClient
) -> None:
    """All of tests/golden/bad_networks.txt, by the real `pulumi preview`."""
    before = snapshot(api)
    file = stack.folder / "stacks" / STACK / "compose.yaml"
    for text, report in sections(NETWORKS).values():
        file.write_text(text)
        lines = [shown(line) for line in report.splitlines() if ": " in line]
        assert lines, report
        stack.pulumi("preview", "--stack", STACK).refused(*lines)
    assert snapshot(api) == before
