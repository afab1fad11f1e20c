"""Changes in place that fail half-way: what was done counts, and what was taken away comes back."""

from __future__ import annotations

import docker
import pytest

from tests.engines import Engine
from tests.provider.conftest import Stack
from tests.provider.plugin import Plugin, Refused
from tests.tiny_image import TINY

ATTACHMENT = "causeway:index:NetworkAttachment"


def test_a_renaming_before_a_step_that_failed_is_not_sent_again(stack: Stack) -> None:
    network = stack.network("front")
    web = stack.container("web", name=f"{stack.prefix}-web")
    renamed = {**web.inputs, "name": f"{stack.prefix}-shop"}
    with pytest.raises(Refused, match="not found"):
        stack.plugin.apply(web, {**renamed, "networksAdvanced": [{"name": "no-such-network"}]})
    assert stack.inspect(web)["Name"] == f"/{stack.prefix}-shop"
    again = stack.plugin.apply(web, {**renamed, "networksAdvanced": [{"name": network.id}]})
    assert again.steps == ["update"]
    assert list(stack.networks_of(web)) == [network.state["name"]]


def test_an_attachment_that_cannot_be_changed_is_put_back_as_it_was(
    engine: Engine, stack: Stack, api: docker.APIClient
) -> None:
    network = stack.network("front", ipamConfigs=[{"subnet": "10.69.0.0/24"}])
    theirs = api.create_container(TINY, name=f"{stack.prefix}-theirs")["Id"]
    api.start(theirs)
    with Plugin(engine.host, CAUSEWAY_PACKAGE="causeway") as plugin:
        inputs = {"network": network.id, "container": theirs, "ipv4Address": "10.69.0.9"}
        joined = plugin.create(ATTACHMENT, f"{stack.prefix}-guest", inputs)
        with pytest.raises(Refused, match=r"10\.99\.0\.9"):
            plugin.apply(joined, {**inputs, "ipv4Address": "10.99.0.9"})
        places = api.inspect_container(theirs)["NetworkSettings"]["Networks"]
        assert places[network.state["name"]]["IPAddress"] == "10.69.0.9"
        plugin.delete(joined)
