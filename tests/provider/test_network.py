"""Networks on a real engine: made, read back, replaced with their containers kept, imported."""

from __future__ import annotations

from typing import Any

import docker
import pytest

from tests.engines import Engine
from tests.provider.conftest import Stack
from tests.provider.plugin import CONTAINER, NETWORK, Deployed, Plugin, Refused


def join(stack: Stack, container: Deployed, **networks: Deployed) -> Deployed:
    """What Pulumi does to a container whose networks were replaced: old id -> new id."""
    entries = [
        {
            **entry,
            "name": networks[entry["name"]].id if entry["name"] in networks else entry["name"],
        }
        for entry in container.inputs["networksAdvanced"]
    ]
    return stack.plugin.apply(container, {**container.inputs, "networksAdvanced": entries})


def test_every_input_reaches_the_engine(stack: Stack) -> None:
    network = stack.network(
        "full",
        name=f"{stack.prefix}-full",
        driver="bridge",
        attachable=True,
        internal=True,
        ipv6=True,
        options={"com.docker.network.bridge.enable_icc": "false"},
        ipamConfigs=[
            {
                "subnet": "10.62.0.0/24",
                "ipRange": "10.62.0.128/25",
                "gateway": "10.62.0.1",
                "auxAddress": {"router": "10.62.0.2"},
            },
            {"subnet": "fd00:62::/64"},
        ],
        labels=[{"label": "tier", "value": "front"}],
    )
    found = stack.api.inspect_network(network.id)
    assert found["Name"] == f"{stack.prefix}-full"
    assert found["Driver"] == "bridge"
    assert found["Attachable"] is True
    assert found["Internal"] is True
    assert found["EnableIPv6"] is True
    assert found["Options"] == {"com.docker.network.bridge.enable_icc": "false"}
    four, six = found["IPAM"]["Config"]
    assert four == {
        "Subnet": "10.62.0.0/24",
        "IPRange": "10.62.0.128/25",
        "Gateway": "10.62.0.1",
        "AuxiliaryAddresses": {"router": "10.62.0.2"},
    }
    assert six["Subnet"] == "fd00:62::/64"  # newer engines tell the gateway that they chose, too
    assert found["Labels"]["tier"] == "front"
    assert stack.plugin.read_existing(network).inputs == network.inputs


def test_a_network_without_a_name_gets_a_name_of_its_own(stack: Stack) -> None:
    network = stack.network("auto")
    name = network.state["name"]
    assert name.startswith(f"{stack.prefix}-auto-")
    assert len(name) == len(f"{stack.prefix}-auto-") + 7


def test_outputs_are_those_that_the_sdk_declares(stack: Stack) -> None:
    network = stack.network("plain", ipamConfigs=[{"subnet": "10.63.0.0/24"}])
    assert network.state == {
        "name": network.state["name"],
        "driver": "bridge",
        "internal": False,
        "attachable": False,
        "ipamDriver": "default",
        "ipamConfigs": [{"subnet": "10.63.0.0/24"}],
        "options": {},
        "scope": "local",
    }


def test_a_subnet_chosen_by_the_engine_is_an_output_and_no_difference(stack: Stack) -> None:
    network = stack.network("auto")
    assert network.state["ipamConfigs"][0]["subnet"]
    read = stack.plugin.read_existing(network)
    assert (read.inputs, read.state) == (network.inputs, network.state)
    assert stack.plugin.apply(read, {}).steps == []


@pytest.mark.parametrize(
    "spelling",
    [
        {"ipamConfigs": [{"subnet": "10.64.0.7/24"}]},
        {"ipamConfigs": [{"subnet": "10.64.0.0/24"}], "driver": "bridge"},
        {"ipamConfigs": [{"subnet": "10.64.0.0/24"}], "internal": False, "labels": []},
    ],
)
def test_another_spelling_of_the_same_is_no_change(stack: Stack, spelling: dict[str, Any]) -> None:
    network = stack.network("same", ipamConfigs=[{"subnet": "10.64.0.0/24"}])
    assert stack.plugin.apply(network, spelling).steps == []


