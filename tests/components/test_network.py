from __future__ import annotations

from causeway.model.values import Subnet
from tests.components.recorder import declare
from tests.components.values import network, stack, volume

OWNED = [
    {"label": "causeway.project", "value": "shop"},
    {"label": "causeway.stack", "value": "dev"},
]


def test_a_bare_network_has_its_name_and_its_owner_only() -> None:
    recording = declare(stack(networks=(network("front"),)))

    registered = [each for each in recording.registrations if each.parent.startswith("Network")]
    assert [(each.label, each.inputs) for each in registered] == [
        ("Network shop-dev-front", {"name": "shop-dev_front", "labels": OWNED})
    ]


def test_everything_a_network_declares_is_passed() -> None:
    recording = declare(
        stack(
            networks=(
                network(
                    "front",
                    name="custom",
                    driver="macvlan",
                    options=(("parent", "eth0"),),
                    internal=True,
                    attachable=True,
                    enable_ipv6=True,
                    ipam_driver="default",
                    ipam_options=(("x", "y"),),
                    subnets=(
                        Subnet(
                            "10.1.0.0/24", "10.1.0.0/25", "10.1.0.1", (("printer", "10.1.0.9"),)
                        ),
                        Subnet("fd00::/64"),
                    ),
                    labels=(("team", "blue"),),
                ),
            )
        )
    )

    registered = [each for each in recording.registrations if each.parent.startswith("Network")]
    assert registered[0].inputs == {
        "name": "custom",
        "driver": "macvlan",
        "options": {"parent": "eth0"},
        "internal": True,
        "attachable": True,
        "ipv6": True,
        "ipamDriver": "default",
        "ipamOptions": {"x": "y"},
        "ipamConfigs": [
            {
                "subnet": "10.1.0.0/24",
                "ipRange": "10.1.0.0/25",
                "gateway": "10.1.0.1",
                "auxAddress": {"printer": "10.1.0.9"},
            },
            {"subnet": "fd00::/64"},
        ],
        "labels": [*OWNED, {"label": "team", "value": "blue"}],
    }


def test_a_volume_has_its_name_and_its_owner() -> None:
    recording = declare(stack(volumes=(volume("data", driver_opts=(("type", "nfs"),)),)))

    registered = [each for each in recording.registrations if each.parent.startswith("Volume")]
    assert [(each.label, each.inputs) for each in registered] == [
        (
            "Volume shop-dev-data",
            {"name": "shop-dev_data", "driverOpts": {"type": "nfs"}, "labels": OWNED},
        )
    ]


def test_an_external_volume_is_not_declared() -> None:
    recording = declare(stack(volumes=(volume("data", name="kept", external=True),)))

    assert recording.labels() == ["Stack shop-dev", "Volume shop-dev-data"]