def test_names_addresses_and_macs_survive_the_replacement_of_a_named_network(
    stack: Stack,
) -> None:
    name = f"{stack.prefix}-front"
    old = stack.network("front", name=name, ipamConfigs=[{"subnet": "10.65.0.0/24"}])
    other = stack.network("other")
    web = stack.container(
        "web",
        networksAdvanced=[
            {
                "name": old.id,
                "aliases": ["web", "www"],
                "ipv4Address": "10.65.0.9",
                "macAddress": "02:42:0a:41:00:63",
            },
            {"name": other.id, "aliases": ["inner"]},
        ],
    )
    client = stack.container("client", networksAdvanced=[{"name": old.id}, {"name": other.id}])
    inner = stack.looks_up(client, "inner")
    assert stack.looks_up(client, "web") == ["10.65.0.9"]

    new = stack.plugin.apply(old, {**old.inputs, "internal": True})
    assert new.steps == ["delete", "create"]
    # The other network was not touched meanwhile.
    assert stack.looks_up(client, "inner") == inner
    moved = [join(stack, each, **{old.id: new}) for each in (web, client)]

    assert [(each.steps, each.id) for each in moved] == [
        (["update"], web.id),
        (["update"], client.id),
    ]
    assert [stack.looks_up(client, each) for each in ("web", "www")] == [["10.65.0.9"]] * 2
    assert stack.looks_up(client, "inner") == inner
    assert stack.networks_of(web)[name]["MacAddress"] == "02:42:0a:41:00:63"
    assert stack.api.inspect_network(new.id)["Internal"] is True


def test_a_network_with_a_name_of_its_own_is_there_before_the_old_one_goes(stack: Stack) -> None:
    old = stack.network("front")
    web = stack.container("web", networksAdvanced=[{"name": old.id, "aliases": ["web"]}])
    diff = stack.plugin.diff(old, {"internal": True})
    assert (list(diff.replaces), diff.deleteBeforeReplace) == (["internal"], False)
    new = stack.plugin.create(NETWORK, f"{stack.prefix}-front", {"internal": True})
    web = join(stack, web, **{old.id: new})
    assert web.steps == ["update"]
    assert list(stack.networks_of(web)) == [new.state["name"]]
    stack.plugin.delete(old)
    assert stack.looks_up(web, "web") == [stack.networks_of(web)[new.state["name"]]["IPAddress"]]


@pytest.mark.parametrize(
    ("old", "new", "delete_first"),
    [
        ([{"subnet": "10.66.0.0/24"}], [{"subnet": "10.66.1.0/24"}], False),
        ([{"subnet": "10.66.0.0/24"}], [{"subnet": "10.66.0.0/25"}], True),
        ([{"subnet": "10.66.0.0/24"}], [], False),
    ],
)
def test_the_old_network_goes_first_only_where_its_addresses_are_needed(
    stack: Stack, old: list[Any], new: list[Any], delete_first: bool
) -> None:
    network = stack.network("pool", ipamConfigs=old)
    diff = stack.plugin.diff(network, {"ipamConfigs": new, "internal": True})
    assert diff.deleteBeforeReplace is delete_first


def test_the_order_of_a_replacement_is_explained(stack: Stack, plugin: Plugin) -> None:
    network = stack.network("why", name=f"{stack.prefix}-why")
    stack.plugin.diff(network, {**network.inputs, "attachable": True})
    assert plugin.messages[-1] == (
        "a network cannot be changed in place (attachable): the old one is deleted first, because "
        "its name is needed; containers of this stack are disconnected and connected again"
    )


def test_a_container_still_starts_after_its_first_network_was_replaced(stack: Stack) -> None:
    old = stack.network("front")
    web = stack.container("web", networksAdvanced=[{"name": old.id}])
    new = stack.plugin.apply(old, {"internal": True})
    web = join(stack, web, **{old.id: new})
    stack.api.restart(web.id, timeout=0)
    assert list(stack.networks_of(web)) == [new.state["name"]]


def test_containers_of_others_stop_the_deletion(stack: Stack, scratch: str) -> None:
    network = stack.network("used", name=f"{scratch}-used")
    stranger = f"{scratch}-stranger"
    settings = stack.api.create_host_config(network_mode=network.id)
    stack.api.create_container("causeway-test/tiny:1", name=stranger, host_config=settings)
    stack.api.start(stranger)
    with pytest.raises(Refused, match=f"used by containers of others: {stranger}\n  what to do: "):
        stack.plugin.delete(network)
    assert stranger in {
        each["Name"] for each in stack.api.inspect_network(network.id)["Containers"].values()
    }
    stack.api.remove_container(stranger, force=True)
    stack.plugin.delete(network)
    with pytest.raises(docker.errors.NotFound):
        stack.api.inspect_network(network.id)


def test_deleting_a_network_that_is_gone_is_no_error(stack: Stack) -> None:
    network = stack.network("gone")
    stack.api.remove_network(network.id)
    assert stack.plugin.read(network) is None
    stack.plugin.delete(network)


def test_a_network_of_that_name_that_is_not_ours_is_left_alone(stack: Stack, scratch: str) -> None:
    name = f"{scratch}-theirs"
    theirs = stack.api.create_network(name)["Id"]
    with pytest.raises(Refused, match=f"a network named '{name}' exists already"):
        stack.network("mine", name=name)
    assert stack.api.inspect_network(theirs)["Name"] == name


def test_an_imported_network_has_inputs_that_preview_without_changes(
    stack: Stack, scratch: str
) -> None:
    made = stack.api.create_network(
        f"{scratch}-old",
        internal=True,
        attachable=True,
        labels={"tier": "back"},
        options={"com.docker.network.driver.mtu": "1400"},
        ipam=docker.types.IPAMConfig(
            pool_configs=[docker.types.IPAMPool("10.67.0.0/24", gateway="10.67.0.1")]
        ),
    )["Id"]
    urn = stack.plugin.urn(NETWORK, "imported")
    imported = stack.plugin.read(Deployed(urn, made, {}, {}))
    assert imported is not None
    assert imported.inputs == {
        "name": f"{scratch}-old",
        "driver": "bridge",
        "internal": True,
        "attachable": True,
        "labels": [{"label": "tier", "value": "back"}],
        "options": {"com.docker.network.driver.mtu": "1400"},
        "ipamConfigs": [{"subnet": "10.67.0.0/24", "gateway": "10.67.0.1"}],
    }
    assert stack.plugin.apply(imported, imported.inputs).steps == []
    again = stack.plugin.read(imported)
    assert again is not None
    assert (again.inputs, again.state) == (imported.inputs, imported.state)


@pytest.mark.parametrize(
    ("inputs", "failure"),
    [
        (
            {"name": "bridge"},
            "name: 'bridge' is a predefined network of the engine: refer to it by name",
        ),
        ({"checkDuplicate": True}, "checkDuplicate: there is no such input"),
        (
            {"ipamConfigs": [{"subnet": "10.0.0.0"}]},
            "ipamConfigs[0].subnet: '10.0.0.0' is not a subnet in CIDR form",
        ),
        (
            {"ipamConfigs": [{"subnet": "10.0.0.0/24", "gateway": "10.0.1.1"}]},
            "ipamConfigs[0].gateway: 10.0.1.1 is outside 10.0.0.0/24",
        ),
        (
            {"ipamConfigs": [{"gateway": "first"}]},
            "ipamConfigs[0].gateway: 'first' is not an IP address",
        ),
        (
            {"ipamConfigs": [{"subnett": "10.0.0.0/24"}]},
            "ipamConfigs[0].subnett: there is no such input (did you mean ipamConfigs.subnet?)",
        ),
        (
            {"labels": [{"key": "a"}]},
            "labels[0].key: there is no such input (did you mean labels.value?)",
        ),
    ],
)
def test_bad_inputs_are_refused_before_anything_is_made(
    plugin: Plugin, inputs: dict[str, Any], failure: str
) -> None:
    assert plugin.failures(NETWORK, inputs) == [failure]


def test_a_subnet_in_use_is_refused_with_the_way_out(stack: Stack) -> None:
    stack.network("first", ipamConfigs=[{"subnet": "10.68.0.0/24"}])
    with pytest.raises(Refused, match=r"Pool overlaps.*\n  what to do: .*choose another subnet"):
        stack.network("second", ipamConfigs=[{"subnet": "10.68.0.0/25"}])


def test_a_network_that_a_killed_run_left_is_removed_by_the_next_creation(
    stack: Stack, engine: Engine, api: docker.APIClient
) -> None:
    name = f"{stack.prefix}-left"
    with Plugin(engine.host) as killed:
        left = killed.create(NETWORK, name, {}, record=False)
        member = killed.create(
            CONTAINER,
            f"{name}-web",
            {"image": "causeway-test/tiny:1", "networksAdvanced": [{"name": left.id}]},
        )
        killed.kill()
    with Plugin(engine.host) as following:
        again = following.create(NETWORK, name, {})
        assert following.messages == [
            f"removing network {left.state['name']}, left by a killed update and not in the state"
        ]
        assert [each["Id"] for each in api.networks(names=[name])] == [again.id]
        following.delete(member)


def test_an_alias_that_renames_a_resource_does_not_make_it_a_left_over(
    stack: Stack, engine: Engine, api: docker.APIClient
) -> None:
    with Plugin(engine.host) as earlier:
        first = earlier.create(NETWORK, f"{stack.prefix}-a", {})
    with Plugin(engine.host) as later:
        # `a` is now called `b` (with an alias), and there is a new `a`.
        renamed = Deployed(
            later.urn(NETWORK, f"{stack.prefix}-b"), first.id, first.inputs, first.state
        )
        assert later.apply(renamed, first.inputs).steps == []
        second = later.create(NETWORK, f"{stack.prefix}-a", {})
        assert {each["Id"] for each in api.networks(ids=[first.id, second.id])} == {
            first.id,
            second.id,
        }


def test_a_lost_network_is_made_anew_without_a_refresh(
    stack: Stack, engine: Engine, api: docker.APIClient
) -> None:
    network = stack.network("lost")
    api.remove_network(network.id)
    with Plugin(engine.host) as following:
        again = following.apply(network, {})
        assert again.steps == ["create", "delete"]
        assert following.messages == ["replaced because the network was removed"]
